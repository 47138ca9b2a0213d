"""Rules about how signals and gradients survive at initialisation: estimates, with room for what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from archcalc.linting.facts import Facts
from archcalc.linting.rules import Found, rule
from archcalc.net import Net

if TYPE_CHECKING:
    from archcalc.propagation.propagate import Propagation

SCHEMES = ("he", "xavier", "lecun")
"Initialisations of which the best counts."
DEPTH = 8
"Layers with weights below which nothing is looked at."
BOUND = 4.0
"log₁₀ of the factor beyond which there is a finding."
FIXES = {"gradient": "add shortcuts, normalize, or use an activation that does not saturate",
         "signal": "normalize the branches, or scale them down"}


_known: WeakKeyDictionary[Net, list[Propagation]] = WeakKeyDictionary()


def _propagations(facts: Facts) -> list[Propagation]:
    """One for each scheme, borders apart; none where the network is short or a kind has no rule."""
    from archcalc.propagation.propagate import signal

    if facts.net not in _known:
        ruled = all(layer.signal for _, layer, _ in facts.layers())
        _known[facts.net] = [signal(facts.net, name, edge=0) for name in SCHEMES] if ruled and _long(facts) else []
    return _known[facts.net]


def _best(facts: Facts, what: str) -> Found | None:
    """What the scheme does that changes a size least, at the end where it arrives; None within bounds."""
    from archcalc.propagation.verdict import ends_of, verdict

    changes = [(getattr(verdict(one), what), one) for one in _propagations(facts)]
    if not changes:
        return None
    change, one = min(changes, key=lambda pair: round(abs(pair[0].exponent), 2))
    ends = ends_of(one)
    if ends is None or abs(change.exponent) <= BOUND:
        return None
    return Found(facts.net.index[ends[what == "signal"].name],
                 f"{change}, even with '{one.scheme.name}', the best of {', '.join(SCHEMES)} "
                 "(an estimate at initialisation)", FIXES[what])


def _long(facts: Facts) -> bool:
    from archcalc.analysis.paths import Paths

    return Paths(facts.net, "weights").longest >= DEPTH


@rule("AC501", "vanishing or exploding gradient", "warning",
      source="Glorot and Bengio 2010; He et al. 2015, Deep Residual Learning, §1; Schoenholz et al. 2017",
      example="then: {linear: sigmoid}\ninput: [64]\nlayers:\n- fc: {linear: 64, repeat: 12}\n"
              "- out: {linear: 10, then: []}",
      better="then: {linear: relu}\ninput: [64]\nlayers:\n- fc: {linear: 64, repeat: 12}\n"
             "- out: {linear: 10, then: []}")
def lost_gradient(facts: Facts) -> Iterator[Found]:
    """The gradient's norm changes by more than 10⁴ from the last layer with weights to the first.

    The first layers then learn far slower or far faster than the last, whichever of the usual initialisations is
    taken; where the signal runs away too, AC502 alone says so. Saturating activations in chains are the usual cause,
    and batch normalization in long chains without shortcuts, where the gradient grows by a factor with each layer.
    `archcalc signal` shows it layer by layer.
    """
    found = _best(facts, "gradient")
    if found is not None and _best(facts, "signal") is None:
        yield found


@rule("AC502", "signal that runs away", "warning",
      source="He et al. 2015, Delving Deep into Rectifiers, §2.2; De and Smith 2020, §3",
      example="input: [64]\nblocks:\n  block():\n  - sum: {add: {branch: [{up: {linear: 64, then: relu}}, "
              "{down: {linear: 64}}], shortcut: []}}\nlayers:\n- b: {block: [], repeat: 64}\n- out: {linear: 10}",
      better="input: [64]\nblocks:\n  block():\n  - sum: {add: {branch: [{norm: layernorm}, "
             "{up: {linear: 64, then: relu}}, {down: {linear: 64}}], shortcut: []}}\nlayers:\n"
             "- b: {block: [], repeat: 64}\n- norm: layernorm\n"
             "- out: {linear: 10}")
def lost_signal(facts: Facts) -> Iterator[Found]:
    """The size of what layers give changes by more than 10⁴ from the first layer with weights to the last.

    Residual sums without normalization double the signal's variance with each block, so that a deep network begins
    with outputs that overflow any loss; branches that shrink it leave nothing to tell inputs apart.
    """
    found = _best(facts, "signal")
    if found is not None:
        yield found
