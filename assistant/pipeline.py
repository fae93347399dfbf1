"""The way of one question: search, look further, write, check, compare.

Each step is a function of what is known before it (``Draft``) that gives what is known after it. It is a generator:
what it yields is text for the reader as it comes, an empty piece where only ``Live`` has something new to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assistant.checking import correction, model_check
from assistant.checking.citations import CitedText
from assistant.conversation import parts
from assistant.disagreement import Disagreements, find_disagreements
from assistant.errors import Fault, ModelError
from assistant.models import prompt
from assistant.models.cancelling import Stop
from assistant.question.scope import in_quotes, limits, searched
from assistant.retrieval.retrieve import AskedQuestion, Retrieved, retrieve
from assistant.types import QUOTING, Answer, State, Statement, Step, Usage
from assistant.writer import TAKE_BACK, Writer, Written
from assistant.writing.extractive import attribution
from vectorstore.library import Library
from vectorstore.messages import Message
from vectorstore.types import Match, TimeScope

if TYPE_CHECKING:
    from assistant.retrieval import deep_search

_log = logging.getLogger(__name__)

NEAREST = 5
"""Passages that an answer without evidence names as the nearest."""

EMPTY = Message("The library is empty. Add articles first.")
NOTHING_THERE = Message("No article in the library lies within this scope. Widen the days or the sources.")
NOTHING_CARRIED = Message("Nothing of what was written is carried by the articles, so none of it is shown.")
"""The answer when every sentence had to be left out."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the steps work with, the same for all of them."""

    library: Library
    passages: int
    drop_unsupported: bool = False
    deep_steps: int = 0
    """Look-ups of a deep question; 0 where it is not one."""
    deep_seconds: float = 0.0


