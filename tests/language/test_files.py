"""Specs that build on other specs: extends, override, include and variants."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from archcalc.api import load, report
from archcalc.net import Net
from archcalc.spec.source import SpecError
from tests.language.networks import wiring

Derive = Callable[..., Net]

BASE = """
    name: Base
    parameters: {n: 2, w: 4}
    input: [3, 8, 8]
    defaults: {conv: {bias: false}}
    then: {conv: relu}
    blocks:
      unit(f):
        - sum:
            add:
              branch: [{conv1: {conv: f}}, {conv2: {conv: f}}]
              shortcut: [{proj: {conv: f}}]
    layers:
      - stem: {conv: w}
      - pool: {maxpool: 2}
      - stage: {unit: w, repeat: n}
      - end: global_avgpool
    claims: [{params: 1, source: base}]
    budget: {params: 1K}
"""


@pytest.fixture
def derive(tmp_path: Path) -> Derive:
    """The network of a spec that extends the base."""
    (tmp_path / "base.yaml").write_text(dedent(BASE))

    def make(text: str, variant: str = "") -> Net:
        (tmp_path / "new.yaml").write_text("extends: base.yaml\n" + dedent(text))
        return load(f"{tmp_path}/new.yaml{variant}")
    return make


def names(net: Net) -> list[str]:
    return [node.name for node in net.layers]


UNIT = ["sum.branch.conv1", "sum.branch.conv1.relu", "sum.branch.conv2", "sum.branch.conv2.relu",
        "sum.shortcut.proj", "sum.shortcut.proj.relu", "sum"]
LAYERS = ["stem", "stem.relu", "pool", *(f"stage.{i}.{name}" for i in (1, 2) for name in UNIT), "end"]


def test_extends_inherits_layers_words_and_parameters_but_not_what_is_said_of_one_network(derive: Derive) -> None:
    net = derive("parameters: {w: 5}")
    assert names(net) == LAYERS
    assert net.parameters == {"n": 2, "w": 5}
    assert net.name == "new"
    assert net["stem"].layer.bias is False  # type: ignore[attr-defined]
    assert net.document.section("claims") is None
    assert net.document.section("budget") is None


def test_extends_words_are_merged_and_the_new_ones_win(derive: Derive) -> None:
    net = derive("name: New\ndefaults: {conv: {padding: 1}}\nthen: {conv: tanh, maxpool: relu}")
    stem = net["stem"].layer
    assert net.name == "New"
    assert (stem.bias, stem.padding) == (False, 1)  # type: ignore[attr-defined]
    assert names(net)[:4] == ["stem", "stem.tanh", "pool", "pool.relu"]


def test_extends_may_replace_input_layers_and_blocks(derive: Derive) -> None:
    net = derive("""
        inputs: {image: {shape: [3, 4, 4]}, mask: [1, 4, 4]}
        blocks: {unit(f): [{only: {conv: f}}]}
        layers:
          - join: {concat: [image, mask]}
          - x: {unit: 7}
    """)
    assert wiring(net) == "join<image,mask x.only<join x.only.relu<x.only"


def test_override_patches_fields(derive: Derive) -> None:
    net = derive("override: {stem: {kernel: 3, padding: 1}, pool: {maxpool: 4}}")
    assert names(net) == LAYERS
    stem = net["stem"].layer
    assert (stem.kernel, stem.padding, stem.filters) == (3, 1, 4)  # type: ignore[attr-defined]
    assert net["pool"].layer.kernel == 4  # type: ignore[attr-defined]


def test_override_replaces_a_kind(derive: Derive) -> None:
    net = derive("override: {pool: {conv: 6, kernel: 2, stride: 2}, end: global_maxpool}")
    assert net["pool"].layer.kind == "conv"
    assert net["end"].layer.kind == "global_maxpool"
    assert names(net)[:4] == ["stem", "stem.relu", "pool", "pool.relu"]


def test_override_removes(derive: Derive) -> None:
    net = derive("override: {pool: null, stage: }")
    assert wiring(net) == "stem<input stem.relu<stem end<stem.relu"


@pytest.mark.parametrize(("patch", "order"), [
    ("{new: {tanh: , before: pool}}", "stem<input stem.relu<stem new<stem.relu pool<new end<pool"),
    ("{new: {tanh: , after: pool}}", "stem<input stem.relu<stem pool<stem.relu new<pool end<new"),
    ("{new: {tanh: , before: stem}}", "new<input stem<new stem.relu<stem pool<stem.relu end<pool"),
    ("{new: {tanh: , after: end}}", "stem<input stem.relu<stem pool<stem.relu end<pool new<end"),
    ("{pool: {before: stem}}", "pool<input stem<pool stem.relu<stem end<stem.relu"),
    ("{stem: {after: pool, conv: 9}}", "pool<input stem<pool stem.relu<stem end<stem.relu"),
    ("{new: {tanh: , after: pool}, newer: {relu: , after: new}}",
     "stem<input stem.relu<stem pool<stem.relu new<pool newer<new end<newer"),
    ("{new: {tanh: , after: stem, from: input}}", "stem<input stem.relu<stem new<input pool<new end<pool"),
])
def test_override_inserts_and_moves(derive: Derive, patch: str, order: str) -> None:
    net = derive(f"override: {patch[:-1]}, stage: null}}")
    assert wiring(net) == order


def filters(net: Net) -> dict[str, int]:
    return {node.name.removeprefix("stage."): node.layer.filters  # type: ignore[attr-defined]
            for node in net.layers if node.layer.kind == "conv" and node.name.startswith("stage.")}


def test_override_inside_a_block_and_its_branches(derive: Derive) -> None:
    assert filters(derive("override: {stage.sum.branch.conv1: {conv: 9}}")) == {
        f"{i}.sum.{layer}": 9 if layer == "branch.conv1" else 4
        for i in (1, 2) for layer in ("branch.conv1", "branch.conv2", "shortcut.proj")}


def test_override_of_a_single_repetition(derive: Derive) -> None:
    net = derive("override: {stage.2.sum.branch.conv1: {conv: 9}}")
    assert filters(net) == {"1.sum.branch.conv1": 4, "1.sum.branch.conv2": 4, "1.sum.shortcut.proj": 4,
                            "2.sum.branch.conv1": 9, "2.sum.branch.conv2": 4, "2.sum.shortcut.proj": 4}


def test_override_of_the_first_repetition_beside_first(derive: Derive) -> None:
    net = derive("override: {stage: {first: {f: 4}}, stage.1.sum.branch.conv1: {conv: 9}}")
    assert filters(net)["1.sum.branch.conv1"] == 9
    assert filters(net)["2.sum.branch.conv1"] == 4


def test_override_by_name_of_what_was_given_by_place(derive: Derive) -> None:
    net = derive("override: {stage: {f: 9, first: {f: 8}}, stem: {filters: 7}}")
    assert set(filters(net).values()) == {8, 9}
    assert net["stem"].layer.filters == 7  # type: ignore[attr-defined]


def test_override_of_all_repetitions_reaches_those_changed_before(derive: Derive) -> None:
    net = derive("""
        override:
          stage.2.sum.branch.conv1: {conv: 9}
          stage.sum.branch.conv2: {kernel: 3, padding: 1}
          stage.2.sum.shortcut.proj: null
    """)
    assert filters(net) == {"1.sum.branch.conv1": 4, "1.sum.branch.conv2": 4, "1.sum.shortcut.proj": 4,
                            "2.sum.branch.conv1": 9, "2.sum.branch.conv2": 4}
    assert [net[f"stage.{i}.sum.branch.conv2"].layer.kernel for i in (1, 2)] == [3, 3]  # type: ignore[attr-defined]


def test_override_inserts_in_a_branch(derive: Derive) -> None:
    net = derive("override: {stage: {repeat: 1}, stage.sum.branch.new: {tanh: , after: conv1}}")
    assert "stage.1.sum.branch.new<stage.1.sum.branch.conv1.relu" in wiring(net).split()
    assert "stage.1.sum.branch.conv2<stage.1.sum.branch.new" in wiring(net).split()


def test_override_of_one_use_leaves_the_others_and_the_base_alone(derive: Derive, tmp_path: Path) -> None:
    (tmp_path / "middle.yaml").write_text(
        "extends: base.yaml\noverride:\n  other: {unit: 6, after: stage}\n  stage.sum.branch.conv1: {conv: 9}\n")
    (tmp_path / "top.yaml").write_text("extends: middle.yaml\noverride: {other.sum.branch.conv1: {conv: 8}}\n")
    net = load(tmp_path / "top.yaml")
    assert filters(net)["1.sum.branch.conv1"] == 9
    assert net["other.sum.branch.conv1"].layer.filters == 8  # type: ignore[attr-defined]
    assert filters(load(tmp_path / "base.yaml"))["1.sum.branch.conv1"] == 4


@pytest.mark.parametrize(("patch", "message"), [
    ("{pol: {kernel: 3}}", "unknown layer 'pol'; did you mean 'pool'?"), ("{pol: null}", "did you mean 'pool'?"),
    ("{fresh: {tanh: }}", "'fresh' is new here: say `before:` or `after:` which layer it comes"),
    ("{fresh: {tanh: , after: pol}}", "unknown layer 'pol'; did you mean 'pool'?"),
    ("{fresh: {after: pool}}", "unknown layer 'fresh'; a new layer needs a kind and `before:` or `after:`"),
    ("{pool: {after: stem, before: end}}", "a layer comes either before or after another, not both"),
    ("{stem.relu: null}", "'stem' has no layer 'relu' that could be changed; what `then` makes is changed by "
                          "`stem: {then: [...]}`"),
    ("{stage.3.sum.branch.conv1: {conv: 9}}", "stage: there is no repetition 3: 'stage' has 2"),
    ("{stage.0.sum.branch.conv1: {conv: 9}}", "there is no repetition 0: 'stage' has 2"),
    ("{stage.sum.brunch.conv1: {conv: 9}}", "'sum' has no layer 'brunch' that could be changed"),
    ("{stage.sum.branch.konv1: {kernel: 3}}", "unknown layer 'konv1'; did you mean 'conv1'?"),
    ("{stage.sum.branch.konv1: {conv: 9}}", "'konv1' is new here: say `before:` or `after:` which layer it comes; "
                                            "did you mean 'conv1'?"),
    ("{stage.2: null}", "unknown layer '2'"),
    ("{pool: {kernle: 3}}", "pool: unknown field 'kernle'; did you mean 'kernel'?"),
    ("{unit: {conv: 1}}", "'unit' is new here: say `before:` or `after:` which layer it comes"),
])
def test_override_that_does_not_fit(derive: Derive, patch: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        derive(f"override: {patch}")
    assert message in str(error.value)
    assert "new.yaml:2:" in str(error.value)


def test_a_repetition_of_what_is_not_repeated(derive: Derive) -> None:
    with pytest.raises(SpecError, match=r"'other' is not repeated: it has no 'other\.2'"):
        derive("override: {other: {unit: 6, after: stage}, other.2.sum.branch.conv1: {conv: 1}}")


def test_include_brings_blocks_and_parameters_only(derive: Derive, tmp_path: Path) -> None:
    (tmp_path / "user.yaml").write_text(dedent("""
        include: base.yaml
        parameters: {w: 6}
        input: [2, 4, 4]
        layers:
          - a: {conv: 3}
          - b: {unit: w}
    """))
    net = load(tmp_path / "user.yaml")
    assert net.parameters == {"n": 2, "w": 6}
    # the file's own `then` is for its layers; the block keeps the words of the file that it comes from
    assert names(net) == ["a", *(f"b.{name}" for name in UNIT)]
    assert net["a"].layer.bias is True  # type: ignore[attr-defined]
    assert net["b.sum.branch.conv1"].layer.bias is False  # type: ignore[attr-defined]


def test_include_of_several_and_own_blocks_win(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("blocks: {a: [relu], b: [tanh]}\nparameters: {p: 1, q: 1}\n")
    (tmp_path / "two.yaml").write_text("blocks: {c: [sigmoid]}\nparameters: {q: 2}\n")
    (tmp_path / "all.yaml").write_text("include: [one.yaml, two.yaml]\nblocks: {b: [silu]}\ninput: [4]\n"
                                       "layers: [{x: a}, {y: b}, {z: c}]\n")
    net = load(tmp_path / "all.yaml")
    assert names(net) == ["x.relu", "y.silu", "z.sigmoid"]
    assert net.parameters == {"p": 1, "q": 1}


VARIANTS = """
    variants:
      small: {name: Small, w: 2}
      alias: small
      deep: {n: 3, claims: [{params: 2, source: deep}], override: {pool: null}}
    claims: [{params: 1, source: all}]
