"""`torch.einsum` of two tensors as a product of matrices, with axes put in order before and behind it."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.importing.sketch import Refused
from archcalc.importing.torch.call import Call
from archcalc.importing.torch.join import product
from archcalc.importing.torch.rules import of
from archcalc.importing.views.batched import BATCH, Value
from archcalc.tensor import Role


@of("einsum")
def _einsum(c: Call, equation: str, *operands: Any) -> Value:
    """A sum of products over the letters that the result lacks; all others of both tensors run along."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    left, arrow, out = equation.replace(" ", "").partition("->")
    words = left.split(",")
    if not arrow or len(words) != 2 or "." in equation or any(len(set(w)) < len(w) for w in (*words, out)):
        raise Refused("is no product of two matrices")
    x, y = words
    shared, rows, columns, summed = ([w for w in out if w in x and w in y], [w for w in out if w not in y],
                                     [w for w in out if w not in x], [w for w in x if w in y and w not in out])
    if not summed or set(x) - {*out, *summed} or set(y) - {*out, *summed}:
        raise Refused("is no product of two matrices")
    a, b = (c.value(v) for v in given)
    roles = _roles(c, a, x) | _roles(c, b, y)
    places = [(word[v.batch], v.split) for v, word in ((a, x), (b, y)) if v.batch is not None]
    letters = {letter for letter, _ in places}
    if len(letters) > 1 or any(split and letter not in shared for letter, split in places):
        raise Refused("multiplies matrices of different batches")
    lone = [w for w in letters if w not in shared]      # the batch is of one of the two only
    rows, columns = ([w for w in part if w not in lone] for part in (rows, columns))
    sizes = dict(zip(x, a.shape, strict=True)) | dict(zip(y, b.shape, strict=True))
    a = _ordered(c, a, x, [*shared, *(w for w in lone if w in x)], rows, summed)
    b = _ordered(c, b, y, [*shared, *(w for w in lone if w in y)], columns, summed)
    lead = [*shared, *lone]
    shape = (*(sizes[w] for w in lead), prod(sizes[w] for w in rows), prod(sizes[w] for w in columns))
    batch = next((lead.index(w) for w in letters), None)
    made = product(c, a, b, True, shape, batch)
    apart = [*lead, *rows, *columns]
    made = c.views.reshape(c.named("reshape"), made, [sizes[w] for w in apart])
    made = c.views.permute(c.named("permute"), made, [apart.index(w) for w in out])
    new = [w for w in (*rows, *columns) if w not in roles]
    if "channel" in c.views.roles(made) or len(new) != 1 or [roles.get(w) for w in summed] != ["channel"]:
        return made
    roles[new[0]] = "channel"       # of channels, weights make others
    return c.views.relabelled(c.named("roles"), made, [roles[w] for w in out if w not in letters])


def _roles(c: Call, x: Value, letters: str) -> dict[str, Role]:
    """What axes of a value are by their letters; nothing for weights, and where the batch is a factor of an axis."""
    if x.batch is None or x.split:
        return {}
    return {w: c.views.roles(x)[x.axis(i)] for i, w in enumerate(letters) if i != x.batch}


def _ordered(c: Call, x: Value, letters: str, lead: list[str], rows: list[str], summed: list[str]) -> Value:
    """A factor with its leading axes, one of rows and one of what is summed over."""
    turned = c.views.permute(c.named("permute"), x, [letters.index(w) for w in (*lead, *rows, *summed)])
    sizes = dict(zip(letters, x.shape, strict=True))
    shape = (*(sizes[w] for w in lead), prod(sizes[w] for w in rows), prod(sizes[w] for w in summed))
    if x.batch is not None and prod(shape[len(lead):]) % BATCH == 0 and letters[x.batch] not in lead:
        raise Refused("sums over the batch")
    return c.views.reshape(c.named("reshape"), turned, shape)
