"""Document → Net: blocks written out, names resolved, parameters put in. The only place that does so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.collector import paused
from archcalc.layers.base import Layer
from archcalc.net import Net, Node
from archcalc.spec.blocks import Block
from archcalc.spec.bound import MAX_LAYERS, Bound
from archcalc.spec.compile import Compiler
from archcalc.spec.document import Document
from archcalc.spec.item import Item
from archcalc.spec.items import input_entries
from archcalc.spec.names import ABSENT, Names, Scope
from archcalc.spec.parameters import evaluate
from archcalc.spec.source import SpecError, Term

MAX_STEPS = 4_000_000
"""Items looked at, inputs joined, and names that a pattern is compared with."""


@paused()
def expand(document: Document, parameters: Mapping[str, Any] | None = None, mode: str = "eval") -> Net:
    """The network of a document, with parameters replaced by those given."""
    env = evaluate(document, parameters or {})
    compiler = Compiler(document)
    layers = document.section("layers")
    expander = _Expander(mode)
    for entry in input_entries(document.section("input"), document.section("inputs"), document.root):
        item = compiler.input(entry, tuple(env))
        expander.add(item.name, item.layer(env, item.name), (), item)
    if layers is None:
        raise SpecError(document.root.place("layers"), "the spec has no `layers`")
    n_inputs = len(expander.names.nodes)
    scope = Scope("", env, compiler.layers(layers), tuple(range(n_inputs)))
    Bound().count(scope.items, env)
    last = expander.body(scope, 0 if n_inputs == 1 else None)
    nodes = expander.names.nodes
    if len(nodes) == n_inputs or last is None:
        raise SpecError(layers, "the network has no layers" + (f" in mode {mode}" if layers.value else ""))
    outputs = _outputs(expander.names, document.section("outputs"), scope, last)
    return Net(nodes, n_inputs, outputs, spec=document.spec, document=document, parameters=env, mode=mode,
               expand=lambda mode: expand(document, env, mode))


def _outputs(names: Names, term: Term | None, scope: Scope, last: int) -> list[int]:
    """Indices of the network's outputs; those that exist only in training are left out of other modes."""
    if term is None:
        return [last]
    found = []
    for one in term.value if isinstance(term.value, list) else [term]:
        if not isinstance(one.value, (str, int)) or isinstance(one.value, bool):
            raise SpecError(one, f"an output is the name of a layer, found {one}")
        if names.outputs.get(str(one.value)) != ABSENT:
            found.append(names.find(one.like(str(one.value)), scope, ""))
    if not found:
        raise SpecError(term, "the network has no output in this mode")
    return list(dict.fromkeys(found))


