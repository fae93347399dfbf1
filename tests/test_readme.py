"""What the README and the pages of the documentation say to type does what they say, on the starter articles."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from assistant import Assistant
from assistant.__main__ import main
from assistant.cli.commands import app
from assistant.settings import Settings
from tests import docs, settings_page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(docs.PAGES.glob("*.md"))}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(program: str, text: str = README, language: str = "sh") -> list[list[str]]:
    lines = "\n".join(blocks(language, text)).splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[1:] for line in words if line and line[0] == program]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a fresh clone to someone who types the README's lines."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "seeds").symlink_to(ROOT / "seeds")
    run(folder, "-m", "assistant", "add", "seeds/")
    return folder


def run(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("arguments", commands("assistant"), ids=" ".join)
def test_each_command_of_the_readme_works(
    place: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", [name for name, text in PAGES.items() if blocks("sh", text)])
def test_the_commands_of_a_page_work_one_after_the_other(
    place: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those in blocks of ``sh``. What needs a server, a network or a terminal stands in blocks of ``console``."""
    folder = shutil.copytree(place, tmp_path / "here", symlinks=True)
    monkeypatch.chdir(folder)
    for file, content in re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```', PAGES[name], re.MULTILINE | re.DOTALL):
        Path(file).write_text(content, encoding="utf-8")
    lines = "\n".join(blocks("sh", PAGES[name])).split("\n")
    assert all(line.startswith("assistant ") for line in lines if line)
    for arguments in commands("assistant", PAGES[name]):
        assert main(arguments) == 0, arguments


@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)
def test_the_other_commands_of_a_page_exist_with_their_options(text: str) -> None:
    for arguments in commands("assistant", text, "console"):
        command, rest = get_command(app), list(takewhile(">".__ne__, arguments))
        while isinstance(command, TyperGroup):
            command = command.commands[rest.pop(0)]
        assert command.make_context("assistant", rest)
    exported = {word.partition("=")[0] for line in commands("export", text, "console") for word in line}
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert {name for name in exported if not name.startswith("OTEL_")} <= known
    assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets()


def test_the_form_of_an_answer_is_the_one_that_is_documented(place: Path) -> None:
    with Assistant.open(place / "library", read_only=True) as desk:
        answer = desk.ask("When did India land a spacecraft on the Moon?").to_dict()
    assert _form(json.loads(blocks("json", PAGES["answer"])[0])) == _form(answer)


def _form(value: Any) -> Any:
    """The names in a JSON value; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: _form(each) for name, each in value.items()}
    return _form(value[0]) if isinstance(value, list) and value and isinstance(value[0], dict) else None


def test_every_page_is_in_the_navigation_and_every_error_has_its_messages() -> None:
    made = docs.made()
    listed = set(re.findall(r"- ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {f"{name}.md" for name in PAGES} | set(made)
    assert "## LibraryInUse" in made["errors.md"]
    assert "Close it first" in made["errors.md"]
    assert "refused the key" in made["errors.md"]


@pytest.mark.parametrize("code", blocks("python")[1:], ids=lambda code: code.splitlines()[-1].strip())
def test_each_python_block_of_the_readme_runs(place: Path, code: str) -> None:
    assert run(place, "-c", code).strip()


def test_the_first_example_answers_with_the_day_of_the_landing(place: Path) -> None:
    printed = run(place, "-c", blocks("python")[0])
    assert "[1]" in printed
    assert "2023-08-23 Starter Library, Space desk" in printed


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_each_make_target_that_is_named_exists() -> None:
    named = {line[0] for text in (README, CONTRIBUTING) for line in commands("make", text)}
    assert named
    assert named <= targets()


def test_the_line_that_brings_the_weights_is_the_one_that_the_error_names() -> None:
    from vectorstore.embedding.weights import MINILM_INSTALL

    assert MINILM_INSTALL in README


def test_each_variable_that_is_exported_is_a_setting() -> None:
    exported = {line[0].partition("=")[0] for line in commands("export")}
    known = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert exported
    assert exported <= known


def test_each_setting_is_documented() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page()  # python -m tests.settings_page
    assert all(f"`{field.validation_alias}`" in settings_page.page() for field in Settings.model_fields.values())


def test_each_folder_is_in_the_picture_and_none_that_is_gone() -> None:
    named = set(re.findall(r"`((?:assistant|vectorstore|ui)/(?:\w+/)*)`", README))
    folders = {path.parent for package in ("vectorstore", "assistant", "ui") for path in (ROOT / package).rglob("*.py")}
    folders |= {ROOT / "ui" / "static", ROOT / "ui" / "templates"}
    assert named == {f"{folder.relative_to(ROOT).as_posix()}/" for folder in folders}


def test_files_and_pictures_that_are_linked_exist() -> None:
    targets = re.findall(r"\]\(((?!http)[^)]+)\)", README)
    assert targets
    for target in targets:
        assert (ROOT / target).is_file(), target
