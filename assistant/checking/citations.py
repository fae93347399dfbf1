"""Markers in a writer's stream ⇄ the words they stand for. Pure: no model, no index, no clock.

The writer numbers the passages it was given; the reader sees numbers of quotations, in the order in which they appear.
A marker is decided when enough of its sentence is known, and every decision depends on the text alone, never on how the
stream happened to be cut: however it is split, the reader gets the same text and the same answer.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Self
from unicodedata import normalize

from assistant.checking import quotations, support
from assistant.checking.markers import (
    PART,
    UNFINISHED,
    Line,
    Marker,
    letters,
    numbers_of,
    sentence_of,
    statement_spans,
    unstated_letters,
)
from assistant.language.words import content_words
from assistant.models.outgoing import Plain
from assistant.types import Citation, JudgedBy, Statement
from vectorstore.types import Match

ENOUGH_WORDS = 3
"""Content words from which a clause says enough to find the words that carry it. "According to [1]," waits for more."""

_SOURCES = re.compile(
    r"(?:sources?|references?|citations?|footnotes|bibliography|джерела|посилання|источники|quellen|fuentes|fonti|źródła)"
    r"(:?)",
    re.IGNORECASE,
)
"""The head of a list of sources."""
_EMPHASIS = re.compile(r"\*{2,3}|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.!?])[*_](?!\w)")
_ITEM = re.compile(r"[-*•+–]|[(\[]?\d{1,3}[.):\]]*")
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)]*$")
_LIKE_A_CITATION = 1000
"""From here on a number in brackets is a year or a code, and can stay without being taken for a citation."""


class CitedText:
    """Reads a writer's raw text piece by piece, gives the reader's text, and keeps what each sentence cites.

    ``matches`` are the passages in the writer's numbering, the first is 1. Addresses and markup do not pass, whoever
    writes (``assistant.models.outgoing``): the text has markers, lists and paragraphs, and nothing that leads anywhere.
    With ``shaped`` it has what else of Markdown gives it a shape.
    """

    def __init__(self, matches: Sequence[Match], *, shaped: bool = False) -> None:
        self.text = ""
        """What the reader has been given so far."""
        self.is_whole = True
        """Whether its writer finished: if not, a last sentence without an end is not judged."""
        self._matches = matches
        self._shaped = shaped
        self._plain = Plain(shaped=shaped)
        self._raw = ""
        self._is_bracketed = False  # markers are written as [1]
        self._in_sources = False  # in a list of sources, which is not shown
        self._takes_sources = False  # its numbers cite: the text before it has none
        self._lines = [Line()]
        self._space = ""  # white space that waits for what follows it
        self._dropped_space = ""  # what stood before a marker that was dropped, for one that follows at once
        self._owed = False  # a marker stood here: what follows is a word of its own
        self._queue: deque[str | Marker] = deque()  # decided and undecided text, in order
        self._overruled: dict[tuple[str, ...], Statement] = {}
        self._citations: dict[tuple[str, int, int], Citation] = {}

    @classmethod
    def of(cls, text: str, matches: Sequence[Match], *, shaped: bool = False) -> Self:
        """The whole of ``text``, finished."""
        made = cls(matches, shaped=shaped)
        made.feed(text)
        made.finish()
        return made

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def feed(self, piece: str) -> str:
        """Takes the next piece and returns the text that is certain by now; it may be empty."""
        self._raw += piece
        self._read(self._plain.feed(piece))
        return self._show()

    def finish(self) -> str:
        """The text still held back. An unfinished marker is dropped; trailing white space too."""
        self._read(UNFINISHED.sub("", self._plain.finish()))
        self._decide_in_order(self._lines[-1], ended=True)
        return self._show()

    def statements(self) -> tuple[Statement, ...]:
        """The sentences of the text so far, each with its citations and whether they carry it."""
        checked, citations = [], self.citations
        for line, (start, end), markers in self._sentences():
            text = _EMPHASIS.sub("", line.text[start:end])
            numbers = tuple(dict.fromkeys(number for marker in markers for number in marker.numbers or ()))
            repaired = {number for marker in markers if marker.repaired for number in marker.numbers or ()}
            verdict = support.check(text.replace("|", " "), [citations[number - 1] for number in numbers])
            by: JudgedBy = "exact" if verdict.carried is None else "reader"
            own = Statement(text, numbers, verdict.support, verdict.reason, tuple(sorted(repaired)), by)
            judged = self._overruled.get(self._words(own), own)
            checked.append(replace(own, support=judged.support, reason=judged.reason, by=judged.by))
        return tuple(checked)

    def _words(self, statement: Statement) -> tuple[str, ...]:
        """Those of the statement and of its citations, whatever numbers these have."""
        citations = self.citations
        return statement.text, *(citations[number - 1].quote for number in statement.citations)

    def overrule(self, statements: Iterable[Statement]) -> None:
        """Takes the verdicts of ``statements`` for those of ``statements()`` with their words and citations."""
        self._overruled |= {self._words(each): each for each in statements}

    def rewritten(self, changes: Mapping[int, str]) -> CitedText:
        """The same text, finished, in which some of ``statements()``, by their index, are written anew.

        What replaces one is raw, with markers that number the passages; nothing takes the sentence out.
        """
        raw = ""
        sentences_made = list(enumerate(self._sentences()))
        for line in self._lines:
            own = [(index, *span, markers) for index, (of, span, markers) in sentences_made if of is line]
            told, body = 0, ""
            for index, start, end, markers in own:
                new = changes[index].strip() if index in changes else line.with_markers(start, end, markers)
                body += line.text[told:start] + new if new and body else new
                told = end
            if body or not (own or line.markers):
                raw += line.space + (line.text[: own[0][1]] if own else "") + body + line.text[told:]
        made = CitedText.of(raw, self._matches, shaped=self._shaped)
        made._overruled, made._raw, made.is_whole = self._overruled, self._raw, self.is_whole
        return made

    def cited(self, statement: Statement) -> list[int]:
        """The passages that ``statement`` cites, by the writer's numbers."""
        passages = [self.citations[number - 1].passage for number in statement.citations]
        return [number for number, match in enumerate(self._matches, 1) if match.passage in passages]

    def _sentences(self) -> list[tuple[Line, tuple[int, int], list[Marker]]]:
        """The sentences of the text so far: line, span in its text, and the markers that cite for it."""
        made: list[tuple[Line, tuple[int, int], list[Marker]]] = []
        unstated = unstated_letters(self._raw)
        paragraph = 0
        for line in self._lines:
            spans = list(statement_spans(line.text))
            if not line.markers and letters(line.text) in unstated:
                continue
            first, paragraph = len(made), len(made) if spans else paragraph
            made += [(line, span, []) for span in spans]
            for marker in line.markers:
                index = sentence_of(marker, line.text, spans)
                cited = max(0, first - 1) if index is None else first + index
                if cited < len(made):
                    made[cited][2].append(marker)
            if line.cites_for_all() and not any(own for _, _, own in made[paragraph:-1]):
                for _, _, own in made[paragraph:-1]:
                    own += line.markers
        if not self.is_whole and made and made[-1][0] is self._lines[-1]:
            line, (_, end), markers = made[-1]
            if not _ENDED.search(line.text[:end]) and all(marker.offset < end for marker in markers):
                made.pop()
        return made

    def _read(self, plain: str) -> None:
        """Takes text that ends inside no marker: ``Plain`` gives whole words, and waits for the end of a bracket.

        What stands right behind a word comes with it.
        """
        for part in PART.finditer(plain):
            raised = normalize("NFKC", part[3] or "")
            cited = part[1] or part[2] or (raised if int(raised or 0) <= len(self._matches) else ",".join(raised))
            if part[0].isspace():
                self._space += part[0] if self.text or self._queue else ""
            elif self._is_in_sources(part, plain[part.end() : part.end() + 1]):
                if part[1] and self._takes_sources:
                    self._space = "" if self._owed else "\n"
                    self._read_marker(" ".join(part[0].split()), cited)
                self._space = ""
            elif part[1]:
                self._is_bracketed = True
                self._read_marker(" ".join(part[0].split()), cited)
            elif cited and self._cites(cited):
                self._read_marker(f"[{cited}]", cited)
            else:
                self._write(part[0])

    def _cites(self, numbers: str) -> bool:
        """Whether ``(1)`` or ``¹`` is a marker: such sources exist, none was cited as ``[1]``, no line begins here."""
        line = self._lines[-1].text
        known = all(0 < int(number) <= len(self._matches) for number in re.findall(r"\d+", numbers))
        inside = bool(line) and "\n" not in self._space and not quotations.is_open(line)
        return known and inside and not self._is_bracketed

    def _is_in_sources(self, part: re.Match[str], behind: str) -> bool:
        """Whether a part of the text belongs to a list of sources at its end; another paragraph ends the list."""
        starts_line = "\n" in self._space
        if self._in_sources:
            is_item = part[1] or _ITEM.fullmatch(part[0])
            self._in_sources = self._space.count("\n") < 2 or bool(is_item)
        elif starts_line and (head := _SOURCES.fullmatch(part[0].strip("*_"))):
            self._in_sources = bool(head[1]) or behind in ("", "\n")
            self._takes_sources = not any(line.markers for line in self._lines)
        return self._in_sources

    def _write(self, word: str, shown: str = "") -> None:
        """A word of the text itself, with the white space before it; the reader sees it as ``shown``."""
        if "\n" in self._space:
            self._end_line()
        line = self._lines[-1]
        if self._owed and not self._space:
            if not line.text:
                word = word.lstrip(":")  # "[1]: So it was." would define a link in Markdown
            if word.startswith("("):
                self._space = " "  # "[1](…)" would be one
        if not word:
            return
        if line.text and (self._space or (self._owed and word[0].isalnum())):
            line.text += " "
        line.text += word
        starts_word = bool(self._space)
        self._queue.append(self._space + (shown or word))
        self._space, self._dropped_space, self._owed = "", "", False
        if starts_word:
            self._decide_in_order(line)

    def _end_line(self) -> None:
        self._decide_in_order(self._lines[-1], ended=True)
        self._lines.append(Line(self._space))
        self._owed = False

    def _read_marker(self, written: str, cited: str) -> None:
        numbers = numbers_of(cited, len(self._matches))
        self._space = self._space or self._dropped_space
        before, newline, _ = self._space.rpartition("\n")
        line = self._lines[-1]
        if self._is_matter(written, bool(numbers)):
            number = written[1:-1].strip()
            is_like_citation = number.isdigit() and int(number) < _LIKE_A_CITATION
            self._write(written, f"\\[{number}\\]" if is_like_citation else "")  # Markdown for plain brackets
        elif numbers:
            if newline:
                self._end_line()
            self._add_marker(written, [number - 1 for number in numbers])
        elif found := support.repair("" if newline else self._clause(line, len(line.text)), (), self._matches):
            self._add_marker(written, [self._matches.index(found)], repaired=True)
        else:
            # The space before a dropped marker goes with it.
            self._dropped_space, self._space = self._space, before + newline

    def _is_matter(self, written: str, known: bool) -> bool:
        """Whether a bracketed number belongs to a quotation: the source has it there, or it can be nothing else."""
        line = self._lines[-1].text
        if not quotations.is_open(line):
            return False
        start, end = quotations.quotations(line)[-1]
        words = quotations.fold(line[max(start, end - 12) : end] + self._space + written).text
        return not known or any(words in quotations.fold(match.text).text for match in self._matches)

    def _add_marker(self, written: str, passages: list[int], *, repaired: bool = False) -> None:
        line = self._lines[-1]
        if self._owed and line.markers:  # "[1] [2]" cite for the same words
            space, leading = "", line.markers[-1].leading
        else:
            leads = bool(line.markers) and line.markers[0].leading and _ENDED.search(line.text) is not None
            space, leading = self._space, leads or not line.text
        marker = Marker(len(line.text), passages, space, leading, written, repaired=repaired)
        line.markers.append(marker)
        self._queue.append(marker)
        self._space, self._dropped_space, self._owed = "", "", True
        self._decide_in_order(line)

    # Which words a marker stands for.

    def _decide_in_order(self, line: Line, *, ended: bool = False) -> None:
        """Decides the line's markers as far as its text tells what they stand for; all of them when it has ended.

        One that waits for the rest of its sentence holds up those behind it, so that numbers count upwards.
        """
        for marker in line.markers:
            if marker.numbers is None:
                statements = self._cited_for(marker, line, ended=ended)
                if statements is None:
                    return
                self._decide(marker, [other for other in line.markers if other.offset == marker.offset], statements)

    def _cited_for(self, marker: Marker, line: Line, *, ended: bool) -> list[str] | None:
        """The statements that a marker stands for; ``None`` while they are not known."""
        spans = list(statement_spans(line.text))
        if not marker.leading and (clause := self._clause(line, marker.offset)):
            is_first_of_many = line.markers[0].offset == line.markers[-1].offset and len(spans) > 1
            if not is_first_of_many or spans[0][1] >= marker.offset:
                return [clause]
            if not ended:
                return None
            return [line.text[slice(*span)] for span in spans] if line.cites_for_all() else [clause]
        index = sentence_of(marker, line.text, spans)
        if index is not None and (ended or index < len(spans) - 1):
            return [line.text[slice(*spans[index])]]
        if not ended:
            return None
        # A line of markers cites for the paragraph before it.
        text = next((other.text for other in reversed(self._lines) if other.text), "")
        return [text[slice(*span)] for span in statement_spans(text)] or [""]

    def _clause(self, line: Line, offset: int) -> str:
        """The words before a marker that it stands for, or nothing if they are too few to tell."""
        text = line.text[:offset]
        spans = list(statement_spans(text))
        start = spans[-1][0] if spans else 0
        earlier = [other.offset for other in line.markers if start < other.offset < offset]
        clauses = (text[begin:] for begin in (max(earlier, default=start), start))
        return next((clause for clause in clauses if len(content_words(clause)) >= ENOUGH_WORDS), "")

    def _decide(self, marker: Marker, together: Sequence[Marker], statements: Sequence[str]) -> None:
        """Gives a marker its numbers: those of the words of its passages that carry the statements.

        ``together`` are the markers of the same place: a number stands there once.
        """
        statement = statements[-1]
        if len(content_words(statement)) >= ENOUGH_WORDS and not marker.repaired:
            cited = dict.fromkeys(index for other in together for index in other.passages)
            if found := support.repair(statement, [self._matches[index] for index in cited], self._matches):
                marker.passages, marker.repaired = [self._matches.index(found)], True
        taken = {number for other in together for number in other.numbers or ()}
        numbers = dict.fromkeys(
            number for each in statements for index in marker.passages for number in self._numbered(index, each)
        )
        marker.numbers = tuple(number for number in numbers if number not in taken)

    def _numbered(self, index: int, statement: str) -> Iterator[int]:
        """The numbers of the words of a passage that carry a statement."""
        match = self._matches[index]
        for span in support.locate(statement, match.text):
            start, end = match.start + span[0], match.start + span[1]
            quote = match.article.text[start:end]
            number = len(self._citations) + 1
            citation = Citation(number, quote, start, end, match.article, match.passage)
            yield self._citations.setdefault((match.article.id, start, end), citation).number

    def _show(self) -> str:
        """Moves what is decided to the reader: up to the first marker that waits."""
        certain = ""
        while self._queue:
            part = self._queue[0]
            if isinstance(part, Marker):
                if part.numbers is None:
                    break
                part = part.space + "".join(f"[{number}]" for number in part.numbers)
            certain += part
            self._queue.popleft()
        self.text += certain
        return certain
