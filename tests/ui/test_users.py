"""Who may come in: the file of users and their passwords."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.quick import hash_quickly
from ui import users
from ui.users import User, Users, UsersRefused, hashed

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_quickly(monkeypatch)


def of_one(stored: str) -> Users:
    return Users([(User("Anna", "editor"), stored)])


OF_EARLIER = "$scrypt$ln=10,r=8,p=1$nF/ALeDN6yW+KZnc9kELew$ZSLCNv7J0tNVO6Y+WzbtPI+kfaPyR6G0m0WYhMY93Cw"
"""Of ``café au lait``, made by the version before argon2."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    path.write_text(f"# who may come in\n\nAnna:editor:{hashed(PASSWORD)}\nборис:reader:{hashed('пароль до архіву')}\n")
    return path


# -- passwords


TYPED = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)


@given(TYPED, TYPED)
def test_a_hash_matches_its_password_alone(password: str, other: str) -> None:
    stored = hashed(password)
    assert of_one(stored).check("Anna", password)
    same = normalize("NFC", other) == normalize("NFC", password)
    assert (of_one(stored).check("Anna", other) is not None) == same
    assert hashed(password) != stored


def test_the_command_makes_hashes_as_argon2_recommends(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "ui.users", "Оксана", "--role", "editor"],
        input="пароль до архіву\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert made.stdout.startswith("Оксана:editor:$argon2id$v=19$m=65536,t=3,p=4$")
    assert "пароль" not in made.stdout
    (tmp_path / "users").write_text(made.stdout, encoding="utf-8")
    assert Users.read(tmp_path / "users").check("оксана", "пароль до архіву") == User("Оксана", "editor")


def test_the_same_password_typed_decomposed_is_the_same() -> None:
    assert of_one(hashed("caf\u00e9 au lait")).check("Anna", "cafe\u0301 au lait")


def test_a_hash_of_an_earlier_version_still_serves_and_is_replaced_at_a_login(tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    head, others = "\ufeff# who may come in\r\n", f"\r\nборис:reader:{hashed(PASSWORD)}\r\n"
    path.write_text(f"{head}Anna:editor:{OF_EARLIER}{others}", encoding="utf-8", newline="")
    known = Users.read(path)
    assert known.check("Anna", "cafe au lait") is None
    assert OF_EARLIER in path.read_text(encoding="utf-8")
    assert known.check("anna", "cafe\u0301 au lait") == User("Anna", "editor")
    written = path.read_bytes().decode()
    assert written.startswith(f"{head}Anna:editor:$argon2id$")
    assert written.endswith(others)
    for again in (known, Users.read(path)):
        assert again.check("Anna", "café au lait") == User("Anna", "editor")
        assert again.check("Anna", "cafe au lait") is None
    assert path.read_bytes().decode() == written


def test_a_file_that_cannot_be_written_or_was_changed_meanwhile_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    path.write_text(f"Anna:editor:{OF_EARLIER}\n")
    gone, changed = Users.read(path), Users.read(path)
    path.write_text("# Anna has left\n")
    assert changed.check("Anna", "café au lait")
    assert path.read_text() == "# Anna has left\n"
    path.unlink()
    assert gone.check("Anna", "café au lait")
    assert not path.exists()


@pytest.mark.parametrize("typed", ["short", "", "x" * 1_025])
def test_the_command_refuses_passwords_of_a_bad_length(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    assert users.main(["anna"]) == 1
    assert capsys.readouterr().out == ""


def test_the_command_refuses_names_that_the_file_could_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("", "a:b", " anna", "an\nna", "#anna", "x" * 65):
        assert users.main([name]) == 1
    assert "no colon" in capsys.readouterr().err


# -- the file


def test_users_are_read_with_their_roles(file: Path) -> None:
    known = Users.read(file)
    assert len(known) == 2
    assert known.check("Anna", PASSWORD) == User("Anna", "editor")
    assert known.check("anna", PASSWORD) == User("Anna", "editor")  # under the name of the file
    assert known.check("борис", "пароль до архіву") == User("борис", "reader")
    assert [User("a", "editor").may_edit, User("a", "reader").may_edit] == [True, False]


@pytest.mark.parametrize("name", ["Anna", "nobody", ""])
@pytest.mark.parametrize("password", ["", "correct", PASSWORD + "x", "пароль до архіву", PASSWORD * 200])
def test_nobody_comes_in_with_another_password(file: Path, name: str, password: str) -> None:
    assert Users.read(file).check(name, password) is None


def test_every_bad_line_is_refused_by_its_number(file: Path) -> None:
    good = hashed(PASSWORD)
    file.write_text(
        "\n".join(
            [
                "# head",
                f"anna:editor:{good}",
                "boris",
                f"clara:owner:{good}",
                "david:reader:password",
                f":reader:{good}",
                f"ANNA:reader:{good}",
                f"emma:reader:{good.replace('m=8', 'm=4000000')}",
                f"fedir:reader:{good[:-20]}",
                f"halyna:reader:{OF_EARLIER.replace('ln=10', 'ln=30')}",
                f"good:reader:{good}",
            ]
        ),
        encoding="utf-8",
    )
    with pytest.raises(UsersRefused) as refused:
        Users.read(file)
    assert [number for number, _ in refused.value.problems] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "line 4: the role is reader or editor, not 'owner'" in str(refused.value)
    assert good not in str(refused.value)
    assert "password'" not in str(refused.value)


def test_a_file_that_is_missing_empty_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nobody yet\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "empty", "bytes"):
        with pytest.raises(UsersRefused, match=name):
            Users.read(tmp_path / name)


@given(st.text())
def test_any_other_text_is_refused_and_nothing_else_is_raised(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode("utf-8", "replace"))
    with pytest.raises(UsersRefused):
        Users.read(path)


def test_an_unknown_name_takes_as_long_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever kind of hash the users have: the work is that of comparing with one of theirs."""
    asked: list[str] = []
    verify = users._hashers().verify_and_update

    def watched(password: bytes, stored: str) -> tuple[bool, str | None]:
        asked.append(stored)
        return verify(password, stored)

    monkeypatch.setattr(users._hashers(), "verify_and_update", watched)
    for stored in (hashed(PASSWORD), OF_EARLIER):
        known = of_one(stored)
        for password in ("wrong", PASSWORD, "café au lait"):
            assert known.check("nobody", password) is None
            made, key = asked.pop().rsplit("$", 1)
            assert made == stored.rsplit("$", 1)[0]
            assert len(key) == len(stored.rsplit("$", 1)[1])
