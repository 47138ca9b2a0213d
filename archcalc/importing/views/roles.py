"""What the axes of a view are: channels, space, sequence or windows, from those of its base."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.importing.views.layout import Layout, whole
from archcalc.tensor import Role, Tensor

CHANNEL: Role = "channel"
SPACES: tuple[Role, ...] = ("space",) * 16
WINDOWS: tuple[Role, ...] = ("window",) * 16


def roles_of(base: Tensor, view: Layout, travelled: Sequence[Role]) -> tuple[Role, ...]:
    """Roles of a view: axes of the base that are whole in it keep theirs, windows of an image are told apart.

    ``travelled`` are the roles that the steps to it give, for all other axes.
    """
    own = {axis: role for axis, role in zip(whole(base.dims).axes, base.axes, strict=True) if axis}
    found = [own.get(axis, role) for axis, role in zip(view.axes, travelled, strict=True)]
    mixed = [i for i, axis in enumerate(view.axes) if axis not in own and len(axis) > 1]
    if len(view.axes) == 3 and len(mixed) == 2 and own.get(view.axes[3 - sum(mixed)]) == "channel":
        if sorted(base.axes) == ["channel", "space", "space"]:
            found[mixed[0]], found[mixed[1]] = "window", "sequence"
        elif sorted(base.axes) == ["channel", "sequence", "window"]:
            found[mixed[0]] = found[mixed[1]] = "space"
    return tuple(travelled) if found.count("channel") > max(1, base.axes.count("channel")) else tuple(found)


def roles_after(old: Sequence[int], roles: Sequence[Role], new: Sequence[int]) -> tuple[Role, ...]:
    """Roles of the axes of a reshape, group by group of axes that hold the same elements.

    >>> roles_after((196, 768), ("sequence", "channel"), (196, 12, 64))
    ('sequence', 'window', 'channel')
    >>> roles_after((196, 12, 64), ("sequence", "window", "channel"), (196, 768))
    ('sequence', 'channel')
    """
    found: list[Role] = []
    i = j = 0
    while i < len(old) or j < len(new):
        a, b, begin, first = 1, 1, i, j
        if i < len(old):
            a, i = old[i], i + 1
        if j < len(new):
            b, j = new[j], j + 1
        while a != b:
            if (a < b and i < len(old)) or j >= len(new):
                a, i = a * old[i], i + 1
            else:
                b, j = b * new[j], j + 1
        found += _group(list(roles[begin:i]), list(old[begin:i]), list(new[first:j]))
    return tuple(found)


def _group(roles: list[Role], old: list[int], new: list[int]) -> list[Role]:
    """Roles of new axes from those of the old ones that hold the same elements."""
    if not new:
        return []
    if not roles:
        return ["window"] * len(new)
    if len(roles) == len(new) and old == new:
        return roles
    if len(new) == 1:
        only: Role = roles[0] if (len(set(roles)) == 1 and roles[0] != "space") or len(roles) == 1 else "sequence"
        return ["channel" if "channel" in roles else only]
    if "channel" in roles:
        last, first = [*WINDOWS[:len(new) - 1], CHANNEL], [CHANNEL, *SPACES[:len(new) - 1]]
        return last if roles[-1] == "channel" else first
    return ["space"] * len(new) if "sequence" in roles or "space" in roles else ["window"] * len(new)