"""


def test_variants(derive: Derive) -> None:
    small, alias, deep = (derive(VARIANTS, f"#{name}") for name in ("small", "alias", "deep"))
    assert (small.name, small.parameters["w"]) == ("Small", 2)
    assert (alias.name, alias.parameters) == (small.name, small.parameters)
    assert (deep.name, deep.spec, len(deep.inputs)) == ("deep", "deep", 1)
    assert len(filters(deep)) == 3 * len(filters(small)) // 2
    assert "pool" not in names(deep)
    assert "pool" in names(small)
    assert [claim.value["source"].value for claim in deep.document.section("claims").value] == ["all", "deep"]


def test_a_file_with_variants_is_a_network_too(derive: Derive) -> None:
    assert names(derive(VARIANTS)) == LAYERS


def test_variants_of_the_zoo_are_networks_of_their_own() -> None:
    assert report("vgg-a").totals.params < report("vgg16").totals.params == report("vgg-d").totals.params


def test_a_file_changed_between_two_readings_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = "parameters: {w: 1}\ninput: [1, 4, 4]\nlayers:\n- a: {conv: w}\nvariants:\n  wide: {w: 2}\n"
    path.write_text(text)
    assert load(f"{path}#wide").parameters == {"w": 2}
    path.write_text(text + "  wider: {w: 3}\n")
    assert load(f"{path}#wider").parameters == {"w": 3}


def test_extends_of_a_variant_of_the_zoo(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("extends: resnet50\nparameters: {classes: 10}\n")
    net = load(tmp_path / "net.yaml")
    # the last layer has 10 instead of 1000 outputs of 2048 inputs each
    assert report("resnet50").totals.params - report(net).totals.params == (1000 - 10) * (2048 + 1)
