"""The best alignment of two short sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

CELLS = 300_000
"""Pairs that are looked at: all of them up to so many, else those near the diagonal."""

REACH = 32


def best(a: Sequence[int], b: Sequence[int], score: Callable[[int, int], int]) -> list[tuple[int, int]]:
    """The pairs, rising in both, with the highest sum of scores; a score of 0 is no pair.

    Long sequences are compared near their diagonal only: exact as long as the alignment stays within
    ``CELLS / 2n`` places of it.

    >>> best([0, 1, 2], [0, 1], lambda i, j: int(i == j + 1))
    [(1, 0), (2, 1)]
    """
    rows = _rows(a, b, score)
    found = []
    i, j = len(a), len(b)
    while i and j:
        start, values = rows[i]
        j = min(j, start + len(values) - 1)
        here = values[j - start]
        if here == _at(rows[i - 1], j):
            i -= 1
        elif here == values[j - start - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            found.append((a[i], b[j]))
    return found[::-1]


Row = tuple[int, list[int]]
"""The column of the first value, and the best sums of scores with so many elements of both sequences."""


def _rows(a: Sequence[int], b: Sequence[int], score: Callable[[int, int], int]) -> list[Row]:
    n, m = len(a), len(b)
    half = max(CELLS // (2 * n), REACH) if n * m > CELLS else m
    rows: list[Row] = [(0, [0] * (m + 1))]
    for i in range(1, n + 1):
        low, high = max(1, i * m // n - half), min(m, i * m // n + half)
        above = rows[-1]
        values = [_at(above, low - 1)]
        diagonal = values[0]
        for j in range(low, high + 1):
            up = _at(above, j)
            fit = score(a[i - 1], b[j - 1])
            values.append(max(up, values[-1], diagonal + fit if fit else 0))
            diagonal = up
        rows.append((low - 1, values))
    return rows


def _at(row: Row, j: int) -> int:
    """The value of a column; behind the last, that of the last."""
    start, values = row
    return values[min(j - start, len(values) - 1)]
