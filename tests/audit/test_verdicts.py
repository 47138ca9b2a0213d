"""Verdicts that were worked out by hand, from the arithmetic that is written out in each row."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import pytest

import archcalc
from archcalc.claims.verdict import Verdict
from tests.audit.audited import audited


class Row(NamedTuple):
    """A claim (spec audited, network, quantity, part, printed), what it must be found to be, and the value."""

    spec: str
    claim: str
    printed: str
    verdict: str
    computed: object
    conventions: tuple[str, ...] = ()
    alone: tuple[tuple[str, ...], ...] = ()


def inception(x: int, c1: int, r3: int, c3: int, r5: int, c5: int, proj: int) -> int:
    """The weights of an inception module on x channels: GoogLeNet, figure 2(b), and the columns of table 1."""
    return x * c1 + x * r3 + 9 * r3 * c3 + x * r5 + 25 * r5 * c5 + x * proj


def with_biases(x: int, c1: int, r3: int, c3: int, r5: int, c5: int, proj: int) -> int:
    return inception(x, c1, r3, c3, r5, c5, proj) + c1 + r3 + c3 + r5 + c5 + proj


A3 = (192, 64, 96, 128, 16, 32, 32)
B3 = (256, 128, 128, 192, 32, 96, 64)
A4 = (480, 192, 96, 208, 16, 48, 64)
B4 = (512, 160, 112, 224, 24, 64, 64)
C4 = (512, 128, 128, 256, 24, 64, 64)
D4 = (512, 112, 144, 288, 32, 64, 64)
E4 = (528, 256, 160, 320, 32, 128, 128)
A5 = (832, 256, 160, 320, 32, 128, 128)
B5 = (832, 384, 192, 384, 48, 128, 128)

CONV1 = 11 * 11 * 3 * 96
CONV2 = 5 * 5 * 48 * 256
CONV3 = 3 * 3 * 256 * 384
CONV4 = 3 * 3 * 192 * 384
CONV5 = 3 * 3 * 192 * 256
FC = 9216 * 4096 + 4096 * 4096 + 4096 * 1000
ALEXNET = CONV1 + 96 + CONV2 + 256 + CONV3 + 384 + CONV4 + 384 + CONV5 + 256 + FC + 4096 + 4096 + 1000
NEURONS = 55 * 55 * 96 + 27 * 27 * 256 + 13 * 13 * (384 + 384 + 256) + 4096 + 4096 + 1000

VGG_A = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 3 * 512 * 512) + 64 + 128 + 2 * 256 + 4 * 512
VGG_FC = 7 * 7 * 512 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000
VGG_D = 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 2 * 256 * 256 + 256 * 512 + 5 * 512 * 512) \
    + 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512


def vgg_macs(depths: tuple[int, ...]) -> int:
    """Multiply-adds of the 3×3 convolutions of a VGG with so many in each stage, whose maps are 224, 112, ..., 14."""
    total, channels = 0, 3
    for stage, (filters, depth) in enumerate(zip((64, 128, 256, 512, 512), depths, strict=True)):
        for _ in range(depth):
            total += 9 * channels * filters * (224 >> stage) ** 2
            channels = filters
    return total


VGG_DENSE = 7 * 7 * 512 * 4096 + 4096 * 4096 + 4096 * 1000
VGG16, VGG19 = vgg_macs((2, 2, 3, 3, 3)), vgg_macs((2, 2, 4, 4, 4))
STEM = 112 * 112 * 7 * 7 * 3 * 64


def basic(blocks: tuple[int, ...], projections: bool = True) -> int:
    """Multiply-adds of a ResNet of basic blocks, option B: 9·w·w twice a block, half of it where the width doubles."""
    total = STEM + 512 * 1000
    for stage, count in enumerate(blocks):
        w, size = 64 << stage, 56 >> stage
        total += size * size * 9 * w * w * 2 * count
        if stage:
            total -= size * size * 9 * w * (w // 2)
            total += size * size * w * (w // 2) if projections else 0
    return total


def bottleneck(blocks: tuple[int, ...]) -> int:
    """The same with bottlenecks, whose stride is in the first 1×1."""
    total, channels = STEM + 2048 * 1000, 64
    for stage, count in enumerate(blocks):
        w, area = 64 << stage, (56 >> stage) ** 2
        for _ in range(count):
            project = channels != 4 * w and channels * 4 * w
            total += area * (channels * w + 9 * w * w + 4 * w * w + project)
            channels = 4 * w
    return total


def cifar(n: int) -> int:
    """Parameters of a ResNet for CIFAR-10, option A: 2n convolutions of 3×3 a stage, each with batch normalization."""
    convolutions = 9 * (3 * 16 + 2 * n * 16 * 16 + 16 * 32 + (2 * n - 1) * 32 * 32 + 32 * 64 + (2 * n - 1) * 64 * 64)
    normalization = 2 * (16 + 2 * n * (16 + 32 + 64))
    return convolutions + normalization + 64 * 10 + 10


MACS, K = ("macs",), ("kibi",)
ROWS = [
    # 60,965,224: 61 million rounded, 60 million truncated.
    Row("alexnet", "alexnet params", "60 million", "agrees", ALEXNET),
    # 659,272: 650,000 truncated to two digits.
    Row("alexnet", "alexnet neurons", "650,000", "agrees", NEURONS),
    Row("alexnet", "alexnet neurons input", "150,528", "differs", 3 * 227 * 227, alone=(("image-224",),)),
    Row("alexnet", "alexnet neurons conv1", "253,440", "differs", 96 * 55 * 55),
    Row("alexnet", "alexnet neurons conv2", "186,624", "agrees", 256 * 27 * 27),
    Row("alexnet", "alexnet neurons conv5", "43,264", "agrees", 256 * 13 * 13),
    # (224 − 11 + 2p) / 4 + 1 is 54.25 for p = 0, 55.25 for 2 and 55.75 for 3.
    Row("alexnet", "alexnet shape conv1", "96×55×55", "agrees if", [96, 55, 55], ("padding-2",)),
    Row("alexnet", "alexnet augmentation", "2048", "differs", (256 - 224 + 1) ** 2 * 2),
    # 1.45%: no more than 1% only as printed, without decimals.
    Row("alexnet", "alexnet params conv3", "<= 1%", "agrees", float(Fraction(CONV3 + 384, ALEXNET))),
    Row("alexnet", "alexnet params fc6", "most", "agrees", float(Fraction(9216 * 4096 + 4096, ALEXNET))),
    Row("zfnet", "zfnet shape conv1", "96×110×110", "agrees", [96, (224 - 7 + 2) // 2 + 1, (224 - 7 + 2) // 2 + 1]),
    Row("zfnet", "zfnet size conv1", "110", "differs", [(224 - 7) // 2 + 1] * 2),
    Row("zfnet", "zfnet outputs flatten", "9216", "agrees", 6 * 6 * 256),
    Row("zfnet", "alexnet settings.groups conv3", "2", "differs", 1),
    Row("vgg", "vgg-a params", "133M", "agrees", VGG_A + VGG_FC),
    Row("vgg", "vgg-d params", "138M", "agrees", VGG_D + VGG_FC),
    Row("vgg", "vgg-d field conv1.3", "7", "agrees", [1 + 3 * (3 - 1)] * 2),
    Row("vgg", "vgg-e depth", "19", "agrees", 2 + 2 + 4 + 4 + 4 + 3),
    # K is 1,024 for the rows that follow from their columns: 112.25, 159.9, 379.6 and 1000.98 K with biases.
    Row("googlenet", "googlenet params reduce2 + conv2", "112K", "agrees if", 64 * 64 + 64 + 9 * 64 * 192 + 192, K),
    Row("googlenet", "googlenet params 3a", "159K", "agrees if", with_biases(*A3), K),
    Row("googlenet", "googlenet params 3b", "380K", "agrees if", with_biases(*B3), K),
    Row("googlenet", "googlenet params fc", "1000K", "agrees if", 1024 * 1000 + 1000, K),
    # 9,472 and 9,408 are no 2.7K; nor are 4a to 5b what is printed, in units of 1,000 or 1,024, with biases or not.
    Row("googlenet", "googlenet params conv1", "2.7K", "differs", 7 * 7 * 3 * 64 + 64),
    Row("googlenet", "googlenet params 4a", "364K", "differs", with_biases(*A4)),
    Row("googlenet", "googlenet params 4b", "437K", "differs", with_biases(*B4)),
    Row("googlenet", "googlenet params 4c", "463K", "differs", with_biases(*C4)),
    Row("googlenet", "googlenet params 4d", "580K", "differs", with_biases(*D4)),
    Row("googlenet", "googlenet params 4e", "840K", "differs", with_biases(*E4)),
    Row("googlenet", "googlenet params 5a", "1072K", "differs", with_biases(*A5)),
    Row("googlenet", "googlenet params 5b", "1388K", "differs", with_biases(*B5)),
    # Operations are multiply-adds: weights times positions.
    Row("googlenet", "googlenet flops conv1", "34M", "differs", 7 * 7 * 3 * 64 * 112 * 112),
    Row("googlenet", "googlenet flops reduce2 + conv2", "360M", "agrees if",
        (64 * 64 + 9 * 64 * 192) * 56 * 56, MACS),
    Row("googlenet", "googlenet flops 3a", "128M", "agrees if", inception(*A3) * 28 * 28, MACS),
    Row("googlenet", "googlenet flops 3b", "304M", "agrees if", inception(*B3) * 28 * 28, MACS),
    Row("googlenet", "googlenet flops 4a", "73M", "agrees if", inception(*A4) * 14 * 14, MACS),   # 73.6: truncated
    Row("googlenet", "googlenet flops 4c", "100M", "agrees if", inception(*C4) * 14 * 14, MACS),
    Row("googlenet", "googlenet flops 4e", "170M", "agrees if", inception(*E4) * 14 * 14, MACS),
    Row("googlenet", "googlenet flops 5a", "54M", "differs", inception(*A5) * 7 * 7),
    Row("googlenet", "googlenet flops 5b", "71M", "agrees if", inception(*B5) * 7 * 7, MACS),
    # The longest path: 2 convolutions before the modules' reduce and convolve, 9 modules of 2, and the dense layer.
    Row("googlenet", "googlenet depth", "22", "agrees", 3 + 9 * 2 + 1),
    Row("googlenet", "googlenet depth", "27", "agrees", 3 + 9 * 2 + 1 + 5),
    Row("googlenet", "googlenet shape aux1.pool", "512×4×4", "agrees", [512, (14 - 5) // 3 + 1, (14 - 5) // 3 + 1]),
    Row("resnet", "resnet18 flops", "1.8e9", "agrees if", basic((2, 2, 2, 2)), MACS),
    Row("resnet", "resnet34 flops", "3.6e9", "agrees if", basic((3, 4, 6, 3)), MACS),            # 3.66: truncated
    Row("resnet", "resnet50 flops", "3.8e9", "agrees if", bottleneck((3, 4, 6, 3)), MACS),       # 3.86: truncated
    Row("resnet", "resnet101 flops", "7.6e9", "agrees if", bottleneck((3, 4, 23, 3)), MACS),
    Row("resnet", "resnet152 flops", "11.3e9", "agrees if", bottleneck((3, 8, 36, 3)), MACS),
    Row("resnet", "plain34 flops", "3.6 billion", "agrees if", basic((3, 4, 6, 3), projections=False), MACS),
    # 15.47 with the dense layers, 15.35 without; 19.63 with them, 19.51 without: no one convention gives both.
    Row("resnet", "vgg16 flops", "15.3 billion", "differs", VGG16 + VGG_DENSE, alone=(("macs", "convolutions"),)),
    Row("resnet", "vgg19 flops", "19.6 billion", "agrees if", VGG19 + VGG_DENSE, MACS),
    Row("resnet", "resnet34-c layers *.proj", "13 more", "agrees", (3 + 4 + 6 + 3) - 3),
    Row("resnet", "resnet152 depth", "8x deeper", "agrees", 152 // 19),
    Row("resnet-cifar", "resnet20 params", "0.27M", "agrees", cifar(3)),
    Row("resnet-cifar", "resnet32 params", "0.46M", "agrees", cifar(5)),
    Row("resnet-cifar", "resnet110 params", "1.7M", "agrees", cifar(18)),
    Row("resnet-cifar", "resnet1202 params", "19.4M", "agrees", cifar(200)),
    Row("audits/study-notes", "alexnet params conv1", "34848", "agrees if", CONV1, ("no-biases",)),
    Row("audits/study-notes", "alexnet params conv3", "884736", "agrees if", CONV3, ("no-biases",)),
    Row("audits/study-notes", "alexnet follows norm1", "pool1", "differs", ["conv1.relu"]),
    Row("audits/study-notes", "alexnet shape norm1", "96×27×27", "differs", [96, 55, 55]),
    Row("audits/study-notes", "zfnet settings.stride conv1", "1", "differs", 2),
    Row("audits/study-notes", "vgg16 settings.stride *", "1", "differs", [1, 2]),
    Row("audits/study-notes", "vgg-c settings.kernel conv", "3", "differs", [3, 1]),
    Row("audits/study-notes", "inception-reduced params", "< 1x", "agrees",
        float(Fraction(with_biases(*A3), 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32 + 64 + 128 + 32))),
    Row("audits/study-notes", "resnet50 weights conv2_x.2", "> 1x", "agrees",
        float(Fraction(256 * 64 + 9 * 64 * 256, 256 * 64 + 9 * 64 * 64 + 64 * 256))),
]


def found(row: Row) -> list[Verdict]:
    def name(verdict: Verdict) -> str:
        claim = verdict.claim
        quantity = f"{claim.quantity}.{claim.setting}" if claim.setting else claim.quantity
        return f"{verdict.spec} {quantity}" + (f" {claim.of}" if claim.of else "")
    return [v for v in audited(row.spec).verdicts if name(v) == row.claim and v.claim.printed == row.printed]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.claim} {row.printed}")
def test_verdict(row: Row) -> None:
    (verdict,) = found(row)
    assert verdict.verdict == row.verdict, verdict.sentence
    assert verdict.computed == row.computed
    assert verdict.conventions == row.conventions
    assert row.alone in ((), verdict.alone)


def test_conventions_of_the_tables() -> None:
    """GoogLeNet's table counts multiply-adds and K of 1,024; ResNet's FLOPs are these; AlexNet's are as told."""
    sources = {(spec, source.name): source for spec in ("alexnet", "googlenet", "resnet")
               for source in audited(spec).sources}
    table = sources["googlenet", "table 1"]
    # 17 shapes; 10 of 12 rows of operations; 4 of 12 rows of parameters.
    assert (table.conventions, table.plain, table.explained, table.figures) == (("macs", "kibi"), 17, 17 + 10 + 4, 41)
    assert sources["resnet", "table 1"].conventions == ("macs",)
    assert sources["alexnet", "figure 2, caption"].conventions == ()


