"""The catalogue of Ukrainian holds exactly what the program says, whole; and what is said keeps its template."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import string
from datetime import date

import pytest
from pydantic import TypeAdapter

from assistant.messages import translator
from tests.messages import ERRORS, ROOT, said, translated
from vectorstore.errors import LibraryBusy
from vectorstore.messages import Message, MessageText, from_json, to_json

SAID = Message.joined(
    Message("The library holds {articles}.", articles=Message.plural("{count} article", "{count} articles", 1204)),
    Message("Published on {day}.", day=date(2024, 9, 2)),
    "Plain {text}.",
)
ENGLISH = "The library holds 1,204 articles. Published on 2 September 2024. Plain {text}."


def test_the_catalogue_holds_what_is_said_and_nothing_else() -> None:
    """``python -m tests.messages`` adds what is new, empty, and takes out what nobody says any more."""
    used = {message.id for message in said() if message.id}
    held = {message.id for message in translated() if message.id}
    assert (sorted(map(str, used - held)), sorted(map(str, held - used))) == ([], [])


def test_everything_is_translated_with_the_same_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for message in translated():
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[-1]
        ukrainian = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        assert not message.fuzzy, english
        assert all(ukrainian), english
        assert all(fields(each) == fields(english) for each in ukrainian), english
        assert isinstance(message.id, str) or len(ukrainian) == 3, english


def test_no_message_of_an_error_is_put_together_outside_of_its_template() -> None:
    """Such a text has no template to be translated by."""
    takes = {**dict.fromkeys((*ERRORS, "Message"), 0), "SourceRefused": 1, "Refusal": 1}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("vectorstore", "assistant")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in takes
        if isinstance(next(iter(node.args[takes[node.func.id] :]), None), ast.JoinedStr | ast.BinOp)
    ]
    assert found == []


def test_a_message_is_said_in_the_language_of_its_reader() -> None:
    assert SAID == ENGLISH
    assert translator("en").gettext(SAID) == ENGLISH
    assert translator("uk").gettext(SAID) == "У бібліотеці 1\xa0204 статті. Опубліковано 2 вересня 2024. Plain {text}."
    assert translator("uk").gettext("Something new went wrong.") == "Something new went wrong."


@pytest.mark.parametrize("form", ["json", "pickle", "copy", "pydantic", "error"])
def test_a_template_survives_wherever_a_message_goes(form: str) -> None:
    kept = TypeAdapter(MessageText)
    back: str = {
        "json": lambda: from_json(json.loads(json.dumps(to_json(SAID)))),
        "pickle": lambda: pickle.loads(pickle.dumps(SAID)),
        "copy": lambda: copy.deepcopy(SAID),
        "pydantic": lambda: kept.validate_python(json.loads(json.dumps(kept.dump_python(SAID, mode="json")))),
        "error": lambda: str(LibraryBusy(SAID)),
    }[form]()  # type: ignore[no-untyped-call]
    assert back == SAID
    assert translator("uk").gettext(back) == translator("uk").gettext(SAID)


def test_what_older_versions_stored_is_read_as_it_is_and_what_is_no_message_is_refused() -> None:
    assert from_json(ENGLISH) == ENGLISH
    for stored in (None, 3, {}, {"template": "{x}", "many": "", "values": {"y": 1}}):
        with pytest.raises(ValueError, match="no stored message"):
            from_json(stored)