@dataclass(slots=True)
class Live:
    """What any thread may look at, or ask for, while an answer is written."""

    stop: Stop = field(default_factory=Stop)
    status: str = ""
    """Why there is no text at the moment, a sentence for the reader; empty while there is."""
    checked: tuple[Statement, ...] = ()
    """The sentences with the verdicts of this machine, while a model checks them once more."""
    research: deep_search.Research | None = None

    def say(self, text: str) -> None:
        self.status = text

    @property
    def trail(self) -> tuple[Step, ...]:
        """Of a deep question: what has been looked up so far, in order."""
        return tuple(self.research.trail) if self.research is not None else ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of an answer so far."""

    asked: AskedQuestion
    found: Retrieved
    writer: Writer
    silent: str = ""
    """The model that gave no answer, where another writer took its place."""
    cited: CitedText = field(default_factory=lambda: CitedText(()))
    differing: Disagreements = field(default_factory=Disagreements)
    state: State = "stopped"
    """As it would be if nothing more were done."""
    abstained: bool = False
    reason: str = ""
    fault: Fault | None = None
    error: ModelError | None = None
    """Why there is no answer at all."""
    doubts: tuple[str, ...] = ()
    """Why the answer as a whole may be lacking, as sentences."""
    not_held: tuple[str, ...] = ()
    """What was asked for and is not there, as sentences."""
    mended: int = 0
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    trail: tuple[Step, ...] = ()

    @classmethod
    def of(cls, asked: AskedQuestion, writer: Writer) -> Draft:
        """Before anything was done."""
        return cls(asked, Retrieved([], asked.wanted), writer)

    @property
    def scope(self) -> TimeScope:
        return self.asked.scoped.scope

    @property
    def is_over(self) -> bool:
        """Whether no step has anything more to do."""
        return self.abstained or self.error is not None


PipelineStep = Callable[[Draft, Means, Live], Generator[str, None, Draft]]


def search(draft: Draft, means: Means, live: Live) -> Generator[str, None, Draft]:
    """Finds the passages for the question, or says that there are none in its scope."""
    found = retrieve(
        draft.asked,
        means.library,
        k=means.passages,
        plan=draft.writer.plan,
        deep=means.deep_steps > 0,
        stop=live.stop,
    )
    missing = tuple(Message("Nothing was found by {outlet}.", outlet=outlet) for outlet in found.without)
    draft = replace(draft, found=found, usage=draft.usage + found.usage, not_held=draft.not_held + missing)
    if found.matches or live.stop.asked:
        return draft
    draft = _abstaining(draft, NOTHING_THERE if means.library.count() else EMPTY, means.library)
    yield draft.reason
    return draft


def look_further(draft: Draft, means: Means, live: Live) -> Generator[str, None, Draft]:
    """Has the model look up what the first search leaves open, where the question is a deep one."""
    if not means.deep_steps or live.stop.asked:
        return draft
    from assistant.retrieval.deep_search import PASSAGES_FACTOR, Research

    assert draft.writer.turn is not None
    used: list[Usage] = []
    research = live.research = Research(
        draft.found.wanted,
        draft.found.matches,
        asked=draft.asked.scoped,
        library=means.library,
        name=draft.writer.name,
        steps=means.deep_steps,
    )
    try:
        yield from research.run(
            draft.writer.turn, seconds=means.deep_seconds, stop=live.stop, say=live.say, count=used.append
        )
    except ModelError as error:
        draft = _without_model(draft, error)
    live.say("")
    if research.looked_further:
        draft = replace(draft, found=replace(draft.found, matches=research.matches(PASSAGES_FACTOR * means.passages)))
    return replace(draft, usage=sum(used, draft.usage), trail=tuple(research.trail))


def write(draft: Draft, means: Means, live: Live) -> Generator[str, None, Draft]:
    """Has the writer write, and numbers what it cites; says so where it finds no answer in the passages."""
    cited, answers, begun = _unwritten(draft), prompt.Answers(), False
    not_held: list[str] = []
    failure: ModelError | None = None
    pieces = _written(draft, live, not_held)
    while not live.stop.asked:
        try:
            piece = next(pieces)
        except StopIteration as end:
            written = end.value or Written()
            draft = replace(
                draft,
                usage=draft.usage + written.usage,
                doubts=draft.doubts + written.doubts,
                not_held=draft.not_held + tuple(not_held),
                state="stopped" if live.stop.asked else "complete",
            )
            break
        except ModelError as error:
            failure = error
            break
        if piece == TAKE_BACK:
            cited, answers, piece = _unwritten(draft), prompt.Answers(), ""
        begun = begun or bool(piece.strip())
        if shown := cited.feed(answers.feed(piece)):
            live.say("")
            yield shown
        elif not piece:
            yield ""
    if failure is not None and not live.stop.asked:
        if not begun:
            draft = _without_model(draft, failure)
            return draft if draft.error else (yield from write(draft, means, live))
        draft = _cut(draft, failure)
    cited.is_whole = draft.state == "complete"
    if rest := cited.feed(answers.finish()) + cited.finish():
        yield rest
    if answers.has_none:
        draft = _abstaining(draft, _not_answered(draft.found, answers.said), means.library)
        yield draft.reason
    live.say("")
    return replace(draft, cited=correction.without_repeated(cited) if draft.fault == "repeated" else cited)


def _unwritten(draft: Draft) -> CitedText:
    return CitedText(draft.found.matches, shaped=draft.writer.name not in QUOTING)


def check(draft: Draft, means: Means, live: Live) -> Generator[str, None, Draft]:
    """Has a model check and correct what was written, and leaves out what is still not carried if wished."""
    if draft.writer.respond and draft.state == "complete" and not live.stop.asked:
        draft = yield from _checked_by_model(draft, live)
    cited, dropped = correction.without_obeyed(draft.cited, draft.found.matches)
    if means.drop_unsupported:
        cited, more = correction.without_unsupported(cited)
        dropped += more
    draft = replace(draft, cited=cited, dropped=dropped)
    if not cited.text and draft.state == "complete":
        draft = replace(draft, abstained=True, reason=NOTHING_CARRIED)
    live.say("")
    return draft


def compare(draft: Draft, means: Means, live: Live) -> Generator[str, None, Draft]:
    """What other articles say otherwise, on lines of its own behind a finished answer."""
    if draft.state != "complete" or draft.found.overview is not None or live.stop.asked:
        return draft
    differing = find_disagreements(
        draft.cited.statements(), draft.cited.citations, draft.found.matches, means.library.similarity
    )
    if differing.text:
        yield f"\n\n{differing.text}"
    return replace(draft, differing=differing)


SEARCHING: tuple[PipelineStep, ...] = (search, look_further)
STEPS: tuple[PipelineStep, ...] = (*SEARCHING, write, check, compare)


def answer(draft: Draft, *, seconds_search: float = 0.0, seconds_write: float = 0.0) -> Answer:
    """The answer that ``draft`` stands for, whatever was done of it."""
    cited, differing = (CitedText(()), Disagreements()) if draft.abstained else (draft.cited, draft.differing)
    reason = draft.reason
    if not draft.abstained:
        silent = [Message("The model {model} did not answer; these are quotes.", model=draft.silent)]
        reason = Message.joined(reason, *draft.doubts, *(silent if draft.silent else ()), *draft.not_held)
    written = Message.joined(cited.text, differing.text, by="\n\n") if differing.text else cited.text
    return Answer(
        question=draft.asked.text,
        text=reason if draft.abstained else written,
        statements=(*cited.statements(), *differing.statements),
        citations=(*cited.citations, *differing.citations),
        disagreements=differing.disagreements,
        scope=draft.scope,
        model=draft.writer.name,
        abstained=draft.abstained,
        reason=reason or None,
        state=draft.state,
        fault=draft.fault,
        mended=draft.mended,
        dropped=draft.dropped,
        nearest=tuple(draft.found.matches[:NEAREST]) if draft.is_over else (),
        articles_read=0 if draft.abstained else len({match.article.id for match in draft.found.matches}),
        usage=draft.usage,
        seconds_search=seconds_search,
        seconds_write=seconds_write,
        searched_for=None if draft.found.wanted == draft.asked.text else draft.found.wanted,
        trail=draft.trail,
    )


def _written(draft: Draft, live: Live, not_held: list[str]) -> Iterator[str]:
    """The writer's pieces; what it finds no answer to, of several questions, is added to ``not_held``."""
    found, writer = draft.found, draft.writer

    def pieces(question: str, matches: Sequence[Match]) -> Iterator[str]:
        return writer.write(question, matches, draft.asked.history, draft.scope.as_of, live.stop, live.say)

    if found.overview is not None and writer.part_by_part:
        return found.overview
    if found.parts and writer.part_by_part:
        return parts.one_after_the_other(pieces, found.parts, found.matches, not_held)
    return pieces(found.wanted, found.matches)


