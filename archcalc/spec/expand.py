"""Document → Net: blocks written out, names resolved, parameters put in. The only place that does so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from typing import Any, NamedTuple

from archcalc.layers.base import Layer
from archcalc.layers.input import Input
from archcalc.net import Net, Node
from archcalc.spec.compile import Block, Compiler, Item
from archcalc.spec.document import Document
from archcalc.spec.expression import Env
from archcalc.spec.items import Entry
from archcalc.spec.parameters import evaluate
from archcalc.spec.source import SpecError, Term, describe, suggest

MAX_LAYERS = 1_000_000
ABSENT = -1
"""Output of what `only: train` leaves out."""


def expand(document: Document, parameters: Mapping[str, Any] | None = None, mode: str = "eval") -> Net:
    """The network of a document, with parameters replaced by those given."""
    env = evaluate(document, parameters or {})
    compiler = Compiler(document)
    expander = _Expander(mode)
    expander.inputs(document, compiler, env)
    n_inputs = len(expander.nodes)
    layers = document.section("layers")
    if layers is None:
        raise SpecError(document.root, "has no `layers`")
    scope = _Scope("", env, tuple(range(n_inputs)))
    items = compiler.layers(layers)
    expander.bound(items, env)
    last = expander.body(items, scope, 0 if n_inputs == 1 else None)
    if len(expander.nodes) == n_inputs or last is None:
        raise SpecError(layers, "has no layers")
    outputs = expander.outputs_of(document.section("outputs"), scope, last)
    return Net(expander.nodes, n_inputs, outputs, spec=document.spec, document=document, parameters=env, mode=mode)


class _Scope(NamedTuple):
    """Where an item is expanded: name prefix with a trailing dot, parameters, inputs of the innermost block."""

    prefix: str
    env: Env
    inputs: tuple[int, ...]

    def inside(self, name: str) -> _Scope:
        return self._replace(prefix=f"{self.prefix}{name}.")


class _Expander:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.nodes: list[Node] = []
        self.outputs: dict[str, int] = {}
        self.begun: set[str] = set()
        self.blocks: dict[str, tuple[int, ...]] = {}
        self._sizes: dict[tuple[Any, ...], int] = {}

    def inputs(self, document: Document, compiler: Compiler, env: Env) -> None:
        """The input nodes."""
        one, several = document.section("input"), document.section("inputs")
        if one is not None and several is not None:
            raise SpecError(several, "a spec has either `input` or `inputs`")
        if one is None and several is None:
            raise SpecError(document.root, "has no `input`; write `input: [3, 224, 224]` for an image")
        terms: dict[str, Term] = {"input": one} if one is not None else several.value  # type: ignore[union-attr]
        if not terms:
            raise SpecError(several, "names no input")  # type: ignore[arg-type]
        for name, term in terms.items():
            place = several.place(name) if several is not None else document.root.place("input")
            fields = term.value if isinstance(term.value, dict) else {"shape": term}
            fields = {"input": term.like(None), **fields}
            entry = Entry(name, place, "input", Term(fields, term.source, term.line, term.column,
                                                     {"input": term, "shape": term, **term.keys}))
            item = compiler.input(entry, tuple(env))
            self._add(name, item.layer(env, name), (), item)

    def _add(self, name: str, layer: Layer, inputs: tuple[int, ...], item: Item,
             share: Mapping[str, tuple[int, str]] | None = None) -> int:
        if len(self.nodes) >= MAX_LAYERS:
            raise item.error(f"the network has more than {MAX_LAYERS:,} layers", name)
        if name in self.outputs and self.nodes[self.outputs[name]].name == name:
            raise item.error("is the name of an earlier layer too", name)
        self.nodes.append(Node(name, layer, inputs, item, share))
        index = self.outputs[name] = len(self.nodes) - 1
        return index

    def body(self, items: Sequence[Item], scope: _Scope, x: int | None) -> int | None:
        """Expand a list of items behind x; the output of the last."""
        for item in items:
            if item.condition is None or item.condition(scope.env, scope.prefix + item.name):
                x = self._item(item, scope, x)
        return x

    def _item(self, item: Item, scope: _Scope, x: int | None) -> int | None:
        name = scope.prefix + item.name
        if self.mode != "train" and (item.train or (item.kind is not None and item.kind.only == "train")):
            return self._left_out(item, scope, x)
        if item.repeat is None:
            return self._one(item, scope, x, item.name)
        self.begun.add(name)
        count = item.repeat.whole(scope.env, name, "repeat")
        inner = scope.inside(item.name)
        for i in range(1, count + 1):
            here = item.first if i == 1 and item.first is not None else item
            x = self._one(here, inner._replace(env={**scope.env, "index": i}), x, str(i), i)
        if x is not None:
            self.outputs[name] = x
        return x

    def _left_out(self, item: Item, scope: _Scope, x: int | None) -> int | None:
        name = scope.prefix + item.name
        if item.train:
            self.outputs[name] = ABSENT
            return x
        sources = self._sources(item, scope, x)
        self.outputs[name] = sources[0]
        return sources[0]

    def _one(self, item: Item, scope: _Scope, x: int | None, name: str, repetition: int = 0) -> int | None:
        full = scope.prefix + name
        if item.block is not None:
            out = self._block(item, item.repeated.get(repetition, item.block), scope, x, name)
        else:
            out = self._layer(item, scope, x, name)
        if item.then:
            out = self.body(item.then, scope.inside(name), out)
        if out is not None:
            self.outputs[full] = out
        return out

    def _block(self, item: Item, block: Block, scope: _Scope, x: int | None, name: str) -> int | None:
        inputs = tuple(self._sources(item, scope, x))
        prefix = f"{scope.prefix}{name}."
        self.blocks[prefix] = inputs
        env = self.arguments(item, block, scope.env, scope.prefix + name)
        return self.body(block.body, _Scope(prefix, env, inputs), inputs[0])

    def arguments(self, item: Item, block: Block, env: Env, name: str) -> Env:
        """The parameters inside a block."""
        inner = dict(env)
        inner.pop("index", None)
        given = {key: value(env, name) for key, value in item.fields.items()}
        for key, default in block.arguments.items():
            inner[key] = given[key] if key in given else default(inner, name)  # type: ignore[misc]
        return inner

    def _layer(self, item: Item, scope: _Scope, x: int | None, name: str) -> int:
        full = scope.prefix + name
        sources: Iterable[int] = self._sources(item, scope, x)
        if item.branches is not None:
            sources = [self._branch(item, branch, scope.inside(name), b, sources) for branch, b in item.branches]
        inputs = (*sources, *(self._find(term, scope, full) for term in item.likes.values()))
        kind = item.kind
        assert kind is not None
        fewest, most = kind.inputs
        if len(inputs) < fewest or (most is not None and len(inputs) > most):
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
            raise item.error(f"'{kind.kind}' takes {wanted} inputs, found {len(inputs)}; name them with `from: [a, b]`",
                             full, "from")
        share = {tensor: self._shared(term, scope, full) for tensor, term in item.share.items()} if item.share else None
        return self._add(full, item.layer(scope.env, full), inputs, item, share)

    def _branch(self, item: Item, branch: str, scope: _Scope, items: list[Item], sources: Iterable[int]) -> int:
        first = next(iter(sources), None)
        out = self.body(items, scope.inside(branch), first)
        if out is None:
            raise item.error(f"branch '{branch}' has no input; say `from:`", scope.prefix + branch)
        self.outputs[scope.prefix + branch] = out
        return out

    def _sources(self, item: Item, scope: _Scope, x: int | None) -> list[int]:
        name = scope.prefix + item.name
        if item.sources is None:
            if x is None and (item.kind is None or item.kind.inputs[0] > 0) and item.branches is None:
                raise item.error("has no layer before it; say `from:` which input it reads", name)
            return [] if x is None else [x]
        found: list[int] = []
        for term in item.sources:
            found += self._matches(term, scope, name) if "*" in term.value else [self._find(term, scope, name)]
        if not found:
            raise SpecError(item.sources[0], "matches no earlier layer", name)
        return found

    def _find(self, term: Term, scope: _Scope, layer: str) -> int:
        """Index of the output of a name, looked up from the innermost block outwards."""
        name: str = term.value
        for prefix in _outwards(scope.prefix):
            if (name == "input" or name.startswith("input.")) and (prefix in self.blocks or not prefix):
                return self._input(term, self.blocks.get(prefix, scope.inputs if not prefix else ()), layer)
            index = self.outputs.get(prefix + name)
            if index == ABSENT:
                raise SpecError(term, f"'{name}' exists only in training", layer)
            if index is not None:
                return index
        known = dict.fromkeys(k[len(p):] for p in _outwards(scope.prefix) for k in self.outputs if k.startswith(p))
        raise SpecError(term, f"no earlier layer is called '{name[:80]}'{suggest(name, known)}", layer)

    def _input(self, term: Term, inputs: tuple[int, ...], layer: str) -> int:
        name: str = term.value
        number = name.partition(".")[2] or "1"
        if len(inputs) == 0 or not number.isdigit() or not 1 <= int(number[:9]) <= len(inputs):
            raise SpecError(term, f"there is no '{name[:80]}' here: {len(inputs)} inputs", layer)
        if name == "input" and len(inputs) > 1 and not self.blocks:
            raise SpecError(term, "the network has several inputs; name one", layer)
        return inputs[int(number) - 1]

    def _matches(self, term: Term, scope: _Scope, layer: str) -> list[int]:
        """Outputs of all earlier names at one level that match a pattern, in order."""
        pattern: str = term.value
        match = re.compile(translate(pattern)).match
        segments = pattern.count(".")
        stem = pattern.rpartition(".")[0]
        for prefix in _outwards(scope.prefix):
            found = [index for name, index in self.outputs.items()
                     if name.startswith(prefix) and name.count(".", len(prefix)) == segments
                     and index != ABSENT and match(name[len(prefix):])]
            if found or (stem and prefix + stem in self.begun):
                return found
        raise SpecError(term, f"{describe(pattern)} matches no earlier layer", layer)

    def _shared(self, term: Term, scope: _Scope, layer: str) -> tuple[int, str]:
        owner, _, tensor = term.value.rpartition(".")
        for prefix in _outwards(scope.prefix):
            index = next((i for i, n in self._named(prefix + owner)), None)
            if index is not None:
                return index, tensor
        raise SpecError(term, f"no earlier layer is called '{owner[:80]}'{suggest(owner, [n.name for n in self.nodes])}",
                        layer)

    def _named(self, name: str) -> Iterable[tuple[int, Node]]:
        return ((i, node) for i, node in enumerate(self.nodes) if node.name == name)

    def outputs_of(self, term: Term | None, scope: _Scope, last: int) -> list[int]:
        """Indices of the network's outputs; those that exist only in training are left out of other modes."""
        if term is None:
            return [last]
        found = []
        for one in term.value if isinstance(term.value, list) else [term]:
            if not isinstance(one.value, (str, int)) or isinstance(one.value, bool):
                raise SpecError(one, f"an output is the name of a layer, found {one}")
            if self.outputs.get(str(one.value)) != ABSENT:
                found.append(self._find(one.like(str(one.value)), scope, ""))
        if not found:
            raise SpecError(term, "the network has no output in this mode")
        return list(dict.fromkeys(found))

    def bound(self, items: Sequence[Item], env: Env) -> None:
        """Refuse a network of too many layers before any is made."""
        self._count(items, env, "")

    def _count(self, items: Sequence[Item], env: Env, prefix: str) -> int:
        total = 0
        for item in items:
            if item.condition is None or item.condition(env, prefix + item.name):
                total += self._count_item(item, env, prefix)
            if total > MAX_LAYERS:
                raise item.error(f"the network has more than {MAX_LAYERS:,} layers", prefix + item.name)
        return total

    def _count_item(self, item: Item, env: Env, prefix: str) -> int:
        name = prefix + item.name
        if item.repeat is None:
            return self._count_one(item, env, name)
        repeats = item.repeat.whole(env, name, "repeat")
        if repeats > MAX_LAYERS:
            raise SpecError(item.repeat.term, f"'repeat' is at most {MAX_LAYERS:,}, found {repeats:,}", name)
        if not repeats:
            return 0
        first = self._count_one(item.first or item, {**env, "index": 1}, name)
        return first + (repeats - 1) * self._count_one(item, {**env, "index": 2}, name)

    def _count_one(self, item: Item, env: Env, name: str) -> int:
        total = self._count(item.then, env, name + ".")
        if item.block is None:
            return total + 1 + sum(self._count(branch, env, name + ".") for _, branch in item.branches or ())
        inner = self.arguments(item, item.block, env, name)
        key = (item.block, *inner.values())
        if key not in self._sizes:
            self._sizes[key] = self._count(item.block.body, inner, name + ".")
        return total + self._sizes[key]


def _outwards(prefix: str) -> Iterable[str]:
    """``a.b.`` → ``a.b.``, ``a.``, ````."""
    while prefix:
        yield prefix
        prefix = prefix[:prefix.rfind(".", 0, -1) + 1]
    yield ""
