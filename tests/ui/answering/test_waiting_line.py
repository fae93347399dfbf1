"""Places in line: never more at once than there are, first come first served, and no place is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ui.answering.waiting_line import Line, LineLeft, LineTooLong, Ticket, WaitedTooLong


def test_a_free_place_is_had_at_once() -> None:
    line = Line(2)
    told: list[int] = []
    with line.place(told.append), line.place(told.append):
        assert (line.inside, line.waiting) == (2, 0)
    assert (line.inside, told) == (0, [])


def test_places_go_to_those_who_wait_in_order_of_coming() -> None:
    line = Line(1)
    served: list[int] = []
    told: dict[int, list[int]] = {}

    def come(number: int) -> None:
        told[number] = []
        with line.ticket() as ticket:
            for position in ticket.positions(every=0.01):
                told[number].append(position)
            served.append(number)
            time.sleep(0.03)

    people = [threading.Thread(target=come, args=(number,)) for number in range(6)]
    with line.place():
        for number, person in enumerate(people):
            person.start()
            while line.waiting <= number:
                time.sleep(0.001)
    for person in people:
        person.join()
    assert served == list(range(6))
    for number in range(6):
        assert told[number][0] == number + 1
        assert told[number] == sorted(told[number], reverse=True)


def test_a_freed_place_is_not_taken_by_whoever_comes_just_then() -> None:
    line = Line(1)
    with line.ticket() as first, line.ticket() as second, line.ticket() as third:
        assert [first.position, second.position, third.position] == [0, 1, 2]
        first.leave()
        with line.ticket() as late:
            assert [second.position, third.position, late.position] == [0, 1, 2]
    assert (line.inside, line.waiting) == (0, 0)


def test_waiting_ends_when_the_time_is_over_and_leaves_nothing_behind() -> None:
    line = Line(1)
    with line.place():
        began = time.monotonic()
        with pytest.raises(WaitedTooLong), line.place(timeout=0.05):
            pytest.fail("there was no place")
        assert time.monotonic() - began >= 0.05
        with pytest.raises(WaitedTooLong), line.place(timeout=0):
            pytest.fail("there was no place")
        assert (line.inside, line.waiting) == (1, 0)
    with line.place(timeout=0):
        assert line.inside == 1


def test_a_wait_is_given_up_from_another_thread_at_once() -> None:
    line = Line(1)
    with line.place(), line.ticket() as ticket:
        threading.Timer(0.05, ticket.leave).start()
        with pytest.raises(LineLeft):
            list(ticket.positions(every=3_600))
        assert (line.inside, line.waiting) == (1, 0)


def test_a_reader_who_goes_away_while_waiting_leaves_the_line() -> None:
    line = Line(1)

    def page() -> Generator[str, None, None]:
        """What a streaming page does: it is closed at a ``yield`` when its reader has left."""
        with line.ticket() as ticket:
            for position in ticket.positions(every=0.01):
                yield f"position {position}"
            yield "the answer"

    with line.place():
        gone, stays = page(), page()
        assert [next(gone), next(stays)] == ["position 1", "position 2"]
        gone.close()
        assert next(stays) == "position 1"
        never_begun = page()
        del never_begun
        assert line.waiting == 1
    while (said := next(stays)) != "the answer":
        assert said == "position 1"
    stays.close()
    assert (line.inside, line.waiting) == (0, 0)


def test_an_error_in_the_callback_or_the_block_gives_the_place_back() -> None:
    line = Line(1)

    def fail(position: int) -> None:
        raise RuntimeError(f"position {position}")

    with line.place(), pytest.raises(RuntimeError, match="position 1"), line.place(fail):
        pytest.fail("there was no place")
    with pytest.raises(ZeroDivisionError), line.place():
        raise ZeroDivisionError
    assert (line.inside, line.waiting) == (0, 0)


def test_a_line_that_is_too_long_is_refused() -> None:
    line = Line(1, longest=1)
    with line.place(), line.ticket():
        with pytest.raises(LineTooLong, match="in a minute"), line.ticket():
            pytest.fail("there was no room")
        assert (line.inside, line.waiting) == (1, 1)
    with pytest.raises(ValueError, match="at least one"):
        Line(0)


@given(places=st.integers(1, 5), people=st.integers(1, 24), seed=st.integers())
def test_under_any_coming_and_going_no_place_is_lost_or_given_twice(places: int, people: int, seed: int) -> None:
    line = Line(places)
    lock, at_once, most = threading.Lock(), 0, 0
    ways = random.Random(seed)
    plans = [
        (ways.random() * 0.01, ways.choice(["stay", "stay", "impatient", "withdrawn", "fails"])) for _ in range(people)
    ]
    served: list[bool] = []

    def come(wait: float, plan: str) -> None:
        nonlocal at_once, most
        time.sleep(wait)
        try:
            with line.ticket() as ticket:
                if plan == "withdrawn":
                    threading.Timer(wait, ticket.leave).start()
                for _ in ticket.positions(timeout=wait if plan == "impatient" else None, every=0.001):
                    pass
                if plan == "withdrawn":
                    return
                with lock:
                    at_once += 1
                    most = max(most, at_once)
                time.sleep(0.001)
                with lock:
                    at_once -= 1
                served.append(plan == "stay")
                if plan == "fails":
                    raise ZeroDivisionError
        except (WaitedTooLong, LineLeft, ZeroDivisionError):
            pass

    threads = [threading.Thread(target=come, args=plan) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= places
    assert served.count(True) == sum(plan == "stay" for _, plan in plans)
    assert (line.inside, line.waiting) == (0, 0)


class ComingAndGoing(RuleBasedStateMachine):
    """The line beside a plain list: the first so many of it have a place."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(3, longest=5)
        self.there: list[Ticket] = []

    @rule()
    def come(self) -> None:
        ticket = self.line.ticket()
        if len(self.there) == 8:
            with pytest.raises(LineTooLong):
                ticket.__enter__()
        else:
            self.there.append(ticket.__enter__())

    @precondition(lambda self: self.there)
    @rule(who=st.integers(0, 7))
    def go(self, who: int) -> None:
        ticket = self.there.pop(who % len(self.there))
        ticket.leave()
        ticket.leave()
        with pytest.raises(LineLeft):
            assert ticket.position

    @invariant()
    def positions_are_those_of_the_list(self) -> None:
        assert [ticket.position for ticket in self.there] == [max(0, at - 2) for at in range(len(self.there))]
        assert (self.line.inside, self.line.waiting) == (min(3, len(self.there)), max(0, len(self.there) - 3))


TestComingAndGoing = ComingAndGoing.TestCase
