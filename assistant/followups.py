"""What a question takes from the conversation: the words that it leaves out, and the time and sources still meant.

``question`` rewrites by rules; a chat model may do it instead, in one short call (``request`` and ``read``). Time and
sources are kept while the subject is: a question that names its own replaces that part, "overall" or "from all sources"
lifts it, and a new subject drops both. Only what a question said in words is kept; what a caller set, the caller sets
again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from assistant.antecedents import Exchange
from assistant.outgoing import plain
from assistant.outlets import read_outlets
from assistant.periods import mentions
from assistant.prompt import NO_ANSWER, Message, visible, without_markers
from assistant.question import LONGEST, Standalone, standalone
from assistant.scope import ScopedQuestion
from assistant.talk import is_small_talk
from assistant.types import Turn
from assistant.words import content_words, names, numbers
from vectorstore.errors import SearchInvalid
from vectorstore.types import TimeScope

if TYPE_CHECKING:
    from vectorstore.library import Library

LOOK_BACK = 6
"""Earlier questions that are read: what is farther off has been left behind."""

MODEL_SECONDS = 4.0
"""What a chat model may take to rewrite a question; the rules are there at once."""

_READ = 2_000
"""Characters of an earlier answer whose names a pronoun may stand for."""

_SHOWN = 600
"""Characters of an earlier answer that the model is shown."""

_TASK = """\
Rewrite the reader's last question so that it can be searched for without the conversation before it.

Rules:
1. Put the names, places, times and things in that its pronouns and omissions stand for.
2. Use only names and figures that stand in the conversation. Do not answer.
3. A question that stands alone already, or begins a new subject, stays as it is.
4. Keep the language of the question.

Reply with JSON and nothing else: {"question": "…"}"""

_TIME_LIFTED = re.compile(
    r",?\s*\b(?:overall|at any time|(?:of|for|since) all time|all time|in general(?! (?:election|strike|terms))|"
    r"ever since the beginning|"
    r"(?:in|from) all (?:years|periods)|regardless of (?:the )?(?:time|date)|without (?:the )?(?:time|date) limit"
    r"|за (?:весь|увесь) час|за всі роки|загалом|незалежно від (?:часу|дати))\b",
    re.IGNORECASE,
)
_SOURCES_LIFTED = re.compile(
    r",?\s*\b(?:(?:from|in|by|according to|across|with) (?:all|any|every|other)(?: the)? (?:sources?|outlets?|papers?)"
    r"|regardless of (?:the )?sources?|in all (?:articles|papers)"
    r"|(?:з|із|в|у|за) (?:усіх|всіх|усіма|всіма|інших|іншими) (?:джерел\w*|видан\w*|стат\w*))\b",
    re.IGNORECASE,
)
_REFUSED = ("The library does not seem to hold", "No article in the library", NO_ANSWER)
"""What names nothing that a pronoun could stand for."""

_BYLINE = re.compile(
    r"(?:^|(?<=[”’.\n] )|(?<=\n))[^“”\n]{0,160}?(?:\d{4}|(?i:date known|undated|no date))[^“”\n]{0,12}: (?=[“‘])",
    re.MULTILINE,
)
_LEFT_OVER = re.compile(r"(?:and|but|so|or|also|what about|how about|what|then|а|і|й|та|[\s,.?!])*", re.IGNORECASE)
_LEAD = r"(?:\b(?:in|on|at|of|from|since|during|for|by|after|before|until)\s+)?"

Read = Callable[[str], ScopedQuestion]
"""What reads the time and the sources that a question names."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A question in its conversation."""

    asked: ScopedQuestion
    """What is searched for, and where."""
    said: tuple[Exchange, ...] = ()
    """The exchanges before it, each with its question as it was searched for, oldest first."""
    leans: bool = False
    """Whether the text of ``asked`` is another than the question's own."""
    continues: bool = False
    """Whether it is about the subject of the last question."""

    @property
    def doubtful(self) -> bool:
        """Whether a model should look: the rules rewrote it, or it goes on without a name of its own."""
        return self.leans or (self.continues and not names(self.asked.text.partition(" ")[2]))


