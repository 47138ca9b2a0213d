"""The forms a diagram can have: what each needs of a network, and which one a network gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archcalc.diagrams.captions import legend
from archcalc.diagrams.cards import cards
from archcalc.diagrams.chain import is_chain
from archcalc.diagrams.compose import Ids, drawing, slug
from archcalc.diagrams.dot import lone
from archcalc.diagrams.drawing import Drawing
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.folded import HEADER, beside, panels
from archcalc.diagrams.layout import Placed, place
from archcalc.diagrams.options import Options
from archcalc.diagrams.paint import body, finished
from archcalc.diagrams.parts import Part
from archcalc.diagrams.scene import Scene
from archcalc.diagrams.snake import snake
from archcalc.diagrams.theme import HEIGHT
from archcalc.diagrams.towers import towers
from archcalc.diagrams.view import ALL, MOST, View, at_depth, block_names, find, folded_view, layers
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.spec.sections import placement
from archcalc.words import listed, suggest

TALL = HEIGHT - HEADER
"The most that a laid-out graph may measure."
CHAIN, SNAKE, ROOMY = 10, (20, 60), 16
"A chain of more layers is drawn in cards; a snake has so many; counts have units in boxes up to so many."


class Drawn(NamedTuple):
    """A form made of a network: its scene, or its drawing before layout; what was left together."""

    form: str
    drawing: Drawing | None
    scene: Callable[[], Scene]
    note: str = ""


def draw(figures: Figures, chosen: Options) -> Drawn:
    """A network in the form chosen, or in the one that suits it."""
    ids = Ids(chosen.id or f"ac-{_slug(figures.net.spec)}")
    if chosen.form in _DIRECT:
        return Drawn(chosen.form, None, lambda: _DIRECT[chosen.form](figures, ids, chosen))
    view = _view(figures, chosen)
    form = _suited(figures, view, chosen) if chosen.form == "auto" else chosen.form
    if chosen.form == "auto" and form in ("layers", "cards", "snake"):
        view = layers(figures.net, chosen.max_nodes)
    return _FORMS[form](figures, view, ids, chosen)


def draw_difference(figures: Figures, before: Net, chosen: Options) -> Drawn:
    """A network with what differs from another one marked."""
    from archcalc.diagrams.difference import difference

    ids = Ids(chosen.id or f"ac-{_slug(before.spec)}-{_slug(figures.net.spec)}")
    made = difference(figures, before, ids, chosen.max_nodes)
    return Drawn("difference", made, lambda: _laid_out(made, chosen))


def _slug(spec: str) -> str:
    return slug(spec.rpartition("/")[2])


def _view(figures: Figures, chosen: Options) -> View:
    """The parts that a form starts from."""
    net = figures.net
    if chosen.depth is not None:
        return at_depth(net, chosen.depth, chosen.fold, chosen.max_nodes or (MOST if chosen.fold else ALL))
    if chosen.form in ("layers", "cards", "snake") or not chosen.fold:
        return layers(net, chosen.max_nodes)
    return folded_view(net, chosen.max_nodes or MOST)


def _suited(figures: Figures, view: View, chosen: Options) -> str:
    """The form that a network gets where the reader names none."""
    net = figures.net
    if chosen.expand:
        return "folded"
    whole, note = layers(net)
    if note:
        return "folded" if any(part.is_run for part in view.parts) else "blocks"
    if chosen.depth is None and chosen.fold:
        if _spread(figures):
            return "layers"
        if CHAIN < len(whole) <= MOST and is_chain(net, whole):
            return "cards"
        if SNAKE[0] <= len(whole) <= SNAKE[1] and _snakes(figures, whole):
            return "snake"
    return "folded" if any(part.is_run for part in view.parts) else "blocks"


def _spread(figures: Figures) -> bool:
    placed = placement(figures.net)
    return placed is not None and placed.devices > 1


def _snakes(figures: Figures, parts: tuple[Part, ...]) -> bool:
    scene = snake(figures, parts, Ids("ac"))
    return scene is not None and scene.height <= HEIGHT


# ── forms ──


def _layers(figures: Figures, view: View, ids: Ids, chosen: Options) -> Drawn:
    placed = placement(figures.net) if chosen.form in ("auto", "layers") and chosen.depth is None else None
    made = towers(figures, view.parts, ids, placed) if placed is not None and placed.devices > 1 else \
        drawing(figures, view.parts, ids, roomy=len(view.parts) < ROOMY)
    return Drawn("layers", made, lambda: _laid_out(made, chosen), view.note)


def _laid_out(made: Drawing, chosen: Options) -> Scene:
    placed = _placed(made, chosen)
    return finished(made, body(placed), placed.width, placed.height)


def _placed(made: Drawing, chosen: Options) -> Placed:
    """The drawing laid out; if it is too tall, without labels between ranks, then with the ranks closer."""
    placed = place(made, chosen.engine, chosen.rankdir)
    if chosen.rankdir == "TB" and placed.height > TALL:
        single = lone(made.arrows)
        made = made._replace(arrows=tuple(a if a in single else a._replace(label="") for a in made.arrows))
        placed = place(made, chosen.engine)
    return place(made, chosen.engine, ranksep=0.12) if chosen.rankdir == "TB" and placed.height > TALL else placed


def _blocks(figures: Figures, view: View, ids: Ids, chosen: Options) -> Drawn:
    made = drawing(figures, view.parts, ids, roomy=len(view.parts) < ROOMY)
    return Drawn("blocks", made, lambda: _laid_out(made, chosen), view.note)


def _folded(figures: Figures, view: View, ids: Ids, chosen: Options) -> Drawn:
    made = drawing(figures, view.parts, ids)
    opened = [_found(figures, name) for name in chosen.expand]

    def scene() -> Scene:
        placed = _placed(made, chosen)
        shown = panels(figures, view.parts, ids, chosen.engine, opened)
        items, width, height, shown = beside(body(placed), placed.width, placed.height, shown)
        drawings = [made, *(panel.drawing for panel in shown)]
        boxes = [box for one in drawings for box in one.boxes]
        arrows = [arrow for one in drawings for arrow in one.arrows]
        return finished(made._replace(legend=legend(boxes, arrows, figures)), items, width, height)

    return Drawn("folded", made, scene, view.note)


def _found(figures: Figures, name: str) -> Part:
    part = find(figures.net, name)
    if part is None:
        names = block_names(figures.net)
        there = f"; there are {listed(names, 12)}" if names else "; the network has none"
        raise UsageError(f"no block is called '{name[:80]}'{suggest(name, names) or there}")
    return part


def _cards(figures: Figures, view: View, ids: Ids, chosen: Options) -> Drawn:
    if not is_chain(figures.net, view.parts):
        raise UsageError(f"'{figures.net.spec}' is no chain, which form 'cards' needs; use layers, folded or blocks")
    graph = drawing(figures, view.parts, Ids(ids.prefix))
    return Drawn("cards", graph, lambda: cards(figures, view.parts, ids), view.note)


def _snake(figures: Figures, view: View, ids: Ids, chosen: Options) -> Drawn:
    scene = snake(figures, view.parts, ids)
    if scene is None:
        raise UsageError(f"form 'snake' needs a chain of at most five stages with shortcuts of one layer or none, "
                         f"which '{figures.net.spec}' is not; use layers, folded or blocks")
    return Drawn("snake", drawing(figures, view.parts, Ids(ids.prefix)), lambda: scene, view.note)


_FORMS: dict[str, Callable[[Figures, View, Ids, Options], Drawn]] = {
    "layers": _layers, "blocks": _blocks, "folded": _folded, "cards": _cards, "snake": _snake}


def _volume(figures: Figures, ids: Ids, chosen: Options) -> Scene:
    from archcalc.diagrams.volume import volume

    return volume(figures, ids)


def _field(figures: Figures, ids: Ids, chosen: Options) -> Scene:
    from archcalc.diagrams.field import field_picture

    return field_picture(figures, ids, chosen.layers or None)


def _bars(figures: Figures, ids: Ids, chosen: Options) -> Scene:
    from archcalc.diagrams.bars import bars

    return bars(figures, ids, chosen.columns)


_DIRECT: dict[str, Callable[[Figures, Ids, Options], Scene]] = {"volume": _volume, "field": _field, "bars": _bars}
