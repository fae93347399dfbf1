"""Overviews: each story of a time or a topic once, newest first; a timeline; what several outlets say, side by side.

"What happened last week?" → the stories of these days, each by the sentence that tells it, with day and outlet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from assistant.language.words import content_words, question_words
from assistant.question.scope import ScopedQuestion
from assistant.question.ukrainian import all_cases, asked_words, is_cyrillic
from assistant.writing.extractive import attribution, in_quotation_marks, is_whole, ranked_sentences
from assistant.writing.extractive import written as quoted
from vectorstore.text.splitter import sentences
from vectorstore.types import Article, Match

if TYPE_CHECKING:
    from vectorstore.library import Library

STORIES: Final = 10
"""Stories that are told; the number of the others is."""

SEARCHED: Final = 60
"""Passages that are looked through for a topic."""

NEAR: Final = 0.35
"""Cosine of a passage to the topic from which it is about it where it does not name it."""

LONGEST_COMPARED: Final = 3
"""Outlets that are set side by side where the question names none."""

_ASKS_FOR_NEWS: Final = frozenset(
    content_words(
        """what happened happening news latest newest recent recently new summarise summarize summary digest overview
        timeline chronology history unfold course events event story stories headlines briefing update updates
        developments catch up brief today week month year tell show give me about article articles coverage say report
        write publish cover"""
    )
)
"""Words of a request for an overview that name no topic."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The stories found, as matches whose passage is the sentence that tells each; and how many more there are."""

    matches: tuple[Match, ...]
    more: int


def digest(asked: ScopedQuestion, library: Library, *, timeline: bool = False) -> Digest:
    """The stories inside the scope of ``asked``, about its topic if it names one; of each story one article."""
    topic = _topic(asked)
    found = _about(topic, asked, library) if topic else inside(asked, library)
    stories = _stories(found, library)
    stories.sort(key=lambda article: (article.published or date.min, article.id), reverse=True)
    tellings = (_telling(library.article(article.id), topic, library) for article in stories)
    told = list(islice(filter(None, tellings), STORIES))
    if timeline:
        told.reverse()
    numbered = tuple(replace(match, rank=rank) for rank, match in enumerate(told, start=1))
    return Digest(numbered, max(0, len(stories) - STORIES))


def written(made: Digest) -> Iterator[str]:
    """A line for each story, with its marker; and how many are left out."""
    for number, match in enumerate(made.matches, start=1):
        if number > 1:
            yield "\n"
        yield f"- {attribution(match.article)}: {in_quotation_marks(' '.join(match.text.split()))} [{number}]"
    if made.more:
        yield f"\n\n{made.more} more {'story' if made.more == 1 else 'stories'} in this scope."


def compared(asked: ScopedQuestion, library: Library, *, k: int) -> tuple[list[Match], list[str]]:
    """For each outlet of the scope its best passages, one outlet after another; and the outlets that have nothing.

    Where the question names no outlets, those of the best passages are taken.
    """
    named = list(asked.sources or ())
    if len(named) < 2:
        found = asked.search(library, k=SEARCHED)
        named = list(dict.fromkeys(m.article.source for m in found if m.article.source))[:LONGEST_COMPARED]
    matches: list[Match] = []
    without = []
    for outlet in named:
        own = replace(asked, sources=(outlet,)).search(library, k=k)
        best = ranked_sentences(asked.text, own)[:1]
        if best and (best[0].match.similarity >= NEAR or _names_topic(_topic(asked), best[0].article)):
            matches.append(best[0].match)
        else:
            without.append(outlet)
    return [replace(match, rank=rank) for rank, match in enumerate(matches, start=1)], without


def side_by_side(question: str, matches: Sequence[Match]) -> Iterator[str]:
    """Of each outlet's best passage the sentence that comes nearest to an answer, each outlet on lines of its own."""
    best = [
        replace(ranked[0], number=n) for n, m in enumerate(matches, 1) if (ranked := ranked_sentences(question, [m]))
    ]
    yield from quoted(best)


def _topic(asked: ScopedQuestion) -> list[str]:
    """The content words of the question that say about what, its days and outlets left out."""
    text = asked.text
    for words in (*asked.scope.words, *asked.scope.source_words):
        text = text.replace(words, " ")
    asked_for = question_words(" ".join(asked_words(text)) if is_cyrillic(text) else text)
    return [word for word in asked_for if word not in _ASKS_FOR_NEWS and not word.isdigit()]


def holding(subject: str, library: Library) -> list[str] | None:
    """The ids of the articles that hold all the words of ``subject``, the best first; ``None`` while none can be found.

    The index knows an English word in all its inflections; a Cyrillic one is looked for with every ending of a case.
    """
    places: list[dict[str, int]] = []
    for word in filter(content_words, re.findall(r"\w+", subject)):
        found = library.find_articles(" ".join(all_cases(word)), k=library.count(), other_spellings=False)
        if found is None:
            return None
        places.append({id_: place for place, id_ in enumerate(found)})
    held = set(places[0]).intersection(*places[1:]) if places else ()
    return sorted(held, key=lambda id_: sum(place[id_] for place in places))


def _about(topic: Sequence[str], asked: ScopedQuestion, library: Library) -> list[Article]:
    if words := asked_words(asked.text):  # similarity knows English alone
        held = holding(" ".join(word for word in words if set(content_words(word)) & set(topic)), library)
        return [article for article in inside(asked, library) if article.id in (held or ())]
    found = asked.search(library, k=SEARCHED, text=" ".join(topic))
    kept = [m.article for m in found if m.similarity >= NEAR or _names_topic(topic, m.article)]
    return list({article.id: article for article in kept}.values())


def _names_topic(topic: Sequence[str], article: Article) -> bool:
    return set(topic) <= set(content_words(f"{article.title} {article.source or ''} {article.text}"))


def inside(asked: ScopedQuestion, library: Library) -> list[Article]:
    """The articles of the days, outlets and tags of ``asked``, without their texts, the newest first."""
    first, last = asked.scope.first or date.min, asked.scope.last or date.max
    tagged = library.tagged(asked.scope.tags) if asked.scope.tags else None
    return [
        article
        for article in library.articles(with_text=False)
        if (asked.sources is None or article.source in asked.sources)
        and (tagged is None or article.id in tagged)
        and (not asked.scope.limits or (article.published is not None and first <= article.published <= last))
    ]


def _stories(articles: Sequence[Article], library: Library) -> list[Article]:
    """One article of each story: of copies the earliest among ``articles``."""
    copies = library.copies([article.id for article in articles])
    made: list[Article] = []
    told: set[str] = set()
    for article in sorted(articles, key=lambda each: (each.published or date.max, each.id)):
        if article.id not in told:
            made.append(article)
        told.update((article.id, *(copy.id for copy in copies.get(article.id, ()))))
    return made


def _telling(article: Article, topic: Sequence[str], library: Library) -> Match | None:
    """The article's first whole sentence, as a match: news tells the main thing first.

    Where its title does not name the topic, the first sentence that does: the topic is then a side of the story.
    """
    aside = set(topic) - set(content_words(f"{article.title} {article.source or ''}"))
    first: Match | None = None
    for passage in library.passages(article.id):
        for start, end in sentences(passage.text):
            words = " ".join(passage.text[start:end].split())
            begin, stop = passage.start + start, passage.start + end
            if not is_whole(words) or article.correction_at(begin):
                continue
            telling = replace(passage, start=begin, end=stop, text=passage.text[start:end])
            first = first or Match(0, 0.0, 0.0, telling, article)
            if aside <= set(content_words(words)):
                return replace(first, passage=telling)
    return first