class _Expander:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.names = Names()
        self.steps = 0

    def add(self, name: str, layer: Layer, inputs: tuple[int, ...], item: Item,
            share: Mapping[str, tuple[int, str]] | None = None) -> int:
        """A node of the network; its index."""
        nodes = self.names.nodes
        if len(nodes) >= MAX_LAYERS:
            raise item.error(f"the network has more than {MAX_LAYERS:,} layers", name)
        if name in self.names.outputs:
            raise item.error("is the name of an earlier layer too", name)
        nodes.append(Node(name, layer, inputs, item, share))
        index = self.names.outputs[name] = len(nodes) - 1
        return index

    def body(self, scope: Scope, x: int | None) -> int | None:
        """Expand a scope's items behind x; the output of the last."""
        for item in scope.items:
            if item.condition is None or item.condition(scope.env, scope.prefix + item.name):
                x = self._item(item, scope, x)
            self._spend(1, item, scope)
        return x

    def _spend(self, steps: int, item: Item, scope: Scope) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise item.error(f"the network takes more than {MAX_STEPS:,} steps to expand", scope.prefix + item.name)

    def _item(self, item: Item, scope: Scope, x: int | None) -> int | None:
        name = scope.prefix + item.name
        if self.mode != "train" and (item.train or (item.kind is not None and item.kind.only == "train")):
            return self._left_out(item, scope, x)
        if item.repeat is None:
            return self._one(item, scope, x, item.name)
        self.names.begun.add(name)
        count = item.repetitions(scope.env, name)
        inner = scope.inside(item.name)
        for i in range(1, count + 1):
            here = item.first if i == 1 and item.first is not None else item
            x = self._one(here, inner._replace(env={**scope.env, "index": i}), x, str(i), i)
        if x is not None:
            self.names.outputs[name] = x
        return x

    def _left_out(self, item: Item, scope: Scope, x: int | None) -> int | None:
        name = scope.prefix + item.name
        if item.train:
            self.names.outputs[name] = ABSENT
            return x
        item.layer(scope.env, name)  # which refuses wrong fields
        source = self.names.outputs[name] = self._sources(item, scope, x, name)[0]
        return source

    def _one(self, item: Item, scope: Scope, x: int | None, name: str, repetition: int = 0) -> int | None:
        full = scope.prefix + name
        if item.block is not None:
            out = self._block(item, item.repeated.get(repetition, item.block), scope, x, name)
        else:
            out = self._layer(item, scope, x, name)
        if item.then:
            out = self.body(scope.inside(name, item.then), out)
        if out is not None:
            self.names.outputs[full] = out
        return out

    def _block(self, item: Item, block: Block, scope: Scope, x: int | None, name: str) -> int | None:
        full = scope.prefix + name
        inputs = tuple(self._sources(item, scope, x, full))
        env = item.arguments(scope.env, full)
        return self.body(Scope(full + ".", env, block.body, inputs, scope), inputs[0])

    def _layer(self, item: Item, scope: Scope, x: int | None, name: str) -> int:
        full = scope.prefix + name
        sources: Iterable[int] = self._sources(item, scope, x, full)
        if item.branches is not None:
            sources = [self._branch(item, branch, scope.inside(name), b, sources) for branch, b in item.branches]
        inputs = (*sources, *(self.names.find(term, scope, full) for term in item.likes.values()))
        kind = item.kind
        assert kind is not None
        fewest, most = kind.inputs
        if len(inputs) < fewest or (most is not None and len(inputs) > most):
            raise item.error(_miscounted(kind, len(inputs)), full, "from")
        share = {tensor: self.names.shared(term, scope, full) for tensor, term in item.share.items()} \
            if item.share else None
        return self.add(full, item.layer(scope.env, full), inputs, item, share)

    def _branch(self, item: Item, branch: str, scope: Scope, items: list[Item], sources: Iterable[int]) -> int:
        first = next(iter(sources), None)
        out = self.body(scope.inside(branch, items), first)
        if out is None:
            raise item.error(f"branch '{branch}' has no input; say `from:`", scope.prefix + branch)
        self.names.outputs[scope.prefix + branch] = out
        return out

    def _sources(self, item: Item, scope: Scope, x: int | None, name: str) -> list[int]:
        if item.sources is None:
            if x is None and (item.kind is None or item.kind.inputs[0] > 0) and item.branches is None:
                raise item.error("has no layer before it; say `from:` which input it reads", name)
            return [] if x is None else [x]
        found: list[int] = []
        for term in item.sources:
            if "*" in term.value:
                matching = self.names.matches(term, scope, name)
                self._spend(len(self.names.outputs) + len(matching), item, scope)
                found += matching
            else:
                found.append(self.names.find(term, scope, name))
        if not found:
            raise SpecError(item.sources[0], f"{item.sources[0]} matches no earlier layer", name)
        return found


def _miscounted(kind: type[Layer], found: int) -> str:
    fewest, most = kind.inputs
    wanted = f"{fewest}" if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
    hint = f"name them with `from: [{', '.join('abcdefgh'[:fewest])}]`" if found < fewest \
        else "join them first, with `add` or `concat`" if most == 1 else "name fewer"
    return f"'{kind.kind}' takes {wanted} input{'' if wanted == '1' else 's'}, found {found}; {hint}"
