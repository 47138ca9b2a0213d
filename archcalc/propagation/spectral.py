"""What a channel's own variance does where it is itself random: expectations over a quadratic form of Gaussians.

With s² = a + Σ λ z², z independent and normal, E 1/s² = ∫ e^(−ta) Π (1 + 2tλ)^−½ dt, and for the eigenvector of λ
E λz²/s² is λ times the same with a factor 1 / (1 + 2tλ).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, hypot, log1p

from archcalc.propagation.grid import Matrix

_STEP = 0.15
_TINY = 1e-12


def expectations(rest: float, values: Sequence[float]) -> tuple[float, list[float]]:
    """E 1/s², and E λz²/s² for each λ, where s² is rest + Σ λz².

    >>> whole, parts = expectations(0.5, [0.25, 0.25])
    >>> round(0.5 * whole + sum(parts), 6)
    1.0
    """
    whole, parts = 0.0, [0.0] * len(values)
    rest = max(rest, _TINY)
    top = 40 / rest
    for k in range(-120, 400):
        t = exp(k * _STEP)
        if t > top:
            break
        inside = [1 + 2 * t * v for v in values]
        density = _STEP * t * exp(-t * rest - sum(log1p(2 * t * v) for v in values) / 2)
        whole += density
        parts = [p + density * v / i for p, v, i in zip(parts, values, inside, strict=True)]
    return whole, parts


def eigen(matrix: Matrix) -> tuple[list[float], Matrix]:
    """Eigenvalues and, as rows, eigenvectors of a symmetric matrix, by Jacobi's rotations.

    >>> values, _ = eigen([[2.0, 1.0], [1.0, 2.0]])
    >>> [round(v, 9) for v in sorted(values)]
    [1.0, 3.0]
    """
    a, n = [list(row) for row in matrix], len(matrix)
    vectors = [[float(i == j) for j in range(n)] for i in range(n)]
    size = sum(v * v for row in a for v in row)
    for _ in range(30):
        if sum(a[i][j] ** 2 for i in range(n) for j in range(i)) <= 1e-18 * size:
            break
        for p in range(n):
            for q in range(p + 1, n):
                if a[p][q] ** 2 > 1e-22 * size:
                    _rotate(a, vectors, p, q)
    return [a[i][i] for i in range(n)], vectors


def _rotate(a: Matrix, vectors: Matrix, p: int, q: int) -> None:
    """Make an element 0."""
    theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    t = (1 if theta >= 0 else -1) / (abs(theta) + hypot(theta, 1))
    c = 1 / hypot(t, 1)
    s = t * c
    for rows in (a, vectors):
        rows[p], rows[q] = ([c * u - s * v for u, v in zip(rows[p], rows[q], strict=True)],
                            [s * u + c * v for u, v in zip(rows[p], rows[q], strict=True)])
    for row in a:
        row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
