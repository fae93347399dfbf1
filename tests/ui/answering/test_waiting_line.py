"""Places in line: never more at once than there are, first come first served, and no place is lost."""

from __future__ import annotations

import random
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ui.answering.waiting_line import Line, LineLeft, LineTooLong, Ticket


def test_a_free_place_is_had_at_once() -> None:
    line = Line(2)
    with line.ticket() as one, line.ticket() as other:
        assert (line.inside, line.waiting) == (2, 0)
        assert (one.position, other.position) == (0, 0)
    assert line.inside == 0


def test_a_freed_place_is_not_taken_by_whoever_comes_just_then() -> None:
    line = Line(1)
    with line.ticket() as first, line.ticket() as second, line.ticket() as third:
        assert [first.position, second.position, third.position] == [0, 1, 2]
        first.leave()
        with line.ticket() as late:
            assert [second.position, third.position, late.position] == [0, 1, 2]
    assert (line.inside, line.waiting) == (0, 0)


def test_an_error_in_the_block_gives_the_place_back() -> None:
    line = Line(1)
    with pytest.raises(ZeroDivisionError), line.ticket():
        raise ZeroDivisionError
    assert (line.inside, line.waiting) == (0, 0)


def test_a_line_that_is_too_long_is_refused() -> None:
    line = Line(1, longest=1)
    with line.ticket(), line.ticket():
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
    plans = [(ways.random() * 0.01, ways.choice(["stay", "stay", "withdrawn", "fails"])) for _ in range(people)]
    served: list[bool] = []

    def come(wait: float, plan: str) -> None:
        nonlocal at_once, most
        time.sleep(wait)
        try:
            with line.ticket() as ticket:
                if plan == "withdrawn":
                    threading.Timer(wait, ticket.leave).start()
                while ticket.position:
                    time.sleep(0.001)
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
        except (LineLeft, ZeroDivisionError):
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
