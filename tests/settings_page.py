"""``python -m tests.settings_page``: writes ``assistant/SETTINGS.md`` from the fields of ``Settings``."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from pathlib import Path

from pydantic_core import PydanticUndefined

from assistant.settings import Settings

PAGE = Path(__file__).parent.parent / "assistant" / "SETTINGS.md"


def page() -> str:
    """The page as it should be: a row for each setting, with its default and what its docstring says."""
    body = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body[0]
    assert isinstance(body, ast.ClassDef)
    said = {
        field.target.id: " ".join(doc.value.value.split())
        for field, doc in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(doc, ast.Expr)
        and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }
    lines = [
        "# Settings",
        "",
        "Read from the environment; in Python, `Settings(name=…)` outweighs it. This page is made from",
        "`assistant/settings.py` by `python -m tests.settings_page`.",
        "",
        "| variable | in Python | default | what it is |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", PydanticUndefined) or field.default == {} else f"`{field.default}`"
        what = said[name].replace("``", "`").replace("|", r"\|")
        lines.append(f"| `{field.validation_alias}` | `{name}` | {default} | {what} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
