"""Specs that would take all time or memory, and the end of the first line that refuses each."""

from collections.abc import Callable

LAYERS = "input: [3, 8, 8]\nlayers:\n"
BLOCKS = "input: [3, 8, 8]\nblocks:\n"
LEAF = "  b0: [{a: relu}]\n"


def doubling(leaf: str, times: int, use: str = "[{{l: b{0}}}, {{r: b{0}}}]") -> str:
    """Blocks that each stand for two of the one before."""
    blocks = "".join(f"  b{i}: {use.format(i - 1)}\n" for i in range(1, times + 1))
    return f"{BLOCKS}{leaf}{blocks}layers:\n- b{times}\n"


def distinct(times: int) -> str:
    """Doubling blocks where no two uses have equal arguments."""
    blocks = "".join(f"  b{i}(n): [{{l: {{b{i - 1}: 2 * n}}}}, {{r: {{b{i - 1}: 2 * n + 1}}}}]\n"
                     for i in range(1, times + 1))
    return f"{BLOCKS}  b0(n): [{{a: relu}}]\n{blocks}layers:\n- b{times}: 1\n"


def branches(depth: int) -> str:
    """Joins in joins, in blocks in blocks: shallow as a text, deep as a network."""
    inner = "[{{c: b{0}}}]"
    for _ in range(20):
        inner = f"[{{{{s: {{{{add: {{{{x: {inner}}}}}}}}}}}}}]"
    return doubling(LEAF, depth, inner)