def _without_model(draft: Draft, error: ModelError) -> Draft:
    """Another writer takes the place of one whose model gives no answer; where there is none, that is the end."""
    _log.warning("%s", error.detail or error)
    draft = replace(draft, fault=error.fault)
    if draft.writer.fallback is None:
        error.found = tuple(draft.found.matches[:NEAREST])
        return replace(draft, state="cut", reason=error.args[0], error=error)
    return replace(draft, silent=draft.writer.name.partition(" (")[0], writer=draft.writer.fallback)


def _cut(draft: Draft, error: ModelError) -> Draft:
    _log.warning("%s", error.detail or error)
    reason = Message.joined(Message("The answer is cut."), error.args[0])
    return replace(draft, state="cut", fault=error.fault, reason=reason)


def _checked_by_model(draft: Draft, live: Live) -> Generator[str, None, Draft]:
    assert draft.writer.respond is not None
    asked = model_check.ModelCheck(draft.cited, draft.found.matches, judges=draft.writer.judges)
    if not asked.passages:
        return draft
    if asked.judged:
        live.say(Message("Checking each sentence against the words it cites."))
        live.checked = asked.statements
    else:
        asking = Message.plural(
            "Asking {model} to correct one sentence that the sources do not carry.",
            "Asking {model} to correct {count} sentences that the sources do not carry.",
            len(asked.passages),
            model=draft.writer.name,
        )
        live.say(asking)
    yield ""
    checked = None
    try:
        reply, used = draft.writer.respond(asked.request(), model_check.SECONDS, live.stop)
        draft, checked = replace(draft, usage=draft.usage + used), asked.read(reply)
    except ModelError as error:  # the reader's verdicts stay
        _log.warning("%s", error.detail or error)
    if checked is not None:
        judged, corrections = checked
        draft.cited.overrule(judged)
        cited, mended = correction.mend(draft.cited, corrections, draft.found.matches)
        return replace(draft, cited=cited, mended=mended)
    if asked.judged:
        unread = Message("The model's check could not be read: the sentences were checked on this machine.")
        return replace(draft, reason=unread)
    return draft


def _abstaining(draft: Draft, reason: str, library: Library) -> Draft:
    """There is no answer, for this ``reason``."""
    if articles := library.count():
        reason = Message.joined(reason, _where_searched(draft.scope, articles))
    if draft.silent:
        reason = Message.joined(Message("The model {model} did not answer.", model=draft.silent), reason)
    return replace(draft, abstained=True, state="complete", reason=reason)


def _not_answered(found: Retrieved, said: str) -> str:
    """Why there is no answer: the model's own words where it has some, and the article that comes nearest."""
    nearest = found.matches[0].article
    return Message.joined(
        said or Message("No sentence of the library answers this surely enough to be quoted."),
        Message("The nearest article is “{title}” ({about}).", title=nearest.title, about=attribution(nearest)),
        Message("Ask with the names or words that an article would use, or with other days."),
    )


def _where_searched(scope: TimeScope, articles: int) -> str:
    """What of a library of so many articles was searched, and the words that say so; empty where that is plain."""
    words = scope.words if scope.since or scope.until else ()
    words += scope.source_words if scope.sources or scope.without_sources else ()
    if not limits(scope):
        every = Message.plural(
            "The one article was searched.", "All {count} articles of the library were searched.", articles
        )
        return every if articles > 1 else ""
    if not words:
        return Message("Only {articles} were searched.", articles=searched(scope))
    said = {"articles": searched(scope), "words": in_quotes(words)}
    if set(words) <= set(scope.kept):
        return Message("Only {articles} were searched, as your last question says {words}.", **said)
    return Message("Only {articles} were searched, as the question says {words}.", **said)
