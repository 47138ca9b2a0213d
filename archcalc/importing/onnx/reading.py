"""An ONNX file as a spec: its operators through the rules of `onnx_operators`, its weights by their sizes only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from archcalc.errors import UsageError
from archcalc.importing.imported import Imported, Input, written
from archcalc.importing.onnx.constants import computed, numbers
from archcalc.importing.onnx.file import Graph, Operation, read_graph
from archcalc.importing.onnx.node import Op, identifier
from archcalc.importing.onnx.operators import RULES
from archcalc.importing.onnx.patterns import simplified
from archcalc.importing.onnx.state import Absent, Constant, State
from archcalc.importing.onnx.tensors import FLOATS, Tensors
from archcalc.importing.sketch import Refused, Sketch
from archcalc.importing.views.batched import BATCH, Value
from archcalc.importing.writing.repeats import regular
from archcalc.words import describe

INTEGERS = {2: "uint8", 3: "int8", 6: "int32", 7: "int64"}
"""Data types of onnx.proto that the language has."""

SIZES = {3: 224, 1: 128}
"""A size for a dimension without one, by the axes of its input per sample."""

DOMAINS = ("", "ai.onnx", "com.microsoft")
MAX_LAYERS = 20_000
DEEPEST = 32
"""Branches within branches."""


def read(path: str, inputs: Sequence[Input] = ()) -> Imported:
    """The spec of an ONNX file."""
    graph = simplified(read_graph(path))
    title = re.sub(r".*/", "", path).rpartition(".")[0] or path
    reader = Reader(graph, title)
    reader.begin(inputs)
    reader.run(graph.operations)
    notes = [QUANTIZED] if reader.state.quantized else []
    return written(regular(reader.finished()), [f"Imported from {title}.onnx, opset {graph.opset}."], notes)


QUANTIZED = "The network is quantized: its layers are counted, but as of float32, and changes of type are left out."


class Reader:
    """Goes through a graph's nodes in order."""

    def __init__(self, graph: Graph, title: str) -> None:
        self.graph, self.state, self.depth = graph, State(graph, title), 0
        self.title, self.sketch, self.known = title, self.state.sketch, self.state.known

    def begin(self, given: Sequence[Input]) -> None:
        """The inputs, with the sizes that are asked for."""
        inputs = self.graph.inputs
        named = {one.name: one for one in given if one.name}
        unknown = [name for name in named if name not in {i.name for i in inputs}]
        if unknown or len(given) > len(inputs):
            names = ", ".join(i.name for i in inputs)
            raise UsageError(f"{self.title}.onnx has the inputs {names or 'none'}; found --input "
                             f"{describe(unknown[0]) if unknown else 'more than these'}")
        for number, tensors in enumerate(inputs):
            one = named.get(tensors.name) or (given[number] if number < len(given) and not given[number].name else None)
            self._input(tensors, one)
        self._constants(self.graph)

    def _constants(self, graph: Graph) -> None:
        for name, array in graph.arrays.items():
            learned = array.type in FLOATS and not array.kept and not (array.few and GENERIC.fullmatch(name))
            self.known[name] = Constant(array.dims, array.numbers, name, learned, more=array.more)

    def _input(self, tensors: Tensors, given: Input | None) -> None:
        if not tensors.dims or len(tensors.dims) < 2:
            raise UsageError(f"{self.title}.onnx: input '{tensors.name}' has no batch axis and sizes, "
                             f"found {describe(tensors.dims)}")
        batch = tensors.dims[0]
        self.state.batch = batch if isinstance(batch, int) and batch > 0 else 0
        self.state.batch_name = batch if isinstance(batch, str) else ""
        own = tensors.dims[1:]
        if given is not None and (len(given.sizes) != len(own) or any(
                isinstance(n, int) and n > 0 and n != m for n, m in zip(own, given.sizes, strict=True))):
            raise UsageError(f"--input: '{tensors.name}' of {self.title}.onnx has sizes "
                             f"{'×'.join(str(n) or '?' for n in own)} per sample, "
                             f"found {'×'.join(map(str, given.sizes))}")
        sizes = [n if isinstance(n, int) and n > 0 else given.sizes[i] if given else SIZES.get(len(own), 224)
                 for i, n in enumerate(own)]
        single = len(self.graph.inputs) == 1
        index = self.sketch.input("input" if single else _word(tensors.name), sizes, INTEGERS.get(tensors.type))
        names = {i: _word(n) for i, n in enumerate(own) if isinstance(n, str)}
        for axis, name in names.items():
            name = name if name.isidentifier() and name not in ("", "input") else f"size_{axis + 1}"
            self.sketch.parameters.setdefault(name, sizes[axis])
            if self.sketch.parameters[name] == sizes[axis]:
                self.sketch.symbols[index, axis] = name
        self.known[tensors.name] = Value(index, (BATCH, *sizes))

    def run(self, operations: Sequence[Operation]) -> None:
        """Layers for nodes in order."""
        for operation in operations:
            if operation.kind == "If":
                self._branch(operation)
            else:
                self._operation(operation)

    def _branch(self, operation: Operation) -> None:
        """The branch of an `If` whose condition does not depend on the input."""
        try:
            which = "then_branch" if numbers(self._operands(operation)[0])[0] else "else_branch"
        except (Refused, IndexError):
            raise UsageError(f"{self.title}.onnx: node '{_called(operation)}' (If) depends on numbers of the input; "
                             "only one network can be imported") from None
        graph = operation.attributes.get(which)
        if not isinstance(graph, Graph) or self.depth == DEEPEST:
            raise UsageError(f"{self.title}.onnx: node '{_called(operation)}' (If) has no {which}")
        self._constants(graph)
        for inner in graph.operations:
            for name in inner.inputs:
                self.state.uses[name] = self.state.uses.get(name, 0) + 1
        self.depth += 1
        self.run(graph.operations)
        self.depth -= 1
        for name, given in zip(operation.outputs, graph.outputs, strict=False):
            self.known[name] = self.known.get(given.name, Absent("is not given"))

    def _operands(self, operation: Operation) -> list[Any]:
        found = [self.known[name] if name in self.known else _missing(operation, name) for name in operation.inputs]
        gone = next((x for x in found if isinstance(x, Absent)), None)
        if gone is not None:
            raise Refused(f"reads an output that {gone.why}")
        return found

    def _operation(self, operation: Operation) -> None:
        """Layers for one node."""
        if operation.kind in LOOPS:
            raise UsageError(f"{self.title}.onnx: node '{_called(operation)}' ({operation.kind}) is a loop; a network "
                             "with loops cannot be imported")
        call, state = Op(self.state, operation), self.state
        mark = len(self.sketch.drafts)
        self.sketch.classes.update({identifier(path): name for path, name in operation.scope if name})
        try:
            operands = self._operands(operation)
            rule = RULES.get(operation.kind) if operation.domain in DOMAINS else None
            if operation.kind in OF_WEIGHTS and isinstance(operands[0], Constant) and operands[0].weight:
                operands[0] = call.alone(operands[0], operands[0].dims, None, None)
            made: Any = computed(operation.kind, operands)
            if made is None:
                if rule is None:
                    raise Refused("has no kind")
                made = rule(call, *operands)
            made = made if isinstance(made, list) else [made]
        except FAILURES as error:
            self.sketch.undo(mark)
            state.disown(mark)
            made = call.opaque(error)
        if len(self.sketch.drafts) > MAX_LAYERS:
            raise UsageError(f"{self.title}.onnx: has more than {MAX_LAYERS:,} layers")
        for number, name in enumerate(operation.outputs):
            value = made[number] if number < len(made) else None
            self.known[name] = Absent("no layer gives") if value is None else value

    def finished(self) -> Sketch:
        """The sketch with its outputs."""
        for tensors in self.graph.outputs:
            value = self.known.get(tensors.name)
            if isinstance(value, Value):
                self.sketch.outputs.append(value.node)
        self.sketch.arranged()
        return self.sketch


OF_WEIGHTS = ("Exp", "Clip", "Sigmoid", "Tanh", "Softplus")
"""Operators that are a layer also where what they read are weights alone."""

LOOPS = ("Loop", "Scan")
FAILURES = (Refused, TypeError, KeyError, IndexError, ValueError, AttributeError, ArithmeticError)
"""What a node that is not as the standard says makes rules raise."""

GENERIC = re.compile(r"(onnx::\w+|val_\d+|_?(lifted_)?(tensor_)?const(ant)?[\w.]*|c_lifted\w*|.*_output_\d+|\d+)")
"""Names of initializers that exporters make up."""


def _called(operation: Operation) -> str:
    return (operation.name or operation.kind)[:80]


def _missing(operation: Operation, name: str) -> Any:
    raise UsageError(f"node '{_called(operation)}' reads '{name[:80]}', which no node before it makes")


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name) or "input"
