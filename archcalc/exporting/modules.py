"""A network as classes: its blocks, innermost first, and the module of the whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from archcalc.analysis.shapes import calls
from archcalc.exporting.arguments import Called, called
from archcalc.exporting.body import Body, body
from archcalc.exporting.classes import Class, Unit, constants, form, merged
from archcalc.exporting.code import Code, name, rebuilt
from archcalc.exporting.entries import Entry, Made, choices, joined
from archcalc.exporting.facade import Source
from archcalc.exporting.groups import Group, alike, grouped
from archcalc.exporting.layer import Written, written
from archcalc.exporting.loops import rolled
from archcalc.exporting.names import MEMBERS, RESERVED, identifier
from archcalc.exporting.repeats import INDEX, RUN
from archcalc.exporting.steps import Step
from archcalc.net import Net

CHAINS = 3
"""Chains of one form, with other numbers each, from which they are a class of their own."""


class Modules:
    """The classes of a network in order of use, its own last; ``paths`` is the way to each layer's module there."""

    def __init__(self, net: Net) -> None:
        self.net, self.calls, self.called = net, calls(net), called(net)
        self.classes: dict[str, Class] = {}
        self.readers: list[list[int]] = [[] for _ in net.nodes]
        for i, node in enumerate(net.nodes):
            for k in node.inputs:
                self.readers[k].append(i)
        self.facade = Source()
        known: dict[int, Written] = {}
        self.layers: dict[int, Written] = {}
        for i, node in enumerate(net.layers, net.n_inputs):
            key = id(self.calls[i])
            self.layers[i] = known[key] = known.get(key) or written(node, self.calls[i], self.facade)
        self.made: dict[Group, Made] = {}
        items = grouped(net)
        self.common = {group.path: common for same in alike(items) for common in [self._common(same)] for group in same}
        for level in _levels(items):
            self._level(level)
        inputs = [identifier(node.name, RESERVED) for node in net.inputs] if net.n_inputs > 1 else None
        top, self.paths = self._body(items, range(net.n_inputs), net.outputs, inputs)
        title = identifier(camel(net.name) or "Network", [*self.classes, *RESERVED])
        self.classes[title] = Class(title, net.name, {}, {}, top, (), False)

    def _level(self, groups: Sequence[Group]) -> None:
        """Make the modules of blocks whose own blocks are made."""
        forms: dict[Any, list[Entry]] = defaultdict(list)
        for group in groups:
            entry = self._single(group) if group.node >= 0 else None if self._dissolves(group) else self._block(group)
            if entry is not None:
                forms[entry.chain, form(entry.unit.body)].append(entry)
        for chain, same in choices(forms):
            named = any(e.group.path in self.called or all(i.node >= 0 for i in e.group.items) for e in same)
            if chain and (len({constants(entry.unit.body) for entry in same}) < CHAINS or not named):
                for entry in same:
                    how = name("nn.Sequential")(*entry.unit.body.parts.values())
                    self.made[entry.group] = Made(how, entry.paths)
            else:
                self._class(same, chain)

    def _class(self, same: Sequence[Entry], chain: bool) -> None:
        titles = [entry.unit.title for entry in same]
        title = identifier(max(titles, key=titles.count), [*self.classes, *RESERVED], "")
        self.classes[title], made = merged(title, [entry.unit for entry in same], chain,
                                           {c.name: c.arguments for c in self.classes.values()})
        for entry, how in zip(same, made, strict=True):
            self.made[entry.group] = Made(how, entry.paths)

    def _single(self, group: Group) -> Entry | None:
        """A layer as a block of its own, where it has tensors or several modules."""
        layer, i = self.layers[group.node], group.node
        if layer.inline and not layer.long:
            self.made[group] = Made(layer.parts[0].how if layer.parts else None, {i: ""})
            return None
        words = [part.attribute or f"part{k}" for k, part in enumerate(layer.parts)]
        own = {part: Code("attribute", name("self"), word) for part, word in zip(layer.parts, words, strict=True)}
        parts = {word: name("buffer")(part.how) if part.role == "buffer" else part.how
                 for word, part in zip(words, layer.parts, strict=True)}
        output = rebuilt(layer.output, lambda c: own[c.parts[0]] if c.head == "own" else
                         Code("var", c.parts[0]) if c.head == "input" else None)
        made = body(parts, range(len(self.net.nodes[i].inputs)), [Step("x", (-1,), output, False)], [-1])
        return Entry(group, Unit(made, camel(self.net.nodes[i].layer.kind), {}), False, {i: ""})

    def _dissolves(self, group: Group) -> bool:
        """Whether it is repetitions that are no chain, which become a loop in the block around them."""
        hows = [self.made[item].how for item in group.items]
        found = len(hows) >= RUN and all(item.word.isdigit() for item in group.items) \
            and len({"" if how is None else how.parts[0].parts for how in hows}) == 1 and self._links(group) is None
        if found:
            self.made[group] = Made(None, {}, True)
        return found

    def _flat(self, items: Sequence[Group], before: str = "") -> Iterator[tuple[str, Group]]:
        """Items of a block with a name for each, those of dissolved blocks among them."""
        for item in items:
            if self.made[item].dissolved:
                yield from self._flat(item.items, f"{before}{item.word}_")
            else:
                yield before + item.word, item

    def _block(self, group: Group) -> Entry:
        spec = self.called.get(group.path, Called("", {}))
        links = self._links(group)
        if links is not None:
            parts, paths = joined(links)
            made = Body(parts, ("x",), (), name("x"))
            kinds = "".join(camel(self.net.nodes[i].layer.kind) for i in group.nodes())
            title = camel(spec.block) or kinds
        else:
            made, paths = self._body(group.items, self.inputs(group), self.outputs(group), None, f"{group.path}.")
            title = camel(spec.block) or camel(re.sub(r"[\d_]+[a-z]?$", "", group.word)) or "Block"
        arguments = {identifier(word, [INDEX, *RESERVED]): _plain(value) for word, value in spec.arguments.items()}
        return Entry(group, Unit(made, title, arguments), links is not None, paths)

    def inline(self, group: Group) -> bool:
        """Whether it is a layer that is written where it is used."""
        return group.node >= 0 and self.layers[group.node].inline and not self.layers[group.node].long

    def inputs(self, group: Group) -> list[int]:
        """Values from outside that a block reads, in order."""
        inside = set(group.nodes())
        return list(dict.fromkeys(k for i in group.nodes() for k in self.net.nodes[i].inputs if k not in inside))

    def outputs(self, group: Group) -> list[int]:
        """Values of a block that are read outside or given by the network, or in most of its repetitions are.

        One that nothing reads gives its last.
        """
        nodes = list(group.nodes())
        common, inside = self.common.get(group.path, ()), set(nodes)
        return [i for k, i in enumerate(nodes) if k in common or self._leaves(i, inside)] or nodes[-1:]

    def _common(self, repetitions: Sequence[Group]) -> set[int]:
        """The places of the values that more than half of the repetitions give."""
        count: dict[int, int] = defaultdict(int)
        for nodes in (list(group.nodes()) for group in repetitions):
            inside = set(nodes)
            for k, i in enumerate(nodes):
                count[k] += self._leaves(i, inside)
        return {k for k, n in count.items() if n * 2 > len(repetitions) > 2}

    def _leaves(self, i: int, inside: set[int]) -> bool:
        return i in self.net.outputs or any(k not in inside for k in self.readers[i])

    def _links(self, group: Group) -> list[Made] | None:
        """The modules of a block in which each reads the one before alone; None if it is no such chain."""
        found: list[Made] = []
        before = self.inputs(group)[:1]
        for item in group.items:
            made, outputs = self.made[item], self.outputs(item)
            plain = item.node < 0 or self.layers[item.node].module is not None or not self.inline(item)
            if made.how is None or not plain or self.inputs(item) != before or len(outputs) != 1:
                return None
            if item.node >= 0 and len(self.net.nodes[item.node].inputs) != 1:
                return None
            found.append(made)
            before = outputs
        return found if self.outputs(group) == before else None

    def _body(self, items: Sequence[Group], inputs: Sequence[int], outputs: Sequence[int],
              names: Sequence[str] | None, path: str = "") -> tuple[Body, dict[int, str]]:
        parts: dict[str, Code] = {}
        ways: dict[str, dict[int, str]] = {}
        steps: list[Step] = []
        for word, item in self._flat(items):
            how = self.made[item].how
            spec = self.called.get(item.path)
            word = f"{spec.block}{word}" if spec is not None and word[:1].isdigit() else word
            word = f"self_{self.net.nodes[item.node].layer.kind}" if word == "self" and item.node >= 0 else word
            word = identifier(word, [*parts, *MEMBERS])
            module = Code("attribute", name("self"), word)
            if how is not None:
                parts[word], ways[word] = how, self.made[item].paths
            steps.append(self._step(item, word, module)._replace(path=item.path.removeprefix(path)))
        steps, parts, moved = rolled(steps, parts, outputs)
        paths = {i: f".{moved.get(word, word)}{way}" for word, inner in ways.items() for i, way in inner.items()}
        return body(parts, inputs, steps, outputs, names), paths

    def _step(self, item: Group, word: str, module: Code) -> Step:
        if not self.inline(item):
            read = self.inputs(item) if item.node < 0 else self.net.nodes[item.node].inputs
            outputs = self.outputs(item) if item.node < 0 else [item.node]
            return Step(word, tuple(outputs), module(*(Code("var", i) for i in read)), False)
        read = self.net.nodes[item.node].inputs
        output = rebuilt(self.layers[item.node].output, lambda c: module if c.head == "own" else
                         Code("var", read[c.parts[0]]) if c.head == "input" else None)
        return Step(word, (item.node,), output, len(read) > 1)


def _levels(items: Sequence[Group]) -> Iterator[list[Group]]:
    """Groups by height, single layers first."""
    found: dict[int, list[Group]] = defaultdict(list)

    def height(group: Group) -> int:
        tall = 1 + max(map(height, group.items), default=-1)
        found[tall].append(group)
        return tall

    for item in items:
        height(item)
    yield from (found[tall] for tall in sorted(found))


def camel(text: str) -> str:
    """A class's name of a title.

    >>> camel("ResNet-50"), camel("encoder_layer"), camel("ViT-B/16 (torchvision)")
    ('ResNet50', 'EncoderLayer', 'ViTB16')
    """
    text = re.sub(r"\(.*?\)", "", text)
    words = [w for w in re.split(r"[^A-Za-z0-9]+", text) if w]
    found = "".join(w[0].upper() + w[1:] for w in words)
    return f"Net{found}" if found[:1].isdigit() else found


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value
