"""Blocks, their arguments, repetition, conditions and defaults."""

import pytest

from archcalc.net import Net
from tests.language.networks import network, wired


def filters(net: Net) -> dict[str, int]:
    """Filters of each convolution."""
    return {node.name: node.layer.filters for node in net.layers if node.layer.kind == "conv"}  # type: ignore[attr-defined]


BLOCK = """
    parameters: {width: 3}
    blocks:
      b(w, k=1, twice=2*w):
        - c: {conv: w, kernel: k}
        - d: {conv: twice}
    layers:
"""


@pytest.mark.parametrize(("use", "c", "d", "kernel"), [
    ("{b: 5}", 5, 2 * 5, 1), ("{b: [5]}", 5, 2 * 5, 1), ("{b: [5, 3]}", 5, 2 * 5, 3), ("{b: [5, 3, 7]}", 5, 7, 3),
    ("{b: {w: 5, k: 3}}", 5, 2 * 5, 3), ("{b: , w: 5, twice: 9}", 5, 9, 1), ("{b: 5, k: 3}", 5, 2 * 5, 3),
    ("{b: width}", 3, 2 * 3, 1), ("{b: width + 1, k: width}", 3 + 1, 2 * (3 + 1), 3), ("{b: [2 * width]}", 6, 12, 1),
])
def test_arguments(use: str, c: int, d: int, kernel: int) -> None:
    net = network(BLOCK + f"    - x: {use}\n")
    assert filters(net) == {"x.c": c, "x.d": d}
    assert net["x.c"].layer.kernel == kernel  # type: ignore[attr-defined]


def test_arguments_of_an_unnamed_block() -> None:
    net = network(BLOCK + "    - b: [5, 3]\n    - {b: 6, k: 1}\n    - b: {w: 7}\n")
    assert filters(net) == {"b.c": 5, "b.d": 10, "b_2.c": 6, "b_2.d": 12, "b_3.c": 7, "b_3.d": 14}


def test_an_argument_hides_a_parameter_in_its_block_and_in_those_below() -> None:
    net = network("""
        parameters: {w: 1}
        blocks:
          inner: [{e: {conv: w}}]
          outer(w): [{c: {conv: w}}, {i: inner}]
        layers:
        - x: {outer: 2}
        - y: inner
    """)
    assert filters(net) == {"x.c": 2, "x.i.e": 2, "y.e": 1}


def test_a_default_may_read_parameters_and_earlier_arguments() -> None:
    net = network("""
        parameters: {g: 10}
        blocks:
          b(w, wide=w + g, wider=wide * 2, flag=true, list=[1, 2]):
            - c: {conv: wider if flag else 1}
            - d: {conv: "list[1]"}
        layers:
        - x: {b: 1}
    """)
    assert filters(net) == {"x.c": (1 + 10) * 2, "x.d": 2}


def test_a_block_in_a_block() -> None:
    net = network("""
        blocks:
          outer(n): [{i: {inner: n + 1}}, {j: {inner: n + 2}}]
          inner(n): [{c: {conv: n}}]
        layers:
        - x: {outer: 1}
    """)
    assert filters(net) == {"x.i.c": 2, "x.j.c": 3}


def test_repeat_first_and_index() -> None:
    net = network("""
        parameters: {n: 3}
        blocks: {"b(w, s=1)": [{c: {conv: w, stride: s}}]}
        layers:
        - x: {conv: 10 * index, repeat: n}
        - y: {b: , w: index, repeat: n - 1, first: {s: 2, w: 7}}
        - z: {conv: 1, repeat: 0}
        - v: {conv: 8 if index == 2 else 9, repeat: 2, first: {kernel: 3, padding: 1}}
    """)
    assert filters(net) == {"x.1": 10, "x.2": 20, "x.3": 30, "y.1.c": 7, "y.2.c": 2, "v.1": 9, "v.2": 8}
    assert [net[n].layer.stride for n in ("y.1.c", "y.2.c")] == [2, 1]  # type: ignore[attr-defined]
    assert [net[n].layer.kernel for n in ("v.1", "v.2")] == [3, 1]  # type: ignore[attr-defined]