def follow(
    question: str,
    turns: Sequence[Turn],
    library: Library,
    *,
    read: Read,
    read_anew: Read,
    keep_time: bool = True,
    keep_sources: bool = True,
) -> Followed:
    """``question`` with what it takes from ``turns``, oldest first.

    ``read`` reads its scope with the caller's own limits, ``read_anew`` that of an earlier question without them.
    ``keep_time`` and ``keep_sources`` are false where the caller set his own.
    """
    said: list[Exchange] = []
    previous: ScopedQuestion | None = None
    for place, turn in _asked_before(turns):
        answer = turns[place + 1] if place + 1 < len(turns) and turns[place + 1].role == "assistant" else None
        if answer is not None and answer.scope is not None:
            text = read_anew(answer.searched_for or turn.text).text
            previous = ScopedQuestion(text, answer.scope, _searched_sources(answer.scope, library))
        else:
            previous = _step(turn.text, said, previous, library, read_anew).asked
        said.append(Exchange(previous.text, _told(answer.text) if answer is not None else ""))
    return _step(question, said, previous, library, read, keep_time=keep_time, keep_sources=keep_sources)


def _told(answer: str) -> str:
    """What an answer says: without its markers, and without the outlet and the day that a quotation is led by."""
    if answer.startswith(_REFUSED):
        return ""
    return _BYLINE.sub("", without_markers(answer)[:_READ]).replace("” “", " ")


def _asked_before(turns: Sequence[Turn]) -> list[tuple[int, Turn]]:
    asked = [
        (place, turn)
        for place, turn in enumerate(turns)
        if turn.role == "user" and turn.text.strip() and not is_small_talk(turn.text)
    ]
    return asked[-LOOK_BACK:]


def _step(
    question: str,
    said: Sequence[Exchange],
    previous: ScopedQuestion | None,
    library: Library,
    read: Read,
    *,
    keep_time: bool = True,
    keep_sources: bool = True,
) -> Followed:
    own = read(question)
    if previous is None:
        return Followed(own, tuple(said))
    time_lifted = bool(previous.scope.words) and _TIME_LIFTED.search(own.text) is not None
    sources_lifted = bool(previous.scope.source_words) and _SOURCES_LIFTED.search(own.text) is not None
    wanted = own.text
    if time_lifted:
        wanted = _TIME_LIFTED.sub("", wanted)
    if sources_lifted:
        wanted = _SOURCES_LIFTED.sub("", wanted)
    before = previous.text
    if time_lifted:
        before = _without(before, previous.scope.words)
    outlet = None if own.scope.source_words or not keep_sources else _other_outlet(wanted, previous, library)
    if outlet or ((own.scope.source_words or time_lifted or sources_lifted) and _LEFT_OVER.fullmatch(wanted)):
        alone = Standalone(before, leans=True, continues=True)
    else:
        alone = standalone(wanted, [*said[:-1], replace(said[-1], question=before)])
    if not alone.continues:
        return Followed(own, tuple(said))
    asked = own
    if alone.leans:
        asked = read(alone.text)
        if own.scope.source_words:
            asked = ScopedQuestion(asked.text, _with_sources(asked.scope, own.scope), own.sources)
    named_now = bool(mentions(question)) or any(word in question for word in own.scope.words)
    kept: tuple[str, ...] = ()
    scope, sources = asked.scope, asked.sources
    if keep_time and not named_now and previous.scope.words and not time_lifted:
        scope, kept = _with_time(scope, previous.scope), previous.scope.words
    elif time_lifted and not named_now and keep_time:
        scope = replace(scope, since=None, until=None, near=None, prefers_recent=False, words=(), left_out_undated=0)
    if keep_sources and outlet:
        scope = replace(scope, sources=(outlet,), without_sources=(), prefer_sources=(), source_words=(outlet,))
        sources = (outlet,)
    elif keep_sources and not own.scope.source_words and previous.scope.source_words and not sources_lifted:
        scope, sources = _with_sources(scope, previous.scope), previous.sources
        kept += previous.scope.source_words
    scope = replace(scope, kept=kept, note=_note(scope.note, kept))
    text = asked.text if alone.leans else own.text
    try:
        limits = library.scope(as_of=scope.as_of, since=scope.since, until=scope.until, sources=sources)
    except SearchInvalid:  # what was kept leaves nothing beside what is new
        return Followed(replace(asked, text=text), tuple(said), alone.leans, True)
    scope = replace(scope, left_out_undated=limits.left_out_undated)
    return Followed(ScopedQuestion(text, scope, sources), tuple(said), alone.leans, True)


