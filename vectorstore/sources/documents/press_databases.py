"""Text files that hold several articles, as press databases export them: Factiva, Nexis, LexisNexis, ProQuest.

Each has a line that only it writes between two articles ("1 of 2 DOCUMENTS", "End of Document", "Document ECHO00002…"),
unnamed lines around the day above an article, and named ones ("BYLINE: Ann Lee") above and below its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vectorstore.sources.fields import canonical
from vectorstore.text.dates import parse_day

# Named lines that are about an article, beside those that `fields` knows.
_ABOUT = frozenset(
    "abstract,links,subject,subjects,location,company,organization,person,people,geographic,industry,ticker,"
    "classification,section,length,dateline,highlight,graphic,notes,load-date,language,publication-type,journal code,"
    "journal-code,correction,correction-date,series,type,pages,volume,issue,copyright,edition,publication info,"
    "publication year,place of publication,country of publication,publication subject,issn,source type,"
    "language of publication,document type,proquest document id,last updated,database,credit,company / organization,"
    "identifier / keyword,proquest document link".split(",")
)
_NAMED = re.compile(r"([A-Za-z][\w()/ -]{2,35}?)\s*:(?:\s+|\Z)(.*)", re.DOTALL)
_UNNAMED_ABOUT = re.compile(
    r"(?:body|classification|graphic|notes|link to image|proquest document link)\Z|copyright\b|\(c\)|©", re.IGNORECASE
)
_COUNTED_WORDS = re.compile(r"[\d.,]+ (?:words|Wörter|mots|palabras|parole|palavras|woorden|слов|слів|słów)")
_BYLINE = re.compile(r"(?:by|von|par|por|di|door)\s", re.IGNORECASE)
_FACTIVA_CODE = re.compile(
    r"^(SE|HD|BY|CR|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|ART|CO|IN|NS|RE|IPC|IPD|PUB|AN)(?:[ \t]+|$)", re.MULTILINE
)
_HEAD_LINES = 12


def articles_in(text: str) -> list[tuple[int, dict[str, object] | None]]:
    """The articles of an export, each with the line it begins in and its fields, ``None`` where these are not clear.

    An empty list where ``text`` is no export.
    """
    for mark, outside, read in _FORMS:
        starts = [0, *(match.end() for match in mark.finditer(text))]
        if len(starts) > 1:
            ends = [*(match.start() for match in mark.finditer(text)), len(text)]
            found: list[tuple[int, dict[str, object] | None]] = []
            line = counted = 0
            for start, end in zip(starts, ends, strict=True):
                if chunk := text[start:end].lstrip():
                    line, counted = line + text.count("\n", counted, end - len(chunk)), end - len(chunk)
                    found.append((line + 1, read(chunk)))
            for place in outside:  # what the database says about its export
                if found and found[place][1] is None:
                    del found[place]
            if any(fields for _, fields in found):
                return found
    return []


def _paragraphs(text: str) -> list[list[str]]:
    """Paragraphs as lines without the spaces that centre them."""
    blocks = re.split(r"\n\s*\n", text)
    return [[line.strip() for line in block.split("\n") if line.strip()] for block in blocks if block.strip()]


def _about(paragraph: list[str]) -> dict[str, str] | None:
    """The named values of a paragraph that speaks about the article; ``None`` for one of its text."""
    values: dict[str, str] = {}
    name = ""
    for line in paragraph:
        match = _NAMED.match(line)
        if match and (match[1].lower() in _ABOUT or canonical(match[1])):
            name = match[1]
            values[name] = match[2]
        elif _UNNAMED_ABOUT.match(line):
            name = line
            values[name] = ""
        elif not name:
            return None
        else:
            values[name] += f" {line}"
    return values


def _parts(chunk: str) -> tuple[list[list[str]], dict[str, str], str]:
    """The unnamed paragraphs above an article's text, the named values above and below it, and the text.

    The text begins behind the name for it ("BODY:", "Full text:"), or else behind the first run of named lines.
    """
    paragraphs = _paragraphs(chunk)
    about = [_about(paragraph) for paragraph in paragraphs]
    text_at = next((n for n, each in enumerate(about) if each and "text" in map(canonical, each)), None)
    start = text_at if text_at is not None else next((n for n, each in enumerate(about) if each), len(about))
    while text_at is None and start < len(about) and about[start] is not None:
        start += 1
    end = len(about)
    while end > start + 1 and about[end - 1] is not None:
        end -= 1
    if text_at is not None:
        opening = about[text_at] or {}
        paragraphs[text_at] = [value for name, value in opening.items() if canonical(name) == "text" and value]
    unnamed = [lines for lines, each in zip(paragraphs[:start], about, strict=False) if each is None]
    values = {name: value for each in (*about[:start], *about[end:]) if each for name, value in each.items()}
    return unnamed, values, "\n\n".join(" ".join(lines) for lines in paragraphs[start:end] if lines)


def _nexis(chunk: str, *, title_first: bool) -> dict[str, object] | None:
    """An article of Nexis or ProQuest. Of its unnamed lines, the outlet stands before the day; the title, before both
    or last.
    """
    unnamed, values, text = _parts(chunk)
    # Under their own names: of a publication's title and its publisher, `fields` knows which is the outlet.
    named = {name: value for name, value in values.items() if name.lower() not in _ABOUT and canonical(name)}
    known = set(map(canonical, named))
    head = [line for lines in unnamed for line in lines][:_HEAD_LINES]
    day_at = next((n for n, line in enumerate(head) if parse_day(line)), None)
    if not text or (day_at is None and "published" not in known):
        return None
    if day_at is None:
        found = {"title": head[0] if head else ""}
    elif title_first:
        outlet = head[day_at - 1] if day_at > 1 else ""
        found = {"title": " ".join(head[: max(1, day_at - 1)]), "source": outlet, "published": head[day_at]}
    else:
        title = " ".join(unnamed[-1]) if unnamed[-1][-1] != head[day_at] else ""
        found = {"title": title, "source": head[day_at - 1] if day_at else "", "published": head[day_at]}
    found = {name: value for name, value in found.items() if name not in known}
    return {**found, **{name: value for name, value in named.items() if canonical(name) != "text"}, "text": text}


def _factiva(chunk: str) -> dict[str, object] | None:
    codes = _FACTIVA_CODE.split(chunk)
    if "HD" in codes[1::2] and {"LP", "TD"} & set(codes[1::2]):
        coded = dict(zip(codes[1::2], codes[2::2], strict=True))
        names = {"title": "HD", "authors": "BY", "published": "PD", "source": "SN"}
        text = "\n\n".join(coded.get(code, "").strip() for code in ("LP", "TD"))
        return {**{name: " ".join(coded.get(code, "").split()) for name, code in names.items()}, "text": text}
    lines = [line.strip() for line in chunk.strip().split("\n")]
    filled = [n for n, line in enumerate(lines) if line][:_HEAD_LINES]
    counted = next((place for place, n in enumerate(filled) if _COUNTED_WORDS.fullmatch(lines[n])), None)
    if not counted or len(filled) < counted + 4 or not parse_day(lines[filled[counted + 1]]):
        return None
    before = [lines[n] for n in filled[:counted]]
    authors = before.pop() if len(before) > 1 and _BYLINE.match(before[-1]) else ""
    after = filled[counted + 2 :]
    if re.match(r"\d{1,2}:\d{2}", lines[after[0]]):
        after = after[1:]
    rights = next((n for n in after if re.match(r"copyright|\(c\)|©", lines[n], re.IGNORECASE)), None)
    # Without that line the outlet's code and the language stand last.
    start = rights + 1 if rights is not None else next((n for n in after[1:] if len(lines[n]) > 25), after[-1])
    title = max(before, key=len)  # a page's or section's name may stand above it
    text = "\n".join(lines[start:])
    published, source = lines[filled[counted + 1]], lines[after[0]]
    return {"title": title, "authors": authors, "published": published, "source": source, "text": text}


def _old_nexis(chunk: str) -> dict[str, object] | None:
    return _nexis(chunk, title_first=False)


def _new_nexis(chunk: str) -> dict[str, object] | None:
    return _nexis(chunk, title_first=True)


# The line between two articles; where something else may stand before the first (0) or after the last (-1).
_FORMS: tuple[tuple[re.Pattern[str], tuple[int, ...], Callable[[str], dict[str, object] | None]], ...] = (
    (
        re.compile(
            r"^[ \t]*(?:Copyright [^\n]*\n\s*)?\d+ (?:of|von|de|di|van) \d+ DO[CK]UMENT\w*[ \t]*$", re.MULTILINE
        ),
        (0,),
        _old_nexis,
    ),
    (re.compile(r"^[ \t]*End of Document[ \t]*$", re.MULTILINE), (-1,), _new_nexis),
    (re.compile(r"^(?:AN)?[ \t]*Document [A-Z][A-Za-z0-9]{17,40}[ \t]*$", re.MULTILINE), (-1,), _factiva),
    (
        re.compile(
            r"^[ \t]*(?:_{20,}\s+)?Do[ck]ument[eo]? \d+ (?:of|von|de|di|van) \d+[ \t]*$|^[ \t]*_{20,}[ \t]*$",
            re.MULTILINE,
        ),
        (0, -1),
        _new_nexis,
    ),
)
