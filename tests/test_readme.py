"""The README's commands and code blocks do what it says, on the starter articles."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.__main__ import main
from tests import settings_page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(program: str, text: str = README) -> list[list[str]]:
    lines = "\n".join(blocks("sh", text)).splitlines()
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


@pytest.mark.parametrize("code", blocks("python")[1:], ids=lambda code: code.splitlines()[-1].strip())
def test_each_python_block_of_the_readme_runs(place: Path, code: str) -> None:
    assert run(place, "-c", code).strip()


def test_the_first_example_answers_with_the_day_of_the_landing(place: Path) -> None:
    printed = run(place, "-c", blocks("python")[0])
    assert "[1]" in printed
    assert "2023-08-23 Starter Library, Space desk" in printed


def test_each_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {line[0] for text in (README, CONTRIBUTING) for line in commands("make", text)}
    assert named
    assert named <= targets


def test_the_line_that_brings_the_weights_is_the_one_that_the_error_names() -> None:
    from vectorstore.embedding.weights import MINILM_INSTALL

    assert MINILM_INSTALL in README


def test_each_variable_that_is_exported_is_a_setting() -> None:
    from assistant.settings import Settings

    exported = {line[0].partition("=")[0] for line in commands("export")}
    known = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert exported
    assert exported <= known


def test_each_setting_is_documented() -> None:
    from assistant.settings import Settings

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