def _with_time(scope: TimeScope, earlier: TimeScope) -> TimeScope:
    return replace(
        scope,
        since=earlier.since,
        until=earlier.until,
        near=earlier.near,
        prefers_recent=earlier.prefers_recent,
        words=earlier.words,
    )


def _with_sources(scope: TimeScope, other: TimeScope) -> TimeScope:
    return replace(
        scope,
        sources=other.sources,
        without_sources=other.without_sources,
        prefer_sources=other.prefer_sources,
        source_words=other.source_words,
    )


def _note(note: str | None, kept: Sequence[str]) -> str | None:
    if not kept:
        return note
    line = f"“{'”, “'.join(kept)}” {'is' if len(kept) == 1 else 'are'} kept from your last question"
    return f"{note}; {line}" if note else line


def _searched_sources(scope: TimeScope, library: Library) -> tuple[str, ...] | None:
    if scope.without_sources:
        return tuple(outlet.name for outlet in library.outlets() if outlet.name not in scope.without_sources)
    held = {outlet.name for outlet in library.outlets()}
    return tuple(name for name in scope.sources if name in held) or None


def _other_outlet(question: str, previous: ScopedQuestion, library: Library) -> str | None:
    """The outlet that "and the Guardian?" names after a question that asked another one."""
    fragment = re.fullmatch(
        r"(?:(?:and|but|or|what about|how about|а|і|й|та)\s+)+(?P<name>.{2,60}?)(?: too| as well| також| теж)?\??",
        question.strip(),
        re.IGNORECASE,
    )
    if fragment is None or not previous.scope.source_words or not previous.scope.sources:
        return None
    found = read_outlets(f"What was said according to {fragment['name']}?", library.outlets())
    said_all = len(found.only) == 1 and fragment["name"].casefold() in " ".join(found.words).casefold()
    return found.only[0] if said_all else None


def _without(text: str, said: Sequence[str]) -> str:
    for each in said:
        text = re.sub(rf"\s*{_LEAD}{re.escape(each)}", "", text, count=1, flags=re.IGNORECASE)
    return text


# -- with a chat model


def request(question: str, said: Sequence[Exchange]) -> list[Message]:
    """What a chat model is asked: the last exchanges and the question, nothing of the articles."""
    lines = []
    for each in said[-3:]:
        lines += [f"Reader: {each.question}", f"Assistant: {each.answer[:_SHOWN]}"]
    conversation = "\n".join(lines)
    return [Message("system", _TASK), Message("user", visible(f"{conversation}\n\nLast question: {question}"))]


def read(reply: str, question: str, said: Sequence[Exchange]) -> str | None:
    """The question in a chat model's reply to ``request``; ``None`` when it is of no such form or made up."""
    begin, end = reply.find("{"), reply.rfind("}") + 1
    try:
        made = json.loads(reply[begin:end])["question"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(made, str) or not made.strip() or len(made) > LONGEST:
        return None
    made = " ".join(visible(made).split())
    conversation = "\n".join([question, *(f"{each.question}\n{each.answer}" for each in said)])
    known = frozenset(content_words(conversation))
    first, _, rest = made.partition(" ")  # a capital that opens a sentence is no name
    opening = frozenset(content_words(first)) if first[1:].islower() and not names(rest[:1]) else frozenset[str]()
    named = {word for name in names(made) for word in content_words(name)}
    made_up = not named - opening <= known or not numbers(made) <= numbers(conversation)
    return None if made_up or plain(made) != made else made  # it is shown: no address, no markup


# -- the scope of an earlier answer, as a mapping


def scope_of(form: Mapping[str, Any]) -> TimeScope:
    """The scope in ``Answer.to_dict()["scope"]``. Raises ``SearchInvalid`` for anything else."""
    try:
        days = {
            name: date.fromisoformat(form[name]) if form.get(name) else None
            for name in ("as_of", "since", "until", "near")
        }
        listed = {
            name: tuple(map(str, form.get(name) or ()))
            for name in ("sources", "without_sources", "prefer_sources", "words", "source_words", "kept")
        }
        return TimeScope(**days, **listed, prefers_recent=bool(form.get("prefers_recent")))  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError):
        raise SearchInvalid('history: "scope" must be what Answer.to_dict()["scope"] gave.') from None
