"""Strategies of valid specs: layers of several kinds in branches, repetitions, blocks and joins."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d", "e")
SIZES = st.integers(1, 6)

# Kinds that keep the number of axes, and the height and width that a join needs to be equal.
KEEPING = st.one_of(
    st.builds(lambda n, k: {"conv": n, "kernel": k, "padding": "same"}, SIZES, st.sampled_from([1, 3, [1, 3]])),
    st.builds(lambda n: {"conv": n, "then": ["batchnorm", {"relu": None}]}, SIZES),
    st.builds(lambda k: {"maxpool": k, "padding": "same"}, st.sampled_from([1, 3])),
    st.sampled_from(["relu", "tanh", "batchnorm", "identity", "sigmoid"]).map(lambda kind: {kind: None}),
    st.just({"dropout": 0.5}),
)
SHRINKING = st.builds(lambda n, s: {"conv": n, "stride": s}, SIZES, st.integers(1, 2))


def _named(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: item} for name, item in zip(NAMES, fields, strict=False)]


def _joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Joins of branches: a concatenation of any, or a sum of branches that end in equal widths."""
    lists = st.lists(inner, max_size=3).map(_named)
    concat = st.lists(lists, min_size=1, max_size=3).map(
        lambda branches: {"concat": dict(zip(("l", "m", "r"), branches, strict=False))})
    total = st.builds(lambda branches, n: {"add": {name: [*branch, {"end": {"conv": n}}] for name, branch in
                                                   zip(("l", "m", "r"), branches, strict=False)}},
                      st.lists(lists, min_size=1, max_size=3), SIZES)
    return st.one_of(concat, total)


def _repeated(item: dict[str, Any], times: int) -> dict[str, Any]:
    return {**item, "repeat": times}


ITEMS = st.recursive(KEEPING, lambda inner: st.one_of(
    _joined(inner), st.builds(_repeated, inner, st.integers(0, 3)), st.just({"block": "n"}),
    st.builds(lambda n: {"block": n, "then": "relu"}, SIZES)), max_leaves=12)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a network that is well as it is."""
    block = _named(draw(st.lists(KEEPING, min_size=1, max_size=3)))
    layers = _named(draw(st.lists(st.one_of(ITEMS, SHRINKING), min_size=1, max_size=5)))
    layers = [{"stem": {"conv": "n"}}, *layers, {"tail": {"concat": None, "from": ["stem2", "stem2"]}}]
    layers.insert(1, {"stem2": {"relu": None, "from": draw(st.sampled_from(["stem", "input"]))}})
    document = {
        "parameters": {"n": draw(SIZES), "size": draw(st.sampled_from([64, 65]))},
        "input": [draw(SIZES), "size", "size"],
        "defaults": {"conv": {"bias": draw(st.booleans())}},
        "then": draw(st.sampled_from([{}, {"conv": "relu"}, {"conv": ["batchnorm", "relu"]}])),
        "blocks": {"block(n)": [*block, {"last": {"conv": "2 * n"}}]},
        "layers": layers,
    }
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=draw(st.sampled_from([None, True])))
