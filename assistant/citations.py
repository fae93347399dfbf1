"""Markers in a writer's stream ⇄ the words they stand for. Pure: no model, no index, no clock.

The writer numbers the passages it was given; the reader sees numbers of quotations, in the order in which they appear.
A marker is decided when enough of its sentence is known, and every decision depends on the text alone, never on how the
stream happened to be cut: however it is split, the reader gets the same text and the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant import quotation, support
from assistant.outgoing import Plain
from assistant.types import Citation, JudgedBy, Statement
from assistant.words import content_words
from vectorstore.splitter import sentences
from vectorstore.types import Match

ENOUGH_WORDS = 3
"""Content words from which a clause says enough to find the words that carry it. "According to [1]," waits for more."""

_OPEN, _CLOSE = "[【［", "]】］"
_MARKER = re.compile(
    r"[\[【［]\s*(?:\^|#|(?:passages?|sources?|articles?)\s*)?"
    r"(?P<numbers>\d+(?:\s*(?:[,;、，&–—-]|and)\s*\d+)*)\s*(?:†[^\]】］]*)?[\]】］]",
    re.IGNORECASE,
)
_MAY_BE_IN_MARKER = re.compile(r"[\w \t\xa0,;、，&–—†^#:.-]")
_LONGEST_MARKER = 40
_RANGE = re.compile(r"(\d+)(?:\s*[–—-]\s*(\d+))?")
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)]*$")
_LIST_ITEM = re.compile(r"\s*(?:(?:[-*•+>]|#{1,6}|\d{1,3}[.)])\s+)*")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.!?])[*_](?!\w)")
_LIKE_A_CITATION = 1000
"""From here on a number in brackets is a year or a code, and can stay without being taken for a citation."""


@dataclass
class _Group:
    """The passages that one marker cites."""

    offset: int
    """Where in the line's text it stands."""
    passages: list[int]
    space: str
    """White space before it."""
    leading: bool
    """It stands before the sentence it cites for, not behind it."""
    written: tuple[int, int]
    """Where in the raw text it stands."""
    numbers: tuple[int, ...] | None = None
    """Citation numbers, once the words that they carry are known."""
    repaired: bool = False
    """The writer cited another passage, or one that does not exist."""


@dataclass
class _Line:
    """One line of the answer: its text without markers, and the markers."""

    text: str = ""
    groups: list[_Group] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    """For each character of the text where in the raw text it stands."""


