"""``python -m tests.messages``: brings ``assistant/messages/uk.po`` up to date with what the program says."""

from __future__ import annotations

import ast
import io
from collections.abc import Container, Iterator
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import ui.app  # noqa: F401 - brings the page's errors, which are kinds of ``AssistantError``
from assistant.errors import AssistantError
from vectorstore.errors import LibraryError

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "assistant" / "messages" / "uk.po"


def _kinds(error: type[Exception]) -> Iterator[str]:
    """The name of ``error``, and of those below it."""
    yield error.__name__
    for kind in error.__subclasses__():
        yield from _kinds(kind)


ERRORS = (*_kinds(LibraryError), *_kinds(AssistantError))
KEYWORDS = {
    **dict.fromkeys(ERRORS),
    **dict.fromkeys(("Message", "_", "gettext")),
    **dict.fromkeys(("ngettext", "plural"), (1, 2)),
    "SourceRefused": (2,),
}
"""Whatever takes a template, and which of its arguments the template is."""

METHODS = (("**.py", "tests.messages:from_python"), ("**.html", "jinja2"), ("**.jinja", "jinja2"))


def from_python(
    file: BinaryIO, keywords: Container[str], comment_tags: object, options: object
) -> Iterator[tuple[int, str, list[str | None], list[str]]]:
    """What Babel asks of a reader of files; its own reader of Python overlooks calls inside of calls."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call):
            name = str(getattr(node.func, "attr", getattr(node.func, "id", "")))
            if name in keywords:
                texts = [getattr(argument, "value", None) for argument in node.args]
                yield node.lineno, name, [text if isinstance(text, str) else None for text in texts], []


def said() -> Catalog:
    """Every message of the three packages, with the files that say it."""
    template = Catalog()
    for package in ("vectorstore", "assistant", "ui"):
        for file, line, message, _, _ in extract_from_dir(ROOT / package, METHODS, keywords=KEYWORDS):
            template.add(message, locations=[(f"{package}/{file}", line)])
    return template


def translated() -> Catalog:
    """``uk.po`` as it stands."""
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="uk")


def brought_up_to_date() -> str:
    """``uk.po`` with new messages, empty, and without those that nobody says any more; its header is kept."""
    catalogue = translated()
    catalogue.update(said(), no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(written, catalogue, 120, omit_header=True, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    header = CATALOGUE.read_text(encoding="utf-8").partition("\n\n")[0]
    return f"{header}\n\n{written.getvalue().decode().strip()}\n"


if __name__ == "__main__":
    CATALOGUE.write_text(brought_up_to_date(), encoding="utf-8")
    left = sum(not all(message.string or [""]) for message in translated() if message.id)
    print(f"{CATALOGUE}: {left} messages are left to translate.")
