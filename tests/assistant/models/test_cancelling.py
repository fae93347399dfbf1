"""Reading what blocks, with limits and a way out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from assistant.models.cancelling import Broken, Relay, Stalled, Stop

FAR = 600.0


def relay(pieces: Iterator[int], stop: Stop | None = None, hung_up: threading.Event | None = None) -> Relay[int]:
    return Relay(lambda: pieces, stop or Stop(), (hung_up or threading.Event()).set)


def slow(count: int, seconds: float) -> Iterator[int]:
    for number in range(count):
        time.sleep(seconds)
        yield number


def nothing_until(event: threading.Event) -> Iterator[int]:
    event.wait(FAR)
    yield from ()


def test_pieces_come_in_order_and_end() -> None:
    hung_up = threading.Event()
    assert list(relay(iter(range(100)), hung_up=hung_up).read(FAR, time.monotonic() + FAR)) == list(range(100))
    assert not hung_up.is_set()


def test_a_gap_that_is_too_long_is_a_stall() -> None:
    hung_up = threading.Event()
    with pytest.raises(Stalled) as raised:
        list(relay(nothing_until(hung_up), hung_up=hung_up).read(0.05, time.monotonic() + FAR))
    assert raised.value.seconds == 0.05
    assert hung_up.is_set()


def test_a_whole_that_is_too_long_is_a_stall_although_pieces_come() -> None:
    got: list[int] = []
    with pytest.raises(Stalled):
        got.extend(relay(slow(100_000, 0.02)).read(FAR, time.monotonic() + 0.2))
    assert got == list(range(len(got)))


def test_an_error_arrives_after_the_pieces_and_says_only_its_kind() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise ValueError("sk-secret")

    got: list[int] = []
    with pytest.raises(Broken, match=r"^ValueError$") as raised:
        got.extend(relay(breaks()).read(FAR, time.monotonic() + FAR))
    assert got == [1]
    assert isinstance(raised.value.error, ValueError)


def test_the_wish_to_stop_ends_the_waiting_at_once() -> None:
    stop, hung_up = Stop(), threading.Event()
    threading.Timer(0.1, stop.ask).start()
    assert list(relay(nothing_until(hung_up), stop, hung_up).read(FAR, time.monotonic() + FAR)) == []
    assert hung_up.is_set()


def test_leaving_early_hangs_up_and_ends_the_thread() -> None:
    earlier = set(threading.enumerate())
    hung_up = threading.Event()
    reading = relay(slow(1000, 0.01), hung_up=hung_up).read(FAR, time.monotonic() + FAR)
    assert next(reading) == 0
    reading.close()  # type: ignore[attr-defined]
    assert hung_up.is_set()
    ours = [thread for thread in threading.enumerate() if thread.name == "answer" and thread not in earlier]
    for thread in ours:
        thread.join(FAR)
    assert not any(thread.is_alive() for thread in ours)


def test_what_shall_happen_on_stopping_happens_once() -> None:
    stop, calls = Stop(), []
    stop.when_asked(lambda: calls.append("before"))
    stop.ask()
    stop.ask()
    stop.when_asked(lambda: calls.append("after"))
    assert calls == ["before", "after"]
    assert stop.wait(FAR)


def test_the_wish_to_stop_hangs_up_although_nobody_reads_on() -> None:
    stop, hung_up = Stop(), threading.Event()
    pieces = relay(slow(100, 0.02), stop, hung_up).read(FAR, time.monotonic() + FAR)
    assert next(pieces) == 0
    stop.ask()
    assert hung_up.is_set()