class CitedText:
    """Reads a writer's raw text piece by piece, gives the reader's text, and keeps what each sentence cites.

    ``matches`` are the passages in the writer's numbering, the first is 1. Addresses and markup do not pass, whoever
    writes (``assistant.outgoing``): the text has markers, lists and paragraphs, and nothing that leads anywhere.
    """

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = matches
        self._plain = Plain()
        self._raw: list[str] = []  # without addresses and markup
        self._bracket_at = 0
        self._lines = [_Line()]
        self._space = ""  # white space that waits for what follows it
        self._dropped_space = ""  # what stood before a marker that was dropped, for one that follows at once
        self._bracket = ""  # what may become a marker
        self._owed = False  # a marker stood here: what follows is a word of its own
        self._queue: list[str | _Group] = []  # decided and undecided text, in order
        self._shown: list[str] = []
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._overruled: dict[tuple[str, tuple[int, ...]], Statement] = {}
        self._citations: list[Citation] = []

    @property
    def text(self) -> str:
        """What the reader has been given so far."""
        return "".join(self._shown)

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations)

    def feed(self, piece: str) -> str:
        """Takes the next piece and returns the text that is certain by now; it may be empty."""
        self._read(self._plain.feed(piece))
        return self._show()

    def finish(self) -> str:
        """The text still held back. An unfinished marker is dropped; trailing white space too."""
        self._read(self._plain.finish())
        if re.search(r"[^\W\d]", self._bracket):
            self._release_bracket()
        self._bracket = ""
        self._decide_in_order(self._lines[-1], ended=True)
        return self._show()

    def statements(self) -> tuple[Statement, ...]:
        """The sentences of the text so far, each with its citations and whether they carry it."""
        checked = []
        for line, (start, end), groups in self._sentences():
            text = _plain(line.text[start:end])
            numbers = tuple(dict.fromkeys(number for group in groups for number in group.numbers or ()))
            repaired = {number for group in groups if group.repaired for number in group.numbers or ()}
            verdict = support.check(text, [self._citations[number - 1] for number in numbers])
            by: JudgedBy = "exact" if verdict.carried is None else "reader"
            own = Statement(text, numbers, verdict.support, verdict.reason, tuple(sorted(repaired)), by)
            checked.append(self._overruled.get((text, numbers), own))
        return tuple(checked)

    def overrule(self, statements: Iterable[Statement]) -> None:
        """Takes the verdicts of ``statements`` for those of ``statements()`` with their words and citations."""
        self._overruled.update({(each.text, each.citations): each for each in statements})

    def rewritten(self, changes: Mapping[int, str]) -> CitedText:
        """The same text, finished, in which some of ``statements()``, by their index, are written anew.

        What replaces one is raw, with markers that number the passages; nothing takes the sentence out.
        """
        raw = "".join(self._raw)
        # Characters that take the place of others are marked first: the spans are those of the text as it was.
        for index, (start, end, whole_line) in sorted(self._spans(raw).items(), reverse=True):
            if index in changes:
                old = raw[start:end]
                new = changes[index].strip() + old[len(old.rstrip()) :] if changes[index].strip() else ""
                if not new and whole_line is not None:
                    start, end = whole_line
                raw = raw[:start] + new + raw[end:]
        made = CitedText(self._matches)
        made.feed(raw)
        made.finish()
        # The numbers of the citations may be others now: what stays the same are the words.
        known = {text: each for (text, _), each in self._overruled.items()}
        made.overrule(
            replace(each, support=known[each.text].support, reason=known[each.text].reason, by=known[each.text].by)
            for each in made.statements()
            if each.text in known
        )
        return made

    def cited(self, statement: Statement) -> list[int]:
        """The passages that ``statement`` cites, by the writer's numbers."""
        passages = [self._citations[number - 1].passage for number in statement.citations]
        return [number for number, match in enumerate(self._matches, 1) if match.passage in passages]

    def _sentences(self) -> list[tuple[_Line, tuple[int, int], list[_Group]]]:
        """The sentences of the text so far: line, span in its text, and the markers that cite for it."""
        made: list[tuple[_Line, tuple[int, int], list[_Group]]] = []
        for line in self._lines:
            spans = list(_statement_spans(line.text))
            first = len(made)
            made += [(line, span, []) for span in spans]
            for group in line.groups:
                index = _sentence_of(group, line.text, spans)
                cited = max(0, first - 1) if index is None else first + index
                if cited < len(made):
                    made[cited][2].append(group)
        return made

    def _spans(self, raw: str) -> dict[int, tuple[int, int, tuple[int, int] | None]]:
        """Where each statement and its markers stand in ``raw``; if it is alone in its line, where that does."""
        sentences_made = self._sentences()
        begins = [
            min([line.written[start], *(group.written[0] for group in groups)])
            for line, (start, _), groups in sentences_made
        ]
        found: dict[int, tuple[int, int, tuple[int, int] | None]] = {}
        for index, (line, (_, stop), groups) in enumerate(sentences_made):
            before = index > 0 and sentences_made[index - 1][0] is line
            after = index + 1 < len(sentences_made) and sentences_made[index + 1][0] is line
            last = max([line.written[stop - 1] + 1, *(group.written[1] for group in groups)])
            end = begins[index + 1] if after else (raw + "\n").index("\n", last)
            whole = None if before or after else (min(line.written[0], begins[index]), end + (end < len(raw)))
            found[index] = begins[index], end, whole
        return found

    def _read(self, plain: str) -> None:
        for character in plain:
            self._raw.append(character)
            self._take(character)

    # One character at a time: what happens depends on the characters so far, not on the pieces.

    def _take(self, character: str) -> None:
        if self._bracket:
            self._bracket += character
            if character in _CLOSE:
                self._close_bracket()
            elif len(self._bracket) > _LONGEST_MARKER or not _MAY_BE_IN_MARKER.match(character):
                self._bracket = self._bracket[:-1]
                self._release_bracket()
                self._take(character)
        elif character.isspace():
            self._space += character
        elif character in _OPEN:
            self._bracket = character
            self._bracket_at = len(self._raw) - 1
        else:
            self._write(character)

    def _write(self, character: str, escape: str = "", at: int | None = None) -> None:
        """A character of the text itself, with the white space before it; the reader sees ``escape`` before it."""
        at = len(self._raw) - 1 if at is None else at
        if not self._begun():
            self._space = ""
        if "\n" in self._space:
            self._end_line()
        line = self._lines[-1]
        if self._owed and not self._space:
            if character == ":" and not line.text:
                return  # "[1]: So it was." would define a link in Markdown
            if character == "(":
                self._space = " "  # "[1](…)" would be one
        if line.text and (self._space or (self._owed and character.isalnum())):
            line.text += " "
            line.written.append(at)
        line.text += character
        line.written.append(at)
        starts_word = bool(self._space)
        self._queue.append(self._space + escape + character)
        self._space, self._dropped_space, self._owed = "", "", False
        if starts_word:
            self._decide_in_order(line)

    def _begun(self) -> bool:
        return bool(self._shown or self._queue)

    def _end_line(self) -> None:
        self._decide_in_order(self._lines[-1], ended=True)
        self._lines.append(_Line())
        self._owed = False

    def _close_bracket(self) -> None:
        match = _MARKER.fullmatch(self._bracket)
        numbers = _numbers(match["numbers"], len(self._matches)) if match else []
        if match is None or self._is_matter(bool(numbers)):
            self._release_bracket()
            return
        self._bracket = ""
        self._space = self._space or self._dropped_space
        before, newline, _ = self._space.rpartition("\n")
        if match is not None and not numbers and (found := self._found_instead()) is not None:
            self._add_marker([found], repaired=True)
            return
        if not numbers:
            self._dropped_space = self._space  # the space before a dropped marker goes with it
            self._space = before + newline
            return
        if newline and self._begun():
            self._end_line()
        self._add_marker([number - 1 for number in numbers])

    def _found_instead(self) -> int | None:
        """The passage that carries the words before a marker whose number no passage has."""
        line = self._lines[-1]
        statement = (
            self._clause(_Group(len(line.text), [], "", leading=False, written=(0, 0)), line)
            if "\n" not in self._space
            else ""
        )
        found = support.repair(statement, (), self._matches) if statement else None
        return None if found is None else self._matches.index(found)

    def _is_matter(self, known: bool) -> bool:
        """Whether a bracketed number belongs to a quotation: the source has it there, or it can be nothing else."""
        line = self._lines[-1].text
        if not quotation.is_open(line):
            return False
        start, end = quotation.quotations(line)[-1]
        words = quotation.fold(line[max(start, end - 12) : end] + self._space + self._bracket).text
        return not known or any(words in quotation.fold(match.text).text for match in self._matches)

    def _release_bracket(self) -> None:
        """It was no marker: its characters are text."""
        held, self._bracket = self._bracket, ""
        number = held[1:-1].strip()
        is_like_citation = held[-1] in _CLOSE and number.isdigit() and int(number) < _LIKE_A_CITATION
        for at, character in enumerate(held, self._bracket_at):
            if character.isspace():
                self._space += character
            else:
                # Markdown for brackets that are no citation.
                self._write(character, "\\" if is_like_citation and not character.isdigit() else "", at)

    def _add_marker(self, passages: list[int], *, repaired: bool = False) -> None:
        line = self._lines[-1]
        written = self._bracket_at, len(self._raw)
        if self._owed and line.groups:  # "[1] [2]" cite for the same words
            group = _Group(len(line.text), passages, "", line.groups[-1].leading, written)
        else:
            leads = bool(line.groups) and line.groups[0].leading and _ENDED.search(line.text) is not None
            space = self._space if self._begun() else ""
            group = _Group(len(line.text), passages, space, leads or not line.text, written)
        group.repaired = repaired
        line.groups.append(group)
        self._queue.append(group)
        self._space, self._dropped_space, self._owed = "", "", True
        self._decide_in_order(line)

    # Which words a marker stands for.

    def _decide_in_order(self, line: _Line, *, ended: bool = False) -> None:
        """Decides the line's markers as far as its text tells what they stand for; all of them when it has ended.

        One that waits for the rest of its sentence holds up those behind it, so that numbers count upwards.
        """
        for group in line.groups:
            if group.numbers is not None:
                continue
            if not ended and not self._clause(group, line):
                spans = list(_statement_spans(line.text))
                if (index := _sentence_of(group, line.text, spans)) is None or index >= len(spans) - 1:
                    return
            together = [n for other in line.groups if other.offset == group.offset for n in other.numbers or ()]
            group.numbers = tuple(n for n in dict.fromkeys(self._decide(group, line)) if n not in together)

    def _clause(self, group: _Group, line: _Line) -> str:
        """The words before a marker that it stands for, or nothing if they are too few to tell."""
        if group.leading:
            return ""
        text = line.text[: group.offset]
        spans = list(_statement_spans(text))
        start = spans[-1][0] if spans else 0
        earlier = [other.offset for other in line.groups if start < other.offset < group.offset]
        for begin in (max(earlier, default=start), start):
            clause = text[begin:]
            if len(content_words(clause)) >= ENOUGH_WORDS:
                return clause
        return ""

    def _decide(self, group: _Group, line: _Line) -> list[int]:
        """The citation numbers of the group's passages for the words that it stands for."""
        statement = self._clause(group, line)
        if not statement:
            spans = list(_statement_spans(line.text))
            index = _sentence_of(group, line.text, spans)
            if index is not None:
                statement = line.text[slice(*spans[index])]
            else:  # a line of markers cites for what stands before it
                statement = next((other.text for other in reversed(self._lines) if other.text), "")
        together = [index for other in line.groups if other.offset == group.offset for index in other.passages]
        if len(content_words(statement)) >= ENOUGH_WORDS and not group.repaired:
            cited = [self._matches[index] for index in dict.fromkeys(together)]
            if (found := support.repair(statement, cited, self._matches)) is not None:
                group.passages, group.repaired = [self._matches.index(found)], True
        return [number for index in group.passages for number in self._number_all(self._matches[index], statement)]

    def _number_all(self, match: Match, statement: str) -> list[int]:
        """The numbers of the words of a passage that carry a statement."""
        spans = support.locate(statement, match.text)
        return [self._number(match, match.start + start, match.start + end) for start, end in spans]

    def _number(self, match: Match, start: int, end: int) -> int:
        key = (match.article.id, start, end)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            quote = match.article.text[start:end]
            self._citations.append(Citation(self._numbers[key], quote, start, end, match.article, match.passage))
        return self._numbers[key]

    def _show(self) -> str:
        """Moves what is decided to the reader: up to the first marker that waits."""
        certain: list[str] = []
        while self._queue:
            part = self._queue[0]
            if isinstance(part, _Group):
                if part.numbers is None:
                    break
                part = part.space + _markers(part.numbers)
            certain.append(part)
            del self._queue[0]
        self._shown += certain
        return "".join(certain)


