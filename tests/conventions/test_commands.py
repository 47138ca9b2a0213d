"""`report --count` and `explain --count`: what they print, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import archcalc
from archcalc import __main__ as main
from archcalc.cli import cli
from archcalc.conventions import counted, names
from archcalc.conventions.difference import difference
from archcalc.spec.schema import report_schema

VIT = "torchvision/vit_b_16"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


# What torchinfo 1.8.0 and torch 2.14.1 print for torchvision's ViT-B/16 (tests/facts/peers.json), and arithmetic:
# 12 blocks × (2·768·3072 + 3072 + 768) + 1000·768 + 1000 parameters of linear layers; 12 × 197 × 2·768·3072 + 768,000
# MACs of them; 12 × (197·4·768² + 2·197²·768) MACs of attention.
LINEAR = 12 * (2 * 768 * 3072 + 3072 + 768) + 769_000
LINEAR_MACS = 12 * 197 * 2 * 768 * 3072 + 768_000
ATTENTION = 12 * (197 * 4 * 768**2 + 2 * 197**2 * 768)


def test_a_complete_answer() -> None:
    """Why does one say 0.17 G and the other 22.5 G?"""
    text = " ".join(printed("explain", VIT, "--count", "torchinfo,torch").split())
    for part in (
            'torchinfo 1.8.0 says 173,232,616 "mult-adds" (0.17 G).',
            "torch 2.14.1 says 22,542,249,984 FLOPs (22.54 G).",
            "archcalc's own count is 17,563,828,224 MACs (17.56 G).",
            "torch has 2 FLOPs for each multiply-accumulate. Half of its number is 11,271,124,992.",
            "They differ by 22,369,017,368: linear makes 99.5%, conv makes 0.5%.",
            f"linear 25 {LINEAR:,} {2 * LINEAR_MACS:,} +{2 * LINEAR_MACS - LINEAR:,}",
            "the parameters once, biases included: a linear layer on many tokens counts as on one",
            f"attention, 12 layers: neither counts any of its {ATTENTION:,} MACs",
            "torch: nothing, since nn.MultiheadAttention runs as one fused operator without a formula",
            "torch's own answer depends on the mode.",
            "torch with gradients says 33,697,001,472 FLOPs",
            "torch on the meta device says 35,127,656,448 FLOPs"):
        assert part in text


def test_one_tool_is_compared_with_archcalcs_macs() -> None:
    text = printed("explain", "torchvision/resnet18", "--count", "thop")
    assert "ResNet-18 (torchvision), input 3×224×224: archcalc and thop" in text
    assert "batchnorm, 20 layers: +9,934,848, 99.7% of the difference" in text
    assert "archcalc: nothing, since it has no multiply-accumulates" in text


def test_counts_that_agree() -> None:
    text = printed("explain", "torchvision/alexnet", "--count", "torchinfo,ptflops-aten")
    assert "They do not differ." in text
    assert "conv, 5 layers: both count 656,051,520" in text


def test_some_layers_only() -> None:
    """The first bottleneck alone: 1×1, 3×3 and 1×1 convolutions, and the projection beside them."""
    macs = 56 * 56 * (64 * 64 + 9 * 64 * 64 + 64 * 256 + 64 * 256)
    text = printed("explain", "torchvision/resnet50", "layer1.1", "--count", "torch,ptflops-aten")
    assert f"archcalc's own count is {macs:,} MACs" in text
    assert "ResNet-50 (torchvision), input 3×224×224, layer1.1: torch and ptflops-aten" in text
    assert "ptflops 0.7.5 (ptflops-aten) says" in text
    assert f"Half of its number is {macs:,}, the other's number." in " ".join(text.split())
    assert f"total 4 {2 * macs:,} {macs:,} −{macs:,}" in " ".join(text.split())


@pytest.mark.parametrize("pair", ["torchinfo,torch", "ptflops,thop", "calflops,calflops-macs", "timm", "burden"])
@pytest.mark.parametrize("spec", [VIT, "torchvision/maxvit_t", "torchvision/swin_v2_t", "alexnet"])
def test_80_columns(spec: str, pair: str) -> None:
    assert max(map(len, printed("explain", spec, "--count", pair).splitlines())) <= 80


def test_markdown() -> None:
    text = printed("explain", VIT, "--count", "torchinfo,torch", "--format", "md")
    assert text.startswith("# ViT-B/16 (torchvision), input 3×224×224: torchinfo and torch\n")
    assert "| conv | 1 | 115,756,032 | 231,211,008 | +115,454,976 |" in text
    assert "  - torchinfo: 115,756,032, the parameters, biases included, times the output positions" in text


def test_json() -> None:
    data = json.loads(printed("explain", VIT, "--count", "torchinfo,torch", "--format", "json"))
    assert [side["total"] for side in data["sides"]] == [173_232_616, 22_542_249_984]
    assert data["difference"] == sum(kind["difference"] for kind in data["kinds"])
    assert data["sides"][1]["modes"]["on the meta device"]["total"] == 2 * data["macs"]
    for kind in data["kinds"]:
        for count in kind["counts"].values():
            assert count["count"] == sum(reason["total"] for reason in count["reasons"])


@pytest.mark.parametrize("first", names())
def test_kinds_make_up_the_difference(first: str) -> None:
    net = archcalc.load("torchvision/googlenet")
    for second in names():
        found = difference(net, [first, second])
        assert [side.total for side in found.sides] == [counted(net, name).total for name in (first, second)]
        assert sum(kind.difference for kind in found.kinds) == found.total
        assert sum(kind.layers for kind in found.kinds) == len(net)


def test_column() -> None:
    lines = printed("report", VIT, "--count", "torchinfo", "--depth", "1").splitlines()
    assert lines[2].split() == ["layer", "kind", "output", "params", "MACs", "count"]
    assert next(line for line in lines if line.startswith("total")).split()[-1] == "173,232,616"
    note = 'Count: what torchinfo 1.8.0 prints, "mult-adds", in MACs, in eval mode under no_grad on the CPU.'
    assert note in " ".join("\n".join(lines).split())


def test_report_without_a_count_has_none() -> None:
    assert "count" not in printed("report", "alexnet", "--columns", "all").split("\n")[2].split()
    assert "count" not in archcalc.report("alexnet").to_dict()["totals"]
    assert "count" in printed("report", "alexnet", "--columns", "all", "--count", "timm").split("\n")[2].split()


@pytest.mark.parametrize("depth", [None, 1])
def test_json_report(depth: int | None) -> None:
    arguments = [] if depth is None else ["--depth", str(depth)]
    data = json.loads(printed("report", "torchvision/resnet18", "--count", "thop", "--format", "json", *arguments))
    jsonschema.Draft7Validator(report_schema()).validate(data)
    count = data["totals"]["count"]
    assert {key: count[key] for key in ("convention", "unit", "says")} == {
        "convention": "thop", "unit": "MACs", "says": "MACs"}
    assert count["total"] == sum(count["by_kind"].values()) == sum(row["count"] for row in data["layers"])


def test_csv_and_markdown_reports() -> None:
    lines = printed("report", "torchvision/resnet18", "--count", "fvcore", "--format", "csv").splitlines()
    assert lines[0].split(",")[-1] == "count"
    assert lines[1].split(",")[-1] == "118013952"
    text = printed("report", "torchvision/resnet18", "--count", "fvcore", "--format", "md")
    assert "| count |" in text
    assert 'Count: what fvcore 0.1.5.post20221221 prints, "flops", in MACs' in text


@pytest.mark.parametrize("command", ["report", "explain"])
def test_help_names_every_tool(command: str) -> None:
    text = " ".join(printed(command, "--help").split())
    assert [name for name in names() if name not in text] == []


def test_a_plain_report_reads_no_convention() -> None:
    code = ("import sys; from click.testing import CliRunner; from archcalc.cli import cli\n"
            "assert '60,965,224' in CliRunner().invoke(cli, ['report', 'alexnet', *sys.argv[1:]]).output\n"
            "print('archcalc.conventions' in sys.modules)")
    loaded = [subprocess.run([sys.executable, "-c", code, *more], capture_output=True, text=True, check=True).stdout
              for more in ([], ["--count", "timm"])]
    assert loaded == ["False\n", "True\n"]


WRONG = {
    "report alexnet --count fvcor": "unknown tool 'fvcor'; did you mean 'fvcore'?",
    "report alexnet --count fvcore --batch 2": "--count is what a tool prints for one sample; leave out --batch 2",
    "report alexnet --count fvcore --mode train": "tools are reproduced in eval mode; leave out --mode train",
    "report alexnet --columns count": "column 'count' needs --count NAME: which tool counts",
    "explain alexnet --count thop,timm,torch": "--count compares two tools, found 3: thop,timm,torch",
    "explain alexnet --count thop,": "unknown tool ''; there are burden, calflops, calflops-macs, fvcore, ptflops, "
                                     "ptflops-aten, thop, timm, torch and torchinfo",
    "explain alexnet --count torch --what macs": "--count goes with neither --what, --latex nor --batch",
    "explain alexnet --count torch --latex": "--count goes with neither --what, --latex nor --batch",
    "explain alexnet --count torch --mode train": "tools are reproduced in eval mode; leave out --mode train",
    "explain alexnet conv9 --count torch": "alexnet has no layer or block 'conv9'; did you mean 'conv5'?",
    "explain alexnet --count torch -o x.csv": "an explanation is no table of values; use .txt, .md or .json",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_command(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["archcalc", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", f"Error: {WRONG[command]}\n")
    assert list(tmp_path.iterdir()) == []