def test_first_may_replace_the_main_value() -> None:
    net = network("- x: {conv: 5, repeat: 3, first: {conv: 2}}")
    assert filters(net) == {"x.1": 2, "x.2": 5, "x.3": 5}


def test_index_belongs_to_the_innermost_repetition_and_ends_at_a_block() -> None:
    net = network("""
        blocks: {b(n): [{c: {conv: n}}]}
        layers:
        - x: {add: {l: [{c: {conv: 10 * index, repeat: 2}}, {d: {conv: index}}], r: [{e: {conv: index}}]}, repeat: 2}
        - y: {b: index, repeat: 2}
    """)
    assert filters(net) == {"x.1.l.c.1": 10, "x.1.l.c.2": 20, "x.1.l.d": 1, "x.1.r.e": 1,
                            "x.2.l.c.1": 10, "x.2.l.c.2": 20, "x.2.l.d": 2, "x.2.r.e": 2, "y.1.c": 1, "y.2.c": 2}


test_conditions = wired({
    "what is left out is passed by": ("""
        parameters: {deep: false, n: 2}
        layers:
        - a: {conv: 4}
        - b: {conv: 4, if: deep}
        - c: {conv: 4, if: n > 1 and not deep}
        - d: {conv: 4, if: 0}""", "a<input c<a"),
    "an argument decides": ("""
        blocks: {b(p=0): [{s: {add: {x: [relu], y: [{c: {conv: 4, if: p}}]}}}]}
        layers:
        - l: {b: 0}
        - m: {b: 1}""", """l.s.x.relu<input l.s<l.s.x.relu,input
                           m.s.x.relu<l.s m.s.y.c<l.s m.s<m.s.x.relu,m.s.y.c"""),
    "`then` items too": ("""
        parameters: {deep: true}
        layers:
        - a: {conv: 4, then: [batchnorm, {relu: , if: not deep}, {tanh: , if: deep}]}""",
        "a<input a.batchnorm<a a.tanh<a.batchnorm"),
    "a condition stands before the repetition": ("- a: {conv: 1, if: false, repeat: 3}\n- b: relu", "b<input"),
    "inside a repetition it may read the index": ("""
        - a: {add: {l: [{c: {conv: 4, if: index > 1}}], r: []}, repeat: 2}""",
        "a.1<input,input a.2.l.c<a.1 a.2<a.2.l.c,a.1"),
})


def test_defaults_by_kind_for_a_file_and_a_block() -> None:
    net = network("""
        defaults: {conv: {bias: false, kernel: 3}, maxpool: {stride: 2}}
        blocks:
          b: {defaults: {conv: {kernel: 5}}, layers: [{c: {conv: 1}}, {d: {conv: 1, kernel: 1}}]}
        layers:
        - a: {conv: 2, padding: 1}
        - p: {maxpool: 2}
        - q: {maxpool: 2, stride: 1, padding: 1}
        - e: {conv: 2, bias: true, padding: 2}
        - x: {b: , if: false}
    """)
    a, e = net["a"].layer, net["e"].layer
    assert (a.kernel, a.bias, e.kernel, e.bias) == (3, False, 3, True)  # type: ignore[attr-defined]
    assert (net["p"].layer.stride, net["q"].layer.stride) == (2, 1)  # type: ignore[attr-defined]


def test_a_blocks_defaults_extend_the_files() -> None:
    net = network("""
        defaults: {conv: {bias: false, padding: same}}
        blocks:
          b: {defaults: {conv: {kernel: 5}}, layers: [{c: {conv: 1}}, {d: {conv: 1, kernel: 3}}]}
        layers:
        - x: b
    """)
    c, d = net["x.c"].layer, net["x.d"].layer
    assert (c.kernel, c.bias, c.padding) == (5, False, "same")  # type: ignore[attr-defined]
    assert (d.kernel, d.bias, d.padding) == (3, False, "same")  # type: ignore[attr-defined]


def test_equal_layers_are_one_object() -> None:
    net = network("- a: {conv: 4, repeat: 3}")
    assert net["a.1"].layer is net["a.3"].layer
