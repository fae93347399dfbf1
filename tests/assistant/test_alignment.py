"""Which tokens two texts share, in order."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from assistant.alignment import LONGEST, align

TOKENS = st.lists(st.sampled_from("abcd"), max_size=40)


@given(one=TOKENS, other=TOKENS)
def test_the_pairs_are_a_longest_common_subsequence(one: list[str], other: list[str]) -> None:
    pairs = align(one, other)
    assert all(one[i] == other[j] for i, j in pairs)
    assert [i for i, _ in pairs] == sorted({i for i, _ in pairs})
    assert [j for _, j in pairs] == sorted({j for _, j in pairs})
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, token in enumerate(one, 1):
        for j, known in enumerate(other, 1):
            both = lengths[i - 1][j - 1] + 1 if token == known else 0
            lengths[i][j] = max(both, lengths[i - 1][j], lengths[i][j - 1])
    assert len(pairs) == lengths[-1][-1]


def test_endless_texts_cost_no_more_than_the_longest_that_is_compared() -> None:
    began = time.perf_counter()
    assert len(align(["a"] * 100_000, ["a", "b"] * 50_000)) == LONGEST // 2
    assert time.perf_counter() - began < 1
