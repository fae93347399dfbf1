"""``python -m tests.docs``: puts the pages of the documentation together under ``build/docs``, for ``make docs``.

What can be made from the code is: the settings, the schema of an answer, and every error with its next step.
"""

from __future__ import annotations

import ast
import inspect
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from assistant.errors import AssistantError
from assistant.models import openai_errors
from assistant.types import Answer
from tests import settings_page
from tests.messages import ERRORS
from vectorstore.errors import LibraryError

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "assistant" / "docs"
BUILT = ROOT / "build" / "docs"


def made() -> dict[str, str]:
    """The pages that are made from the code, by their names."""
    schema = json.dumps(TypeAdapter(Answer).json_schema(mode="serialization"), indent=2, ensure_ascii=False)
    elsewhere = {"library.md": "vectorstore", "service.md": "assistant/service", "page.md": "ui"}
    answer = (PAGES / "answer.md").read_text(encoding="utf-8")
    return {
        **{name: (ROOT / folder / "README.md").read_text(encoding="utf-8") for name, folder in elsewhere.items()},
        "settings.md": settings_page.page(),
        "answer.md": f"{answer}\n```json\n{schema}\n```\n",
        "errors.md": "\n".join(_errors()),
    }


def _errors() -> Iterator[str]:
    yield from ("# Errors", "", "Each message names the thing and the next step. This page is made from the code.", "")
    said = messages_of_errors()
    for kind in (*_kinds(LibraryError), *_kinds(AssistantError)):
        yield from (f"## {kind.__name__}", "", *inspect.cleandoc(kind.__doc__ or "").splitlines(), "")
        yield from (f"- {_shown(text)}" for text in sorted(said.get(kind.__name__, ())))
        yield ""
    yield from ("## The chat model's server", "", "By the name of the fault, as in `fault` of an answer.", "")
    yield from (f"- `{fault}`: {_shown(message.template)}" for fault, message in openai_errors._SAID.items())


def _kinds(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds(kind)


def _shown(text: str) -> str:
    return text.replace("{", "*").replace("}", "*").replace("<", "&lt;")


def messages_of_errors() -> dict[str, set[str]]:
    """The templates of each kind of error, by its name, from where it is made."""
    found: dict[str, set[str]] = {}
    for package in ("vectorstore", "assistant", "ui"):
        for path in (ROOT / package).rglob("*.py"):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    for kind, text in _raised(function):
                        found.setdefault(kind, set()).add(text)
    return found


def _raised(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    assigned: dict[str, list[ast.expr]] = {}
    calls = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            calls.append((node.func.id, node.args[node.func.id == "SourceRefused" :]))
    for kind, arguments in calls:
        for argument in arguments[:1]:
            yield from ((kind, text) for text in _templates(argument, assigned) if text)


def _templates(value: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The templates that an expression may be, also by the name of what was assigned before."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Name):
        yield from (text for each in assigned.get(value.id, ()) for text in _templates(each, {}))
    elif isinstance(value, ast.Call) and value.args:
        name = getattr(value.func, "attr", getattr(value.func, "id", ""))
        if name == "joined":
            yield " ".join(text for each in value.args for text in _templates(each, assigned))
        elif name in ("Message", "plural"):
            yield from _templates(value.args[0], assigned)


def main() -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PAGES, BUILT)
    for name, text in made().items():
        (BUILT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
