"""Rules about where parameters and arithmetic go."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archcalc.dims import ceil_div
from archcalc.linting.facts import Facts, dense_map, elementwise, groups_of, size_text
from archcalc.linting.rules import Found, rule

TILE = 8
"""Channels that a tensor core takes together in float16 and bfloat16."""

LEAST = 100
"""A layer's waste is a finding where it is more than this part of the network's MACs: one in a hundred."""


@rule("AC401", "channels that do not fill tensor cores", "note",
      source="NVIDIA, Deep Learning Performance, Matrix Multiplication Background: Requirements to Use Tensor Cores",
      example="then: {conv: relu}\ninput: [3, 32, 32]\nlayers:\n"
              "- conv1: {conv: 36, kernel: 3}\n- conv2: {conv: 36, kernel: 3}\n- conv3: {conv: 36, kernel: 3}",
      better="then: {conv: relu}\ninput: [3, 32, 32]\nlayers:\n"
             "- conv1: {conv: 32, kernel: 3}\n- conv2: {conv: 40, kernel: 3}\n- conv3: {conv: 40, kernel: 3}")
def unfilled(facts: Facts) -> Iterator[Found]:
    """The channels of a layer, in or out, are no multiple of 8, which tensor cores work on in 16-bit types.

    Matrices are padded up to it with zeros, and the products of the padding take their time. A finding is a layer
    whose padding is more than a hundredth of the network's MACs. Layers that read the network's input or make its
    output, and depthwise convolutions, which do not use tensor cores, are left out. The figure is an estimate:
    libraries choose tiles by more than this.
    """
    macs = facts.report.totals.macs
    for i, _, call in facts.layers():
        widths = dense_map(call)
        if widths is None or any(k < facts.net.n_inputs for k in facts.nodes[i].inputs) or _ends(facts, i):
            continue
        groups = groups_of(call)
        inside, outside = (n // groups for n in widths)
        padded = ceil_div(inside, TILE) * ceil_div(outside, TILE) * TILE * TILE
        extra = call.macs * padded // (inside * outside) - call.macs
        if inside > 1 and extra * LEAST > macs:
            yield Found(i, f"its {inside} input and {outside} output channels{' per group' if groups > 1 else ''} fill "
                        f"{inside * outside / padded:.0%} of multiples of {TILE}; padding adds {extra:,} products",
                        f"use multiples of {TILE}", getattr(type(call.layer), "main", None))


def _ends(facts: Facts, i: int) -> bool:
    """Whether a layer makes an output, with nothing but activations behind it."""
    while i not in facts.net.outputs and len(facts.readers[i]) == 1 and elementwise(facts.calls[facts.readers[i][0]]):
        i = facts.readers[i][0]
    return i in facts.net.outputs


@rule("AC402", "dense layer with most of the parameters", "note",
      source="Lin, Chen, Yan 2014, Network In Network, §3.2",
      example="- flatten\n- fc: {linear: 100}", better="- pool: {global_avgpool: , keep: false}\n- fc: {linear: 100}")
def heavy(facts: Facts) -> Iterator[Found]:
    """A dense layer on a flattened map, or a convolution as large as its map, has more than half of the parameters.

    It has a weight for each place of the map, costs memory far more than time, and binds the network to one size
    of image. A global average pooling before it divides its weights by the number of places.
    """
    total = facts.report.totals.params
    for i, _, call in facts.layers():
        weights = call.n_weights
        if dense_map(call) is None or 2 * weights <= total:
            continue
        along = facts.windows(i)
        space = _flattened(facts, facts.nodes[i].inputs[0]) if call.inputs[0].axes == ("channel",) else \
            tuple(a.n for a in along if a.outputs == 1 and a.window.kernel == a.n)
        if prod(space) > 1 and (not along or len(space) == len(along)):
            yield Found(i, f"its {weights:,} weights are {weights / total:.0%} of the network's parameters, a set for "
                        f"each of {size_text(space)} places", "pool the map before it",
                        getattr(type(call.layer), "main", None))


def _flattened(facts: Facts, i: int) -> tuple[int, ...]:
    """The spatial sizes of the map whose elements a vector holds, () where they are none."""
    while not facts.calls[i].out.space and len(facts.nodes[i].inputs) == 1:
        before = facts.nodes[i].inputs[0]
        if facts.calls[before].out.size != facts.calls[i].out.size or facts.calls[i].n_params:
            return ()
        i = before
    return facts.calls[i].out.spatial
