"""What a layer reads: the layer before, names, lists, patterns, branches; and what `then` makes."""

import archcalc
from tests.language.networks import network, wired, wiring

test_one_list = wired({
    "the layer before": ("- a: {conv: 2}\n- b: relu\n- c: {conv: 3}", "a<input b<a c<b"),
    "a bare kind is called by its kind, and numbered from the second": (
        "- relu\n- relu\n- conv: 2\n- conv: {filters: 2, kernel: 3}\n- relu",
        "relu<input relu_2<relu conv<relu_2 conv_2<conv relu_3<conv_2"),
    "a number leaves out names that are taken": (
        "- relu_2: tanh\n- relu\n- relu", "relu_2<input relu<relu_2 relu_3<relu"),
    "several fields of an unnamed layer": ("- {maxpool: 2, stride: 2}\n- {conv: 1}", "maxpool<input conv<maxpool"),
    "from a name": ("- a: {conv: 2}\n- b: relu\n- c: {relu: , from: a}\n- d: relu", "a<input b<a c<a d<c"),
    "from the input": ("- a: {conv: 2}\n- b: {conv: 3, from: input}", "a<input b<input"),
    "from a list, in its order": (
        "- a: {conv: 2}\n- b: {conv: 3}\n- c: {concat: , from: [b, input, a]}", "a<input b<a c<b,input,a"),
    "a join by name in place of its value": ("- a: {conv: 4}\n- b: {add: [input, a]}", "a<input b<input,a"),
    "from a pattern, in order of the layers": (
        "- b2: relu\n- b1: {tanh: , from: input}\n- c: {conv: 4, from: input}\n- d: {concat: , from: b*}",
        "b2<input b1<input c<input d<b2,b1"),
    "a pattern stays on its level": (
        "- a: {conv: 4, then: relu}\n- b: {conv: 4}\n- c: {concat: , from: ['*']}",
        "a<input a.relu<a b<a.relu c<input,a.relu,b"),
    "a pattern below a name": (
        "- a: {conv: 4, then: [relu, tanh]}\n- c: {concat: , from: [a.*]}",
        "a<input a.relu<a a.tanh<a.relu c<a.relu,a.tanh"),
    "a number as a branch": ("- a: {add: [[relu], [tanh]]}", "a.1.relu<input a.2.tanh<input a<a.1.relu,a.2.tanh"),
})

test_dense = wired({
    "every layer reads all before it (Huang et al. 2017)": ("""
        blocks:
          dense(k):
            - cat: concat
            - conv: {conv: k}
        layers:
        - pool: {maxpool: 2}
        - layer: {dense: 3, repeat: 3, from: [pool, layer.*]}
        - end: {concat: , from: [pool, layer.*]}""", """
        pool<input
        layer.1.cat<pool layer.1.conv<layer.1.cat
        layer.2.cat<pool layer.2.conv<layer.2.cat
        layer.3.cat<pool layer.3.conv<layer.3.cat
        end<pool,layer.1.conv,layer.2.conv,layer.3.conv"""),
    "a plain kind takes them all": ("""
        - layer: {concat: , repeat: 3, from: [input, layer.*]}""",
        "layer.1<input layer.2<input,layer.1 layer.3<input,layer.1,layer.2"),
    "in a block, `concat` names its block's inputs": ("""
        blocks:
          dense:
            - cat: {concat: , from: [input.1, input.2]}
        layers:
        - a: relu
        - b: {dense: , from: [input, a]}""", "a<input b.cat<input,a"),
})

test_branches = wired({
    "branches start at the input of the join": ("""
        - a: relu
        - sum: {add: {left: [{c: {conv: 4}}, relu], right: []}}
        - b: relu""", "a<input sum.left.c<a sum.left.relu<sum.left.c sum<sum.left.relu,a b<sum"),
    "a branch may begin elsewhere": ("""
        - a: {conv: 4}
        - sum: {add: {left: [{c: {relu: , from: input}}], right: [{d: relu}]}}""",
        "a<input sum.left.c<input sum.right.d<a sum<sum.left.c,sum.right.d"),
    "the join itself may begin elsewhere": ("""
        - a: relu
        - b: relu
        - sum: {add: {left: [], right: [tanh]}, from: a}""", "a<input b<a sum.right.tanh<a sum<a,sum.right.tanh"),
    "a branch is a name": ("""
        - sum: {add: {left: [relu], right: []}}
        - again: {tanh: , from: sum.left}""", "sum.left.relu<input sum<sum.left.relu,input again<sum.left.relu"),
    "joins in joins": ("""
        - x: {concat: {l: [{y: {add: {p: [relu], q: []}}}], r: []}}""",
        "x.l.y.p.relu<input x.l.y<x.l.y.p.relu,input x<x.l.y,input"),
    "a product": ("- se: {multiply: {gate: [{avg: global_avgpool}, sigmoid], x: []}}",
                  "se.gate.avg<input se.gate.sigmoid<se.gate.avg se<se.gate.sigmoid,input"),
})