def _markers(numbers: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _numbers(text: str, most: int) -> list[int]:
    """The passage numbers of "1, 3-5" that exist, each once, in order."""
    found: list[int] = []
    for first, last in _RANGE.findall(text):
        start, end = int(first), int(last or first)
        found += range(max(start, 1), min(end, most) + 1)
    return list(dict.fromkeys(found))


def _statement_spans(line: str) -> Iterator[tuple[int, int]]:
    """Spans of the statements of one line: its sentences, a quotation of several in one piece, without list marks."""
    head = _LIST_ITEM.match(line)
    begin = head.end() if head else 0
    opened: int | None = None
    for start, end in sentences(line[begin:]):
        start, end = start + begin, end + begin
        start = start if opened is None else opened
        if quotation.is_open(line[start:end]) and any(mark in line[end:] for mark in quotation.DOUBLE):
            opened = start
            continue
        opened = None
        if re.search(r"\w", line[start:end]):
            yield start, end


def _sentence_of(group: _Group, text: str, spans: Sequence[tuple[int, int]]) -> int | None:
    """Which of ``spans`` a marker cites for; ``None`` while there is none."""
    if group.leading:
        behind = [index for index, (_, end) in enumerate(spans) if end > group.offset]
        return behind[0] if behind else None
    before = len(text[: group.offset].rstrip())
    started = [index for index, (start, _) in enumerate(spans) if start < before]
    return started[-1] if started else 0 if spans else None


def _plain(text: str) -> str:
    return _EMPHASIS.sub("", text)
