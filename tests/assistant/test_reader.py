"""The reader as a function: shapes, batches, threads, limits; of its judgement only what no weights may get wrong."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from assistant.reader import Evidence, Reader, model, reader
from assistant.reader.model import REQUEST_KINDS, WEIGHTS
from tests.assistant.conftest import CARD, with_final_weights

MUSEUM = Evidence(
    (
        "The council of Veldmark named a new head for its maritime museum on Monday.",
        "Petra Olsen, 52, will run the museum from May, the council said.",
        "The museum had 310,000 visitors last year, down 4 percent.",
    ),
    "Museum of Veldmark gets a new head",
    date(2026, 3, 2),
)
BREAD = Evidence(("A sourdough rises because wild yeast lives in it.", "Its baker feeds it with flour."))
LONG = Evidence(tuple(f"Room {n} of the archive holds {7 * n} boxes with papers about fishing." for n in range(1, 40)))
EVIDENCE = [MUSEUM, BREAD, LONG, Evidence(("Rain.",)), Evidence((MUSEUM.sentences[1],), MUSEUM.title)]
QUESTION = "How old is Petra Olsen?"
CLOSE = 0.05
"""Two batches pad and quantise a little differently; what they say may differ by this much."""


def flat(found: Any) -> Any:
    return np.concatenate([np.asarray(each, dtype=float).ravel() for each in found])


def test_each_sentence_gets_one_probability() -> None:
    found = reader().answers(QUESTION, EVIDENCE)
    assert [len(each) for each in found] == [len(each.sentences) for each in EVIDENCE]
    assert ((flat(found) >= 0) & (flat(found) <= 1)).all()
    assert reader().answers(QUESTION, []) == []
    assert [len(each) for each in reader().answers(QUESTION, [Evidence(())])] == [0]


def test_a_statement_is_carried_contradicted_or_not_told() -> None:
    found = reader().carries([("Petra Olsen will run the museum.", each) for each in EVIDENCE])
    for each in found:
        assert min(each.carried, each.contradicted, each.not_told) >= 0
        assert each.carried + each.contradicted + each.not_told == pytest.approx(1)
    assert reader().carries([]) == []


def test_a_message_is_a_request_of_one_kind() -> None:
    kind, chance = reader().request("What happened last week?")
    assert kind in REQUEST_KINDS
    assert 1 / len(REQUEST_KINDS) <= chance <= 1


def test_a_batch_says_what_one_at_a_time_say() -> None:
    together = reader().answers(QUESTION, EVIDENCE)
    alone = [reader().answers(QUESTION, [each])[0] for each in EVIDENCE]
    assert flat(together) == pytest.approx(flat(alone), abs=CLOSE)
    pairs = [(f"Petra Olsen is {age}.", each) for each in EVIDENCE for age in (52, 53)]
    carried = [each.carried for each in Reader().carries(pairs)]
    assert carried == pytest.approx([Reader().carries([pair])[0].carried for pair in pairs], abs=CLOSE)


def test_the_order_of_the_passages_makes_no_difference() -> None:
    there, back = reader().answers(QUESTION, EVIDENCE), reader().answers(QUESTION, EVIDENCE[::-1])
    assert flat(there) == pytest.approx(flat(back[::-1]), abs=CLOSE)


def test_threads_share_one_reader_and_load_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Slow(model._Engine):
        def __init__(self, *given: Any) -> None:
            made.append(threading.current_thread())
            time.sleep(0.1)
            super().__init__(*given)

    monkeypatch.setattr(model, "_Engine", Slow)
    shared = Reader()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: flat(shared.answers(QUESTION, EVIDENCE)), range(12)))
    assert len(made) == 1
    for each in found[1:]:
        assert each == pytest.approx(found[0], abs=CLOSE)


def test_a_pair_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Reader()
    first = own.carries([("Petra Olsen is 52.", MUSEUM), ("Petra Olsen is 52.", MUSEUM), ("It rains.", MUSEUM)])
    assert first[0] == first[1] != first[2]
    monkeypatch.setattr(model._Engine, "run", None)
    assert own.carries([("It rains.", MUSEUM), ("Petra Olsen is 52.", MUSEUM)]) == [first[2], first[0]]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(tuple("The harbour of Bergen is deep. " * 3 for _ in range(200))),
        Evidence(("word " * 5000,), "title " * 500),
        Evidence(("", " ", "\ud800 lone", "\x00", "🚒" * 900)),
    ],
    ids=["many", "long", "odd"],
)
def test_whatever_is_too_long_or_odd_is_cut_not_refused(evidence: Evidence) -> None:
    (found,) = reader().answers("why " * 2000 + "\udcff", [evidence])
    assert len(found) == len(evidence.sentences)
    assert np.isfinite(found).all()
    assert np.isfinite(reader().carries([("so " * 2000, evidence)])[0].carried)


def test_calibration_keeps_the_order_of_the_raw_scores() -> None:
    calibration = json.loads((WEIGHTS / "calibration.json").read_text(encoding="utf-8"))
    assert calibration["answers"][0] > 0 < calibration["carries"][0]
    raw = [logits[:, 0] for logits, _, _ in reader()._loaded().run([(QUESTION, each) for each in EVIDENCE])]
    order = np.argsort(flat(raw))
    chances = flat(reader().answers(QUESTION, EVIDENCE))[order]
    assert all(one <= other + 1e-9 for one, other in pairwise(chances))


def test_the_sentence_that_answers_comes_before_the_others() -> None:
    of_museum, of_bread, *_ = reader().answers(QUESTION, EVIDENCE)
    assert int(of_museum.argmax()) == 1
    assert of_museum[1] > 0.5 > of_bread.max()


def test_what_stands_there_is_carried_and_what_is_of_something_else_is_not_told() -> None:
    told, other = reader().carries([(MUSEUM.sentences[1], MUSEUM), ("Whales eat plankton near volcanoes.", MUSEUM)])
    assert told.carried > 0.5
    assert max(other.not_told, other.contradicted) > 0.8 > other.carried


@with_final_weights
def test_the_weights_are_those_of_the_card() -> None:
    card = CARD.read_text(encoding="utf-8")
    for file in sorted(WEIGHTS.iterdir()):
        if file != CARD:
            assert hashlib.sha256(file.read_bytes()).hexdigest() in card, file.name