def aliases() -> str:
    lists = "".join(f"  l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 10))
    return f"parameters:\n  l0: &l0 [1]\n{lists}{LAYERS}- relu\n"


def parameters(n: int) -> str:
    chain = "".join(f"  p{i}: p{i + 1} + 1\n" for i in range(n))
    return f"parameters:\n{chain}  p{n}: 1\n{LAYERS}- relu\n"


def lists() -> str:
    chain = "".join(f"  l{i}: l{i - 1} + l{i - 1}\n" for i in range(1, 60))
    return f"parameters:\n  l0: [1]\n{chain}{LAYERS}- relu\n"


def pattern() -> str:
    """Every one of many layers reads all before it."""
    return LAYERS + "- a: {concat: , repeat: 100000, from: [input, a.*]}\n"


def patches(n: int, of: str = "layers") -> str:
    """Each of many layers patched: in a list, in one block, or in uses of one block."""
    if of == "layers":
        head = LAYERS + "".join(f"- a{i}: relu\n" for i in range(n))
    elif of == "block":
        head = f"{BLOCKS}  b:\n" + "".join(f"  - a{i}: relu\n" for i in range(n)) + "layers:\n- x: b\n"
    else:
        head = f"{BLOCKS}  b: [{{x: relu}}]\nlayers:\n" + "".join(f"- a{i}: b\n" for i in range(n))
    path = {"layers": "a{0}", "block": "x.a{0}", "copies": "a{0}.x"}[of]
    return f"{head}override:\n" + "".join(f"  {path.format(i)}: gelu\n" for i in range(n))


TOO_MANY_PATCHES = "`override` takes more than 5,000,000 steps"
TOO_MANY = "the network has more than 1,000,000 layers"
BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "a repeat": (lambda: LAYERS + "- a: {relu: , repeat: 1e9}\n", "'repeat' is at most 1,000,000, found 1,000,000,000"),
    "just too many": (lambda: LAYERS + "- a: {relu: , repeat: 1000000}\n- b: relu\n", TOO_MANY),
    "repeats in repeats": (
        lambda: LAYERS + "- a: {add: [[{b: {add: [[{c: {relu: , repeat: 1e6}}]], repeat: 1e6}}]], repeat: 1e6}\n",
        TOO_MANY),
    "blocks that double": (lambda: doubling(LEAF, 40), TOO_MANY),
    "blocks that double and end in nothing": (lambda: doubling("  b0: []\n", 40), TOO_MANY),
    "a condition that leaves everything out": (lambda: doubling("  b0: [{a: {relu: , if: false}}]\n", 40), TOO_MANY),
    "blocks of unlike arguments": (lambda: distinct(40), TOO_MANY),
    "blocks of unlike arguments on conditions": (lambda: distinct(40).replace("{a: relu}", "{a: {relu: , if: n > 0}}"),
                                                 TOO_MANY),
    "repetitions that grow": (
        lambda: LAYERS + "- a: {add: [[{b: {relu: , repeat: index}}]], repeat: 5000}\n", TOO_MANY),
    "empty repetitions": (
        lambda: f"{BLOCKS}  b(n): []\nlayers:\n- x: {{b: index, repeat: 1e6}}\n",
        "at most 100,000 repetitions may depend on `index`, found 1,000,000"),
    "empty repetitions in repetitions": (
        lambda: f"{BLOCKS}  b(n): []\n  c(n): [{{x: {{b: n + index, repeat: 900}}}}]\n"
                "layers:\n- y: {c: index, repeat: 900}\n",
        "repetitions may depend on `index`"),
    "blocks in blocks": (lambda: doubling(LEAF, 2000, "[{{l: b{0}}}]"), "layers are nested more than 100 names deep"),
    "branches in blocks": (lambda: branches(90), "layers are nested more than 100 names deep"),
    "nesting in brackets": (lambda: "input: " + "[" * 10_000 + "]" * 10_000 + "\n", "is nested deeper than 100 levels"),
    "nesting in braces": (
        lambda: "name: " + "{a: " * 10_000 + "1" + "}" * 10_000 + "\n",
        "is nested deeper than 100 levels"),
    "nesting by lines": (lambda: "".join(" " * i + "a:\n" for i in range(2000)), "is nested deeper than 100 levels"),
    "lists by dashes": (lambda: "layers:\n" + "- " * 10_000 + "a\n", "is nested deeper than 100 levels"),
    "an expression of brackets": (
        lambda: LAYERS + f"- a: {{conv: '{'(' * 240}1{')' * 240}'}}\n",
        "is not an expression"),
    "an expression of signs": (lambda: LAYERS + f"- a: {{conv: '{'-' * 450}1'}}\n", "is nested too deeply"),
    "a long expression": (lambda: LAYERS + f"- a: {{conv: '1{'+1' * 10_000}'}}\n",
                          "an expression has at most 500 characters, found 20001"),
    "an integer": (
        lambda: LAYERS + f"- a: {{conv: {'9' * 1_000_000}}}\n",
        "is out of range: numbers have at most 18 digits"),
    "an exponent": (
        lambda: LAYERS + "- a: {conv: 1e99999999}\n",
        "'1e99999999' is out of range: numbers have at most 18 digits"),
    "an exponent in an expression": (lambda: LAYERS + "- a: {conv: 1 * 1e99999999}\n", "the exponent is out of range"),
    "a power": (lambda: LAYERS + "- a: {conv: 9 ** 9 ** 9}\n", "a power needs a whole exponent of at most 64"),
    "a formatted word": (
        lambda: LAYERS + "- a: {conv: \"'%1000000000d' % 5\"}\n",
        "% takes a number, found '%1000000000d'"),
    "aliases of aliases": (aliases, "aliases expand to more than 100,000 values"),
    "lists that double": (lists, "cannot be computed: a list of more than 10,000"),
    "a chain of parameters": (lambda: parameters(2000), "parameters need each other more than 100 deep"),
    "a pattern": (pattern, "the network takes more than 4,000,000 steps to expand"),
    "patches": (lambda: patches(5000), TOO_MANY_PATCHES),
    "patches of a block": (lambda: patches(2000, "block"), TOO_MANY_PATCHES),
    "patches of copies of a block": (lambda: patches(5000, "copies"), TOO_MANY_PATCHES),
    "layers without names": (lambda: LAYERS + "- relu\n" * 20_000 + "- {conv: -1}\n", "'filters': expected a positive"),
    "a long name": (lambda: LAYERS + f"- a: {{{'conv' * 200}: 3}}\n", "`archcalc list --kinds` shows them"),
    "a long line": (lambda: f"name: {'x' * 1_000_000}\nlayers: []\n", "the spec has no `input`"),
    "many values": (lambda: "notes: [" + "a," * 1_000_001 + "]\n", "more than 1,000,000 values"),
    "many bytes": (lambda: "#" * 20_000_001, "has 20,000,001 bytes; a spec has at most 20,000,000"),
}
