"""Claims that make no sense, found when they are audited: each message with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError

HEAD = """\
parameters: {image: 8}
input: [3, image, image]
layers: [{conv1: {conv: 4, kernel: 3}}]
claims:
"""

CLAIMS = {
    "layer of another network": (
        "- {spec: alexnet, params: {conv9: 3}}",
        "spec.yaml:5:28: no layer or block is called 'conv9'; did you mean 'conv5'?"),
    "layer that only the other network has not": (
        "- {to: vgg16, params: {conv1: 3x, conv1 + conv1: 2x}}\n- {to: alexnet, macs: {conv1: 3x}}\n"
        "- {to: alexnet, with: {conv1: {kernel: 1}}, params: {conv2: 3x}}",
        "spec.yaml:7:54: no layer or block is called 'conv2'; did you mean 'conv1'?"),
    "unknown network": (
        "- {spec: alexnt, params: 3}",
        "spec.yaml:5:10: no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?"),
    "unknown network to compare with": (
        "- {to: alexnt, params: 3x}",
        "spec.yaml:5:8: no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?"),
    "parameter that breaks the network": (
        "- {with: {image: 2}, params: 3}",
        "spec.yaml:5:10: this breaks the network: conv1: a window of 3 does not fit into 2 with padding 0 + 0: use a "
        "smaller kernel, more padding or a larger input; it gets 3×2×2 from 'input'"),
    "parameter that is no size": (
        "- {with: {image: [3]}, params: 3}",
        "spec.yaml:5:10: this breaks the network: input: 'shape': expected a list of sizes, such as [3, 224, 224], "
        "found [3, a list of 1, a list of 1]"),
    "field that breaks the network": (
        "- {with: {conv1: {kernel: 30}}, params: 3}",
        "spec.yaml:5:10: this breaks the network: conv1: a window of 30 does not fit into 8 with padding 0 + 0: use a "
        "smaller kernel, more padding or a larger input; it gets 3×8×8 from 'input'"),
    "all layers left out": (
        "- {with: {conv1: null}, params: 3}",
        "spec.yaml:5:10: this breaks the network: the network has no layers"),
    "unknown field in with": (
        "- {with: {conv1: {kernal: 1}}, params: 3}",
        "spec.yaml:5:10: this breaks the network: conv1: unknown field 'kernal'; did you mean 'kernel'?"),
    "unknown layer in with": (
        "- {with: {conv2: {kernel: 1}}, params: 3}",
        "spec.yaml:5:11: unknown layer 'conv2'; did you mean 'conv1'?"),
    "unknown parameter of another network": (
        "- {spec: alexnet, with: {imgae: 224}, params: 3}",
        "spec.yaml:5:26: unknown parameter 'imgae'; did you mean 'image'?"),
    "unknown field in settings": (
        "- {settings: {conv1: {kernal: 3}}}",
        "spec.yaml:5:23: it has no field 'kernal'; did you mean 'kernel'?"),
    "unknown convention": (
        "- {under: mac, flops: 3}",
        "spec.yaml:5:11: unknown convention 'mac'; did you mean 'macs'?"),
    "conventions that exclude each other": (
        "- {under: [macs, 2-macs], flops: 3}",
        "spec.yaml:5:18: '2-macs' and 'macs' exclude each other"),
    "unknown name in arithmetic": (
        "- {arithmetic: {2 * imgae: 16}}",
        "spec.yaml:5:17: unknown name 'imgae'; did you mean 'image'?"),
    "arithmetic without a result": (
        "- {arithmetic: {1 / 0: 16}}",
        "spec.yaml:5:17: division by zero in '1 / 0'"),
    "arithmetic that is a comparison": (
        "- {arithmetic: {image > 1: 1}}",
        "spec.yaml:5:17: 'image > 1' is no number"),
}

FILES = {
    "audit that is a word": (
        "audit: notes\nclaims: []\n",
        "audit.yaml:1:8: 'audit' is a mapping such as {title: Notes, source: page 3}, found 'notes'"),
    "unknown key of the file": (
        "audit: {title: Notes}\nclaim: []\n",
        "audit.yaml:2:1: unknown key 'claim' of an audit file; did you mean 'claims'?"),
    "unknown key of its head": (
        "audit: {titel: Notes}\nclaims: []\n",
        "audit.yaml:1:9: unknown key 'titel' of 'audit'; did you mean 'title'?"),
    "no claims": (
        "audit: {title: Notes}\n",
        "audit.yaml:1:1: an audit file has a list of `claims`, found none"),
    "claim of no network": (
        "audit: {title: Notes}\nclaims:\n- {params: 60M}\n",
        "audit.yaml:3:3: the claim does not say of which network: `spec: alexnet`"),
}


@pytest.mark.parametrize(("claims", "message"), CLAIMS.values(), ids=CLAIMS)
def test_claim(claims: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check("spec.yaml", HEAD + claims + "\n", message, tmp_path, monkeypatch)


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_file(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check("audit.yaml", text, message, tmp_path, monkeypatch)


def check(name: str, text: str, message: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message, the line that it is about, and a caret under the column."""
    monkeypatch.chdir(folder)
    Path(name).write_text(text, "utf-8")
    with pytest.raises(ArchcalcError) as error:
        archcalc.audit(name)
    head, line, caret = str(error.value).splitlines()
    assert head == message
    row, column = map(int, message.split(":")[1:3])
    assert line == "  " + text.splitlines()[row - 1]
    assert caret.index("^") == column + 1
    assert error.value.exit_code == 2


NOT_THERE = {
    "crossings: [conv1]": "the spec has no `placement`",
    "year: 2012": "the spec does not give the year of its paper",
    "augmentation: 2048": "the spec has no `augmentation`",
    "shape: {linear: [3]}": "there is no such layer",
    "settings: {linear: {features: 3}}": "there is no such layer",
    "kernels: {relu: [3]}": "there is no such layer",
}


@pytest.mark.parametrize(("claim", "why"), NOT_THERE.items(), ids=NOT_THERE)
def test_what_cannot_be_judged_says_why(claim: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"{HEAD}- {{{claim}}}\n", "utf-8")
    (verdict,) = archcalc.audit(path).verdicts
    assert verdict.verdict == "cannot be judged"
    assert verdict.sentence.endswith(f"cannot be judged: {why}.")
    assert not verdict.news


def test_other_parameters_may_leave_layers_out(tmp_path: Path) -> None:
    """A claim on a layer that is gone is no mistake of the spec: the network can still be looked at."""
    path = tmp_path / "spec.yaml"
    path.write_text("parameters: {n: 2}\ninput: [3, 8, 8]\nlayers: [{a: {conv: 4, repeat: n}}]\n"
                    "claims: [{params: {a.2: 20}}]\n", "utf-8")
    assert archcalc.audit(path).verdicts[0].verdict == "agrees"       # 4·4 + 4
    assert archcalc.report(path, n=1).totals.params == 3 * 4 + 4
