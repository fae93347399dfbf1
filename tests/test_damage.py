"""What a failing disk does to the files of a library: no process ends, no wrong answer, each damage is named.

Each damage is a number, from which the file, the place and the kind follow. They are tried one after another in a child
process, which only a damage that ends it makes us start again.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.history.conversations import Conversations
from assistant.types import Answer
from tests.vectorstore.helpers import HashedEmbeddings, made_article, made_articles, own_sentence
from vectorstore.errors import LibraryError
from vectorstore.library import Library
from vectorstore.types import TimeScope

_COUNT = 12
"""Articles of the library."""

_KINDS = ("flip", "zero", "cut", "swap")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "library"
    with Library.open(folder, embeddings=HashedEmbeddings()) as library:
        library.add_articles(made_articles(_COUNT))
        library.add_articles([made_article(3, edition=2)])
    with Conversations(folder) as store:
        for number in range(_COUNT):
            turn = store.begin("", f"Question {number}?").turn
            store.finish(
                "", turn, Answer(f"Question {number}?", own_sentence(number), (), (), TimeScope(), "extractive")
            )
    return folder


def test_twenty_damages_end_no_process_and_are_named(whole: Path) -> None:
    _demand(_tried(whole, range(20)))


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_two_hundred_damages_end_no_process_and_are_named(whole: Path) -> None:
    _demand(_tried(whole, range(1_000, 1_200)))


def _demand(outcomes: dict[int, list[str]]) -> None:
    print(Counter(outcome[0] for outcome in outcomes.values()), json.dumps(outcomes, indent=1))
    assert [outcome for outcome in outcomes.values() if outcome[0] in ("ended", "raw", "wrong", "silent")] == []
    assert sum(outcome[0] == "named" for outcome in outcomes.values()) > len(outcomes) / 2


def _tried(whole: Path, seeds: range) -> dict[int, list[str]]:
    """For each seed what came of it, the damage, and what was said."""
    outcomes: dict[int, list[str]] = {}
    while waiting := [seed for seed in seeds if seed not in outcomes]:
        child = subprocess.run(
            [sys.executable, "-m", "tests.test_damage", str(whole), json.dumps(waiting)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        told = [json.loads(line) for line in child.stdout.splitlines() if line.startswith('["seed"')]
        outcomes.update((seed, outcome) for _, seed, outcome in told)
        if child.returncode:
            ended = waiting[len(told)]
            outcomes[ended] = ["ended", f"seed {ended}", str(child.returncode)]
    return outcomes


# -- in the child


def _main(whole: Path, seeds: list[int]) -> None:
    for seed in seeds:
        with tempfile.TemporaryDirectory() as scratch:
            library = Path(shutil.copytree(whole, Path(scratch) / "library"))
            damage = _damaged(library, random.Random(seed))
            differ = _rows(library) != _rows(whole)
            try:
                outcome = _outcome(library)
            except Exception:
                outcome = ["raw", traceback.format_exc()]
        if outcome == ["harmless"] and differ:
            outcome = ["silent"]
        print(json.dumps(["seed", seed, [outcome[0], damage, *outcome[1:]]]), flush=True)


def _damaged(library: Path, chance: random.Random) -> str:
    """Does what ``chance`` says to one file, and says what that was."""
    files = sorted(path for path in library.rglob("*") if path.is_file() and path.stat().st_size)
    large = [path for path in files if path.suffix == ".sqlite3"]
    path = chance.choice(large if chance.random() < 0.6 else files)
    before = path.read_bytes()
    while path.read_bytes() == before:  # zeros are zeroed, or equals swapped
        place, kind = _damage(path, chance)
    return f"{kind} {path.relative_to(library)} at {place}"


def _damage(path: Path, chance: random.Random) -> tuple[int, str]:
    kind = chance.choice(_KINDS)
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    length = min(chance.choice((16, 512, 4_096)), len(content))
    if kind == "flip":
        content[place] ^= 1 << chance.randrange(8)
    elif kind == "zero":
        content[place : place + length] = bytes(len(content[place : place + length]))
    elif kind == "cut":
        del content[chance.choice((0, place)) :]
    else:
        other = chance.randrange(len(content))
        one, two = content[place : place + length], content[other : other + length]
        content[place : place + len(two)] = two
        content[other : other + len(one)] = one
    path.write_bytes(bytes(content))
    return place, kind


def _rows(library: Path) -> list[object]:
    """All that stands in the two databases, as far as SQLite reads it."""
    rows: list[object] = []
    for name in ("catalogue.sqlite3", "conversations.sqlite3"):
        with suppress(sqlite3.Error, UnicodeError), closing(sqlite3.connect(library / name)) as connection:
            connection.text_factory = bytes
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            for (table,) in tables:
                rows.append([table, connection.execute(f"SELECT * FROM {table.decode(errors='replace')}").fetchall()])
    return rows


def _outcome(folder: Path) -> list[str]:
    """``named`` with what was said, ``harmless`` when all is as it was, or ``wrong`` with what was told instead."""
    said: list[str] = []
    for read_only in (True, False):
        try:
            with Library.open(folder, embeddings=HashedEmbeddings(), read_only=read_only) as library:
                said += library.notices
                wrong = [number for number in range(_COUNT) if not _answers(library, number, said)]
                said += [problem.what for problem in library.check().problems]
                if wrong and not said:
                    return ["wrong", f"articles {wrong}, read only: {read_only}"]
        except LibraryError as error:
            said.append(str(error))
    try:
        with Conversations(folder) as store:
            said += store.notices
            texts = []
            for each in store.conversations(""):
                for turn in store.conversation("", each.id).turns:
                    said += [turn.problem] if turn.problem else []
                    texts += [turn.text] if turn.state == "complete" else []
            if not set(texts) <= {own_sentence(number) for number in range(_COUNT)}:
                return ["wrong", *texts]
            if len(texts) < _COUNT and not said:
                return ["wrong", f"{len(texts)} conversations"]
    except AssistantError as error:
        said.append(str(error))
    return ["named" if said else "harmless", *dict.fromkeys(said)]


def _answers(library: Library, number: int, said: list[str]) -> bool:
    article = made_article(number, edition=2 if number == 3 else 1)
    try:
        found = library.search(own_sentence(number), k=1)
    except LibraryError as error:
        said.append(str(error))
        return True
    if [match.article.id for match in found] != [article.id]:
        return False
    told = found[0].article
    if (told.text, told.title, told.published, told.source) != (
        article.text,
        article.title,
        article.published,
        article.source,
    ):
        raise AssertionError(f"another text was told of article {number}")
    return True


if __name__ == "__main__":
    _main(Path(sys.argv[1]), json.loads(sys.argv[2]))
