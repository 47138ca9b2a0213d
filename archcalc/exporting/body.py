"""A block as the body of a class: its parts, and its forward pass as statements."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.code import Code, children, name, rebuilt, walk

RESERVED = ("torch", "nn", "F", "self", *dir(builtins))
"""Names that an exported file uses or must not hide."""
MEMBERS = (
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
    "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
    "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook",
    "register_buffer", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
)
"""What every `torch.nn.Module` has, so that no part of one can be called so."""


class Body(NamedTuple):
    """Parts by name, what makes each; the arguments of forward, its statements, and what it returns."""

    parts: dict[str, Code]
    inputs: tuple[str, ...]
    statements: tuple[tuple[str, Code], ...]
    output: Code

    def codes(self) -> Iterable[Code]:
        """All its expressions, in order."""
        return [*self.parts.values(), *(c for _, c in self.statements), self.output]


class Step(NamedTuple):
    """An item of a block: its name, the values that it gives, how, and whether what it reads may stand inside it."""

    word: str
    outputs: tuple[int, ...]
    code: Code
    nests: bool


def identifier(word: str, taken: Iterable[str] = (), sign: str = "_") -> str:
    """A name of Python that looks like the word and is not taken, by a number behind the sign."""
    word = re.sub(r"\W|^(?=\d)", "_", word, flags=re.ASCII).strip("_") if not word.isidentifier() else word
    word = word if word and not word[0].isdigit() else f"block_{word}".rstrip("_")
    word = f"{word}_" if keyword.iskeyword(word) else word
    taken, free, n = set(taken), word, 1
    while free in taken:
        n += 1
        free = f"{word}{sign}{n}"
    return free


def body(parts: dict[str, Code], inputs: Sequence[int], steps: Sequence[Step], outputs: Sequence[int],
         given: Sequence[str] | None = None) -> Body:
    """The body of a class from steps in order; ``inputs`` and ``outputs`` are numbers of values.

    ``given`` are the names of the arguments of forward.
    """
    lines = _shared(_nested(steps, outputs))
    names = _names(lines, dict(zip(inputs, given or _inputs(len(inputs)), strict=True)), outputs)
    put = _putter(names)
    found = [(", ".join(names[v] for v in values), rebuilt(c, put)) for _, values, c in lines]
    result = [rebuilt(Code("var", v), put) for v in outputs]
    output = result[0] if len(result) == 1 else Code("tuple", *result)
    if lines and list(lines[-1][1]) == list(outputs):
        *found, (_, output) = found
    return Body(parts, tuple(names[v] for v in inputs), tuple(found), output)


def _putter(names: Mapping[Any, str]) -> Callable[[Code], Code | None]:
    return lambda c: name(names[c.parts[0]]) if c.head == "var" else None


def _reads(of: Code) -> list[Any]:
    return [c.parts[0] for c in walk(of) if c.head == "var"]


def _nested(steps: Sequence[Step], outputs: Sequence[int]) -> list[tuple[str, tuple[Any, ...], Code]]:
    """Steps with those that a join alone reads, once, written inside it, and what they alone read in turn."""
    count: dict[int, int] = dict.fromkeys(outputs, 2)
    reader: dict[int, Step] = {}
    for step in steps:
        for v in _reads(step.code):
            count[v] = count.get(v, 0) + 1
            reader[v] = step
    nests = {step: step.nests for step in steps}
    for step in reversed(steps):
        if len(step.outputs) == 1 and count.get(step.outputs[0]) == 1:
            nests[step] |= nests[reader[step.outputs[0]]]
    inside: dict[int, Code] = {}
    found = []
    for step in steps:
        made = rebuilt(step.code, lambda c: inside.get(c.parts[0]) if c.head == "var" else None)
        alone = len(step.outputs) == 1 and count.get(step.outputs[0]) == 1
        if alone and nests[reader[step.outputs[0]]] and _short(made):
            inside[step.outputs[0]] = made
        else:
            found.append((step.word, step.outputs, made))
    return found


def _short(of: Code) -> bool:
    """Whether an expression may stand inside another: few calls, one inside the other."""
    found = [*walk(of)]
    return sum(c.head == "call" for c in found) <= 4 and sum(c.head == "var" for c in found) <= 1


def _shared(lines: Sequence[tuple[str, tuple[Any, ...], Code]]) -> list[tuple[str, tuple[Any, ...], Code]]:
    """With statements of their own for what an expression uses more than once."""
    found: list[tuple[str, tuple[Any, ...], Code]] = []
    for word, values, made in lines:
        uses: dict[int, int] = {}
        _count(made, uses, set())
        known: dict[int, Code] = {}

        def bind(c: Code, word: str = word, uses: dict[int, int] = uses, known: dict[int, Code] = known) -> Code | None:
            if uses.get(id(c), 0) < 2 or not _worth(c):
                return None
            if id(c) not in known:
                inner = rebuilt(Code(c.head, *c.parts), bind)
                key = ("shared", len(found), word)
                found.append((_word(c), (key,), inner))
                known[id(c)] = Code("var", key)
            return known[id(c)]

        new = rebuilt(made, bind)
        found.append((word, values, new))
    return found


def _count(of: Code, uses: dict[int, int], seen: set[int]) -> None:
    uses[id(of)] = uses.get(id(of), 0) + 1
    if id(of) not in seen:
        seen.add(id(of))
        for child in children(of):
            _count(child, uses, seen)


def _worth(of: Code) -> bool:
    return of.head == "infix" or (of.head == "call" and of.parts[0].head != "own")


def _word(of: Code) -> str:
    """A name for a value: the last word of what gives it."""
    if of.head == "call":
        function = of.parts[0]
        text: str = function.parts[1] if function.head == "attribute" else function.parts[0]
        return str(text).rpartition(".")[2]
    return "value"


def _names(lines: Sequence[tuple[str, tuple[Any, ...], Code]], inputs: Mapping[int, str],
           outputs: Sequence[int]) -> dict[Any, str]:
    """A name for each value: x as long as only one is alive, else the item's."""
    last: dict[Any, int] = dict.fromkeys(outputs, len(lines))
    for k, (_, _, made) in enumerate(lines):
        for v in _reads(made):
            last[v] = max(last.get(v, k), k)
    names: dict[Any, str] = dict(inputs)
    for k, (word, values, _) in enumerate(lines):
        alive = {names[v] for v in names if last.get(v, -1) > k}
        for v in values:
            shared = isinstance(v, tuple)
            free = [w for w in ("x", "out") if w not in alive and len(values) == 1]
            names[v] = free[0] if free and not shared else identifier(word, [*alive, "x", *RESERVED])
            alive.add(names[v])
    return names


def _inputs(count: int) -> list[str]:
    return ["x", "y", "z"][:count] if count <= 3 else [f"x{i + 1}" for i in range(count)]
