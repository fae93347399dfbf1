"""Exports of three made articles each, in the words of ``exports.toml``, and what is read of them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import Header
from email.utils import format_datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from vectorstore.sources import read
from vectorstore.types import Article, Refusal

OUTLET, SITE = "Sund Post", "sundpost.example"
_SAID = {
    "uk": ("Міст через Десну в місті {n} відкрили", "Роботи коштували {n} мільйонів гривень, на 5 % менше."),
    "de": ("Fähre nach Größenau hat {n} Plätze", "„Für {n} Gäste & Räder genügt das“, sagte Jörg Böhm."),
    "en": ("Harbour “pilot”: {n} boats & one ferry", 'The mayor said: "It\'s < {n} boats", and went; nobody agreed.'),
}
_MORE = "Dr. Müller rechnet mit {n}.000 Euro – ohne Fördermittel wird es nichts.", "Її відкрили о 9:30, сказав мер."
PAGE = (
    "<html><head><title>{title}</title><meta property='og:site_name' content='{outlet}'><meta name='date' "
    "content='{day}'></head><body><article><h1>{title}</h1>{html}</article></body></html>"
)


@dataclass(frozen=True, slots=True)
class Story:
    title: str
    paragraphs: tuple[str, str]
    day: date
    number: int
    index: int

    @property
    def url(self) -> str:
        return f"https://www.{SITE}/{self.day:%Y}/story-{self.number}"

    def values(self) -> dict[str, str]:
        """What a template may name, not yet escaped."""
        moment = datetime(self.day.year, self.day.month, self.day.day, 9, 30, tzinfo=UTC)
        html = "".join(f"<p>{escape(each)}</p>\n" for each in self.paragraphs)
        text, day = "\n\n".join(self.paragraphs), self.day
        page = PAGE.format(title=escape(self.title), outlet=OUTLET, day=day, html=html)
        return {
            "title": self.title, "plaintitle": self.title, "titlehtml": escape(self.title).replace("“", "&#8220;"),
            "text": text, "mdtext": re.sub(r"([*_<&])", r"\\\1", text), "html": html, "rawhtml": html,
            "lead": self.paragraphs[0], "second": self.paragraphs[1], "outlet": OUTLET, "author": "Ann Lee",
            "url": self.url, "n": str(self.number), "index": str(self.index + 1), "day": day.isoformat(),
            "year": str(day.year), "month": str(day.month), "mm": f"{day:%m}", "dayofmonth": str(day.day),
            "ms": str(int(moment.timestamp()) * 1000), "seconds": str(int(moment.timestamp())),
            "rfc": format_datetime(moment), "american": f"{day:%B} {day.day}, {day.year}",
            "spelled": f"{day.day} {day:%B} {day.year}", "dotted": f"{day:%d.%m.%Y}", "slashed": f"{day:%m/%d/%Y}",
            "encodedtitle": Header(self.title, "utf-8").encode(), "base64": base64.encodebytes(text.encode()).decode(),
            "base64html": base64.encodebytes(html.encode()).decode(),
            "base64page": base64.encodebytes(page.encode()).decode(),
        }  # fmt: skip


def stories(number: int, languages: str) -> list[Story]:
    """Three articles that no other export has; in Ukrainian and English alone where an encoding has only these."""
    made = []
    for at, language in enumerate((languages.split() * 3)[:3]):
        n = 120 + 3 * number + at
        title, said = (each.format(n=n) for each in _SAID[language])
        more = _MORE[language == "uk"].format(n=n)
        # Both halves of the month, so that some days can be read in one way only.
        made.append(Story(title, (said, more), date(2021 + n % 4, 1 + n % 12, 1 + n % 28), n, at))
    return made


def escaped(name: str, key: str, value: str) -> str:
    """A value as the format of the file ``name`` holds it."""
    if key.startswith(("raw", "plain", "base64", "encoded", "md")):
        return value
    if name.endswith((".json", ".jsonl")):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if name.endswith((".csv", ".csv.gz", ".tsv")):
        return value.replace('"', '""')
    if name.endswith((".xml", ".rss", ".rdf", "pages.zip")):
        return value if name == "pages.zip" and key == "html" else escape(value)
    if name.endswith(".rtf"):
        return re.sub(r"[^\x00-\x7f]", lambda found: rf"\u{ord(found[0])}?", value)
    return value.replace("'", "''") if name == "hugo.zip" and key == "title" else value


def made(name: str, form: dict[str, Any], given: list[Story]) -> bytes:
    """The export ``name`` of these articles."""
    values = [{key: escaped(name, key, value) for key, value in story.values().items()} for story in given]
    if "one" in form:
        return zipped({Template(form["one"]).substitute(each): _single(form["row"], each) for each in values})
    if "columns" in form:
        columns = {
            column: "{" + ",".join(f'"{at}":{Template(cell).substitute(each)}' for at, each in enumerate(values)) + "}"
            for column, cell in form["columns"].items()
        }
        return ("{" + ",".join(f'"{column}":{cells}' for column, cells in columns.items()) + "}").encode()
    rows = [Template(form["row"]).substitute(each) for each in values]
    between, ends = ("", ("", ""))
    if name.endswith(".json"):
        between, ends = ",", ("", "") if "head" in form else ("[", "]")
    elif name.endswith((".jsonl", ".csv", ".csv.gz", ".tsv")):
        between = "\n"
    text = form.get("head", ends[0]) + between.join(rows) + form.get("foot", ends[1])
    data = text.encode(form.get("encoding", "utf-8"))
    return gzip.compress(data) if name.endswith(".gz") else data


def _single(row: str, values: dict[str, str]) -> bytes | str:
    if row == "docx":
        return docx(values)
    if row == "odt":
        return odt(values)
    return epub(values) if row == "epub" else Template(row).substitute(values)


def zipped(files: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DC = "http://purl.org/dc/elements/1.1/"


def docx(of: dict[str, str]) -> bytes:
    """A Word document whose sentences are cut into runs, as Word itself does it."""
    runs = [of["lead"][:9], of["lead"][9:]]
    first = "".join(f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(run)}</w:t></w:r>' for run in runs)
    second = f"<w:r><w:t>{escape(of['second'])}</w:t></w:r>"
    title = f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>{escape(of["title"])}</w:t></w:r></w:p>'
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    core = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    return zipped({
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="rId1" Type="{kind}" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{title}<w:p>{first}</w:p><w:p>{second}</w:p>'
        "<w:sectPr/></w:body></w:document>",
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="{_DC}" xmlns:dcterms='
        f'"http://purl.org/dc/terms/"><dc:title>{escape(of["title"])}</dc:title><dcterms:created>{of["day"]}T09:30:00Z'
        "</dcterms:created></cp:coreProperties>",
    })  # fmt: skip


def odt(of: dict[str, str]) -> bytes:
    spaces = " ".join(f'xmlns:{name}="{_OPEN}:{name}:1.0"' for name in ("office", "text", "meta"))
    body = f'<text:h text:outline-level="1">{escape(of["title"])}</text:h>' + "".join(
        f'<text:p text:style-name="P1"><text:span>{escape(each[:7])}</text:span>{escape(each[7:])}</text:p>'
        for each in (of["lead"], of["second"])
    )
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>",
        "meta.xml": f'<office:document-meta {spaces} xmlns:dc="{_DC}"><office:meta><dc:title>{escape(of["title"])}'
        f"</dc:title><meta:creation-date>{of['day']}T09:30:00</meta:creation-date></office:meta></office:document-meta>",
    })  # fmt: skip


def epub(of: dict[str, str]) -> bytes:
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf" version="2.0"><metadata xmlns:dc="{_DC}"><dc:title>'
        f"{escape(of['title'])}</dc:title><dc:publisher>{OUTLET}</dc:publisher><dc:date>{of['day']}</dc:date></metadata>"
        '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    chapter = f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{of["html"]}</body></html>'
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path='
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": f'{container}"E/c.opf"/></rootfiles></container>',
        "E/c.opf": package,
        "E/a.xhtml": chapter,
    })  # fmt: skip


def exports() -> Iterator[tuple[str, dict[str, Any], list[Story]]]:
    forms = tomllib.loads((Path(__file__).parent / "exports.toml").read_text(encoding="utf-8"))
    for number, (name, form) in enumerate(forms.items()):
        yield name, form, stories(number, form.get("languages", "uk de en"))


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    asked: int
    lost: int
    """Articles that neither came nor were refused."""
    wrong: tuple[str, ...]


def scored(folder: Path, name: str, form: dict[str, Any], given: list[Story]) -> Score:
    """How much of an export is read rightly: of each article its text, title, day and outlet."""
    path = folder / name
    path.write_bytes(made(name, form, given))
    found = list(read(path))
    articles = [item for item in found if isinstance(item, Article)]
    refusals = [item for item in found if isinstance(item, Refusal)]
    if form.get("refused"):
        wrong = [f"{name}: stored, though it has no text: {article.text[:60]!r}" for article in articles]
        return Score(0, 0, 0 if refusals else len(given), tuple(wrong))
    outlet = {"name": OUTLET, "host": SITE, "none": ""}[form.get("outlet", "name")]
    right, wrong = 0, []
    for story in given:
        text = story.paragraphs[0] if form.get("text") == "lead" else "\n\n".join(story.paragraphs)
        article = next(
            (each for each in articles if story.paragraphs[0][:12] in each.text and str(story.number) in each.text),
            None,
        )
        wanted = {"text": text, "title": story.title, "published": story.day, "source": outlet or None}
        if not form.get("title", True):
            del wanted["title"]
        for field, value in wanted.items():
            got = getattr(article, field, "nothing")
            if (got or None) == value:
                right += 1
            else:
                wrong.append(f"{name}: {field} is {got!r}, not {value!r}")
    wrong += [f"{name}: refused: {each.source}: {each.reason}" for each in refusals] if wrong else []
    fields = 4 if form.get("title", True) else 3
    lost = max(0, len(given) - len(articles) - len(refusals))
    return Score(right, fields * len(given), lost, tuple(wrong))
