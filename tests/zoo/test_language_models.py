"""Language models of the zoo against arithmetic, written out per architecture, and against published counts."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.analysis.shapes import calls
from archcalc.spec.source import SpecError


def bert(tokens: int, width: int, layers: int) -> tuple[int, int]:
    """Parameters and MACs of the encoder with its pooler."""
    embeddings = (30522 + 512 + 2) * width + 2 * width
    attention, network = 4 * (width * width + width), 4 * width * width + 4 * width + 4 * width * width + width
    pooler = width * width + width
    macs = tokens * (4 + 8) * width * width + 2 * tokens * tokens * width
    return embeddings + layers * (attention + network + 4 * width) + pooler, layers * macs + width * width


def gpt2(tokens: int, width: int, layers: int) -> tuple[int, int]:
    """The scores are of the table of embeddings: no parameters of their own."""
    embeddings = (50257 + 1024) * width
    attention, network = 4 * (width * width + width), 4 * width * width + 4 * width + 4 * width * width + width
    macs = tokens * (4 + 8) * width * width + 2 * tokens * tokens * width
    return (embeddings + layers * (attention + network + 4 * width) + 2 * width,
            layers * macs + tokens * 50257 * width)


def llama(tokens: int, vocabulary: int, width: int, hidden: int, layers: int, shared: int) -> tuple[int, int]:
    """``shared`` heads have keys and values in common; no biases; the scores have a table of their own."""
    weights = 2 * width * width + 2 * width * width // shared + 3 * width * hidden
    macs = tokens * weights + 2 * tokens * tokens * width
    return 2 * vocabulary * width + layers * (weights + 2 * width) + width, layers * macs + tokens * vocabulary * width


def t5(tokens: int, width: int, hidden: int, layers: int, heads: int, head: int) -> tuple[int, int]:
    """One table of 32 buckets in each stack; the decoder attends to itself and to the encoder; targets as tokens."""
    inner, network = heads * head, 2 * width * hidden
    encoder, decoder = 4 * width * inner + network, 8 * width * inner + network
    params = 32128 * width + 2 * 32 * heads + layers * (encoder + 2 * width + decoder + 3 * width) + 2 * width
    products = layers * 3 * 2 * tokens * tokens * inner
    return params, tokens * layers * (encoder + decoder) + products + tokens * 32128 * width


LENGTHS = (64, 512)
MODELS = {
    "bert-base": (bert, (768, 12)), "bert-large": (bert, (1024, 24)),
    "gpt2": (gpt2, (768, 12)), "gpt2-medium": (gpt2, (1024, 24)), "gpt2-large": (gpt2, (1280, 36)),
    "gpt2-xl": (gpt2, (1600, 48)),
    "llama2-7b": (llama, (32000, 4096, 11008, 32, 1)), "llama2-13b": (llama, (32000, 5120, 13824, 40, 1)),
    "llama2-70b": (llama, (32000, 8192, 28672, 80, 8)),
    "llama3-8b": (llama, (128256, 4096, 14336, 32, 4)), "llama3-70b": (llama, (128256, 8192, 28672, 80, 8)),
    "t5-small": (t5, (512, 2048, 6, 8, 64)), "t5-base": (t5, (768, 3072, 12, 12, 64)),
    "t5-large": (t5, (1024, 4096, 24, 16, 64)), "t5-3b": (t5, (1024, 16384, 24, 32, 128)),
    "t5-11b": (t5, (1024, 65536, 24, 128, 128)),
}


@pytest.mark.parametrize("tokens", LENGTHS)
@pytest.mark.parametrize("name", MODELS)
def test_parameters_and_macs(name: str, tokens: int) -> None:
    formula, sizes = MODELS[name]
    more = {"targets": tokens} if formula is t5 else {}
    totals = archcalc.report(name, tokens=tokens, **more).totals
    assert (totals.params, totals.macs) == formula(tokens, *sizes)  # type: ignore[operator]


# As published: `num_parameters` on the models' pages, or in the documentation of `transformers`.
PUBLISHED = {
    "bert-base": 109_482_240, "bert-large": 335_141_888,
    "gpt2": 124_439_808, "gpt2-medium": 354_823_168, "gpt2-large": 774_030_080, "gpt2-xl": 1_557_611_200,
    "llama2-7b": 6_738_415_616, "llama2-13b": 13_015_864_320, "llama2-70b": 68_976_648_192,
    "llama3-8b": 8_030_261_248, "llama3-70b": 70_553_706_496,
    "t5-small": 60_506_624, "t5-base": 222_903_552, "t5-large": 737_668_096, "t5-3b": 2_851_598_336,
    "t5-11b": 11_307_321_344,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published(name: str) -> None:
    assert archcalc.report(name).totals.params == PUBLISHED[name]


def test_pretraining_heads() -> None:
    """The masked word's: a dense layer, its normalization, and biases for the table; and the next sentence's."""
    with_heads, without = (archcalc.report("bert-base", mode=mode).totals.params for mode in ("train", "eval"))
    assert with_heads - without == 768 * 768 + 768 + 2 * 768 + 30522 + 768 * 2 + 2
    assert with_heads == 110_106_428  # BertForPreTraining


@pytest.mark.parametrize(("name", "table", "readers"), [
    ("gpt2", "wte", ["lm_head"]), ("t5-small", "shared", ["targets", "lm_head"])])
def test_tied_tables_count_once(name: str, table: str, readers: list[str]) -> None:
    net = archcalc.load(name)
    report, found = archcalc.report(net), calls(net)
    for reader in readers:
        assert report[reader].params == 0
        assert found[net.index[reader]].params["weight"].size == report[table].params


def test_llamas_scores_have_a_table_of_their_own() -> None:
    assert archcalc.report("llama3-8b")["output"].params == 128256 * 4096


def test_decoder_of_its_own_length() -> None:
    report = archcalc.report("t5-small", tokens=100, targets=30)
    cross = report["decoder.1.crossed.attention.cross"]
    assert cross.shape == (30, 512)
    assert cross.macs == 30 * 512 * 512 * 2 + 100 * 512 * 512 * 2 + 2 * 30 * 100 * 512
    assert report["lm_head"].shape == (30, 32128)


@pytest.mark.parametrize("name", ["bert-base", "gpt2"])
def test_more_tokens_than_positions(name: str) -> None:
    assert archcalc.report(archcalc.load(name, tokens=600, positions=700))["here"].shape == (600, 768)
    with pytest.raises(SpecError, match="cannot add"):
        archcalc.report(archcalc.load(name, tokens=1200))


def test_each_layer_reads_the_one_before() -> None:
    net = archcalc.load("t5-small")
    for stack in ("encoder", "decoder"):
        for i in range(2, 7):
            norm = net[f"{stack}.{i}.attended.attention.norm"]
            assert net.nodes[norm.inputs[0]].name == f"{stack}.{i - 1}.out"