def test_rows_of_googlenet_that_do_not_follow() -> None:
    table = [v for v in audited("googlenet").verdicts if v.claim.source == "table 1" and v.verdict == "differs"]
    assert {(v.claim.quantity, v.claim.of) for v in table} == {
        ("params", "conv1"), ("flops", "conv1"), ("params", "5a"), ("flops", "5a"),
        *(("params", row) for row in ("4a", "4b", "4c", "4d", "4e", "5b"))}
    assert all(v.alone == () for v in table)


def test_relative_error_is_that_of_the_printed_figure() -> None:
    (verdict,) = found(Row("alexnet", "alexnet neurons conv1", "253,440", "", None))
    assert verdict.relative_error == Fraction(253_440 - 290_400, 290_400)
    assert "12.7% less" in verdict.sentence
    assert verdict.arithmetic == "96 × 55 × 55 = 290,400"


def test_224_of_alexnet_says_what_there_is_without_padding() -> None:
    (verdict,) = found(Row("alexnet", "alexnet shape conv1", "96×55×55", "", None))
    assert verdict.sentence == ("With image 224, the output of conv1 of AlexNet is 96×55×55, as printed. This holds if "
                                "the first layer has a padding of 2 or 3; otherwise it is 96×54×54.")


def test_every_finding_on_the_five_families_has_a_note() -> None:
    for spec in ("alexnet", "zfnet", "vgg", "googlenet", "resnet", "resnet-cifar", "audits/study-notes"):
        assert audited(spec).news == ()


def test_a_variant_has_its_own_claims_and_the_convention_of_its_source() -> None:
    """One figure of a table is judged by all of it, whichever network is asked for."""
    own = archcalc.audit(archcalc.load("resnet50"))
    assert {verdict.spec for verdict in own.verdicts} == {"resnet50"}
    flops = next(v for v in own.verdicts if v.claim.quantity == "flops" and v.claim.source == "table 1")
    assert (flops.verdict, flops.conventions) == ("agrees if", ("macs",))
    assert next(s for s in own.sources if s.name == "table 1").figures == 41
    assert [v.claim.term for v in archcalc.audit("vgg16").verdicts] != []
    assert len(archcalc.audit("vgg16").verdicts) == len(archcalc.audit("vgg-d").verdicts)
