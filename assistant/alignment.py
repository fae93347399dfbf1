"""Which tokens of one text stand in another, in the same order: a longest common subsequence.

Bit-parallel, so that a sentence against a passage takes microseconds and two long texts milliseconds (Hyyrö 2004, "Bit-
parallel LCS-length computation revisited"; the path is read back from the stored rows).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

LONGEST = 400
"""Tokens of either side that are compared. A sentence has up to 60; more is no statement."""


def align(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs ``(i, j)`` with ``one[i] == other[j]``, both rising; as many as there can be."""
    one, other = one[:LONGEST], other[:LONGEST]
    where: dict[Hashable, int] = {}
    for index, token in enumerate(one):
        where[token] = where.get(token, 0) | 1 << index
    everything = (1 << len(one)) - 1
    row = everything
    rows = []
    for token in other:
        held = row & where.get(token, 0)
        row = ((row + held) | (row - held)) & everything
        rows.append(row)
    pairs: list[tuple[int, int]] = []
    i, j = len(one), len(other)
    while i and j:
        bit = 1 << (i - 1)
        if rows[j - 1] & bit:  # the i-th token adds nothing to what the ones before it share
            i -= 1
        elif j > 1 and not rows[j - 2] & bit:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
