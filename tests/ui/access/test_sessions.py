"""Sessions and wrong guesses: who is let in, for how long, and who has to wait."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ui.quick import hash_quickly
from ui.access import sessions
from ui.access.sessions import (
    ATTEMPTS_FOR_NAME,
    ATTEMPTS_HERE,
    FIRST_WAIT_SECONDS,
    FORGOTTEN_SECONDS,
    LONGEST_WAIT_SECONDS,
    SESSION_IDLE_SECONDS,
    SESSION_SECONDS,
    SESSIONS_OF_ONE,
    Door,
    LoginRefused,
    TooManyAttempts,
)
from ui.users import User, Users, hashed

HERE, THERE = "192.0.2.1", "192.0.2.2"
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_quickly(monkeypatch)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Door:
    users = ((User("Anna", "editor"), hashed(PASSWORD)), (User("борис", "reader"), hashed("пароль до архіву")))
    return Door(Users(users), clock=clock)


def guess(door: Door, name: str = "Anna", address: str = HERE) -> None:
    with pytest.raises(LoginRefused):
        door.log_in(name, "wrong password", address)


def test_a_session_is_known_by_its_token_until_it_is_logged_out(door: Door) -> None:
    user, token = door.log_in("anna", PASSWORD, HERE)
    other, second = door.log_in("борис", "пароль до архіву", HERE)
    assert (user, other) == (User("Anna", "editor"), User("борис", "reader"))
    assert (door.user(token), door.user(second)) == (user, other)
    for forged in (None, "", token[:-1], token + "=", token.swapcase(), "\ud800"):
        assert door.user(forged) is None
    door.log_out(token)
    door.log_out(token)
    door.log_out(None)
    assert (door.user(token), door.user(second)) == (None, other)


def test_tokens_are_long_never_the_same_and_not_kept(door: Door) -> None:
    tokens = [door.log_in("Anna", PASSWORD, HERE)[1] for _ in range(10)]
    assert len(set(tokens)) == 10
    assert min(map(len, tokens)) >= 43  # 256 bits
    assert not any(token in repr(vars(door)) for token in tokens)


def test_a_session_ends_when_it_is_not_used_and_after_a_week(door: Door, clock: Clock) -> None:
    user, token = door.log_in("Anna", PASSWORD, HERE)
    clock.now += SESSION_IDLE_SECONDS - 1
    assert door.user(token) == user
    clock.now += SESSION_IDLE_SECONDS
    assert door.user(token) is None
    _, token = door.log_in("Anna", PASSWORD, HERE)
    began = clock.now
    while clock.now - began < SESSION_SECONDS - 3_600:
        assert door.user(token) == user
        clock.now += 3_600
    clock.now = began + SESSION_SECONDS
    assert door.user(token) is None


def test_of_many_sessions_of_one_user_the_unused_make_room(door: Door, clock: Clock) -> None:
    tokens = []
    for _ in range(SESSIONS_OF_ONE):
        tokens.append(door.log_in("Anna", PASSWORD, HERE)[1])
        clock.now += 1
    door.user(tokens[0])
    _, others = door.log_in("борис", "пароль до архіву", HERE)
    clock.now += 1
    _, last = door.log_in("Anna", PASSWORD, HERE)
    assert door.user(tokens[1]) is None
    assert all(door.user(token) for token in [tokens[0], *tokens[2:], others, last])


# -- wrong guesses


def test_after_a_few_wrong_passwords_also_the_right_one_waits_and_each_time_longer(door: Door, clock: Clock) -> None:
    for _ in range(ATTEMPTS_HERE):
        guess(door)
    for seconds in (5, 10, 20, 40, 80, 160, 320, 640, 900, 900):
        with pytest.raises(TooManyAttempts) as refused:
            door.log_in("ANNA", PASSWORD, HERE)
        assert refused.value.retry_after == seconds
        clock.now += seconds
        guess(door)
    with pytest.raises(TooManyAttempts, match="Try again in 15 minutes"):
        door.log_in("Anna", PASSWORD, HERE)
    door.log_in("Anna", PASSWORD, THERE)
    clock.now += LONGEST_WAIT_SECONDS
    door.log_in("Anna", PASSWORD, HERE)
    guess(door)
    door.log_in("Anna", PASSWORD, HERE)


def test_wrong_passwords_are_forgotten_after_a_day(door: Door, clock: Clock) -> None:
    for _ in range(ATTEMPTS_HERE):
        guess(door)
    clock.now += FORGOTTEN_SECONDS
    for _ in range(ATTEMPTS_HERE):
        guess(door)
    with pytest.raises(TooManyAttempts):
        door.log_in("Anna", PASSWORD, HERE)


def test_the_right_password_forgives_the_wrong_ones_before_it(door: Door) -> None:
    for _ in range(4):
        for _ in range(ATTEMPTS_HERE - 1):
            guess(door)
        door.log_in("Anna", PASSWORD, HERE)


def test_nobody_is_shut_out_by_whoever_guesses_behind_the_same_address(door: Door) -> None:
    for number in range(200):
        guess(door, f"name {number}")
    for _ in range(ATTEMPTS_HERE):
        guess(door, "борис")
    with pytest.raises(TooManyAttempts):
        door.log_in("борис", "пароль до архіву", HERE)
    door.log_in("Anna", PASSWORD, HERE)


def test_many_addresses_cannot_guess_at_one_name_nor_shut_out_its_user(door: Door, clock: Clock) -> None:
    door.log_in("Anna", PASSWORD, HERE)
    for number in range(ATTEMPTS_FOR_NAME):
        guess(door, address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        door.log_in("Anna", PASSWORD, THERE)
    door.log_in("Anna", PASSWORD, HERE)
    door.log_in("борис", "пароль до архіву", THERE)
    clock.now += FIRST_WAIT_SECONDS
    door.log_in("Anna", PASSWORD, THERE)


def test_an_ipv6_line_is_one_address(door: Door) -> None:
    for number in range(ATTEMPTS_HERE):
        guess(door, address=f"2001:db8::{number}")
    with pytest.raises(TooManyAttempts):
        door.log_in("Anna", PASSWORD, "2001:db8::ffff")
    door.log_in("Anna", PASSWORD, "2001:db8:0:1::1")
    for _ in range(ATTEMPTS_HERE):
        guess(door, address=HERE)
    with pytest.raises(TooManyAttempts):
        door.log_in("Anna", PASSWORD, f"::ffff:{HERE}")


def test_right_logins_are_never_too_many(door: Door) -> None:
    for _ in range(ATTEMPTS_HERE + 5):
        door.log_in("Anna", PASSWORD, HERE)


def test_guesses_at_the_same_moment_are_counted_before_they_are_checked(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def slow(self: Users, name: str, password: str) -> None:
        checked.append(password)
        time.sleep(0.05)

    monkeypatch.setattr(Users, "check", slow)
    with ThreadPoolExecutor(40) as people:
        list(people.map(lambda number: guess(door), range(40)))
    assert len(checked) == ATTEMPTS_HERE


def test_names_that_were_guessed_at_do_not_pile_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_KEYS_KEPT", 30)
    for number in range(50):
        guess(door, f"name {number}", f"198.51.100.{number}")
        door.log_in("Anna", PASSWORD, f"203.0.113.{number}")
    assert len(door._wrong) <= 30
    assert len(door._come_from) <= 30