test_then = wired({
    "for a kind": ("""
        then: {conv: [batchnorm, relu]}
        layers:
        - a: {conv: 2}
        - tanh""", "a<input a.batchnorm<a a.relu<a.batchnorm tanh<a.relu"),
    "an item's own wins, and may be empty": ("""
        then: {conv: relu}
        layers:
        - a: {conv: 2, then: tanh}
        - b: {conv: 2, then: []}""", "a<input a.tanh<a b<a.tanh"),
    "not for what `then` makes": ("""
        then: {conv: relu, relu: tanh}
        layers:
        - a: {conv: 2}
        - relu""", "a<input a.relu<a relu<a.relu relu.tanh<relu"),
    "with names and fields of its own": (
        "- a: {conv: 4, then: [{bn: batchnorm}, {conv: 2, kernel: 3}]}", "a<input a.bn<a a.conv<a.bn"),
    "a name reads the last of them": ("- a: {conv: 2, then: relu}\n- b: tanh\n- c: {tanh: , from: a}",
                                      "a<input a.relu<a b<a.relu c<a.relu"),
    "each of them has a name": ("- a: {conv: 4, then: [batchnorm, relu]}\n- c: {add: [a.batchnorm, a]}",
                                "a<input a.batchnorm<a a.relu<a.batchnorm c<a.batchnorm,a.relu"),
    "behind a join": ("- a: {add: {l: [relu], r: []}, then: relu}\n- b: tanh",
                      "a.l.relu<input a<a.l.relu,input a.relu<a b<a.relu"),
    "behind each repetition": ("- a: {conv: 2, repeat: 2, then: relu}",
                               "a.1<input a.1.relu<a.1 a.2<a.1.relu a.2.relu<a.2"),
    "a block's own, for its layers": ("""
        then: {conv: relu}
        blocks:
          b: {then: {conv: tanh}, layers: [{c: {conv: 2}}, {d: {linear: 3, if: false}}]}
        layers:
        - x: b
        - y: {conv: 1}""", "x.c<input x.c.tanh<x.c y<x.c.tanh y.relu<y"),
    "behind a block": ("""
        blocks: {b: [{c: {conv: 2}}]}
        layers:
        - x: {b: , then: relu}""", "x.c<input x.relu<x.c"),
})

test_scopes = wired({
    "names resolve from the innermost block outwards": ("""
        blocks:
          b:
            - c: relu
            - d: {add: [c, a]}
        layers:
        - a: relu
        - c: tanh
        - x: b
        - e: {relu: , from: c}""", "a<input c<a x.c<c x.d<x.c,a e<c"),
    "`input` is the block's own": ("""
        blocks:
          b:
            - c: relu
            - d: {add: [c, input]}
        layers:
        - a: relu
        - x: b""", "a<input x.c<a x.d<x.c,a"),
    "`input` in a branch of a block is the block's": ("""
        blocks:
          b:
            - c: relu
            - d: {add: {l: [{e: {tanh: , from: input}}], r: []}}
        layers:
        - a: relu
        - x: b""", "a<input x.c<a x.d.l.e<a x.d<x.d.l.e,x.c"),
    "`input` in a block in a block is the inner one's": ("""
        blocks:
          inner: [{r: relu}, {s: {add: [input, r]}}]
          outer: [{t: tanh}, {i: inner}, {u: {add: [input, i]}}]
        layers:
        - x: outer""", "x.t<input x.i.r<x.t x.i.s<x.t,x.i.r x.u<input,x.i.s"),
    "a repetition of another block is a name": ("""
        blocks: {b: [{c: {conv: 4}}]}
        layers:
        - x: {b: , repeat: 3}
        - y: {add: [x.1, x.3.c, x]}""", "x.1.c<input x.2.c<x.1.c x.3.c<x.2.c y<x.1.c,x.3.c,x.3.c"),
})


def test_then_counts_in_a_shape() -> None:
    net = network("- a: {conv: 2, kernel: 3, then: {maxpool: 2, stride: 2}}")
    assert wiring(net) == "a<input a.maxpool<a"
    assert [node.layer.kind for node in net.layers] == ["conv", "maxpool"]


def test_a_shared_tensor_may_have_dots_in_its_name() -> None:
    net = archcalc.loads("""
input: {shape: [8, 4], axes: [sequence, channel]}
layers:
  - a: {attention: 2}
  - b: {attention: 2, share: {out_proj.weight: a.out_proj.weight}}
""")
    assert net["b"].share == {"out_proj.weight": (1, "out_proj.weight")}
    report = archcalc.report(net)
    assert report["a"].params - report["b"].params == 4 * 4


def test_a_layer_may_have_the_name_of_its_block_or_of_another_kind() -> None:
    net = archcalc.loads("""
input: [3, 8, 8]
blocks: {"down(c, k)": [{conv: {conv: c, kernel: k}}]}
layers:
  - down: {down: [4, 3]}
  - maxpool: {down: [5, 1]}
""")
    assert [node.name for node in net.layers] == ["down.conv", "maxpool.conv"]
