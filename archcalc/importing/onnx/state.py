"""What a reading of an ONNX file has come to know: layers so far, and what each tensor of the graph stands for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.importing.idioms.attended import LOWEST
from archcalc.importing.onnx.file import Graph, Operation
from archcalc.importing.sketch import Refused, Sketch
from archcalc.importing.views.views import Views


class Sized(Refused):
    """What is read does not fit a kind, but the shape of its output is known, with the batch."""

    def __init__(self, why: str, shape: Sequence[int]) -> None:
        super().__init__(why)
        self.shape = tuple(shape)


class Absent(NamedTuple):
    """An output for which there is no layer; reading it is refused."""

    why: str


class Constant(NamedTuple):
    """A tensor without a batch: its sizes, its numbers where they are known, and the initializer that it is.

    ``learned`` says that it may be a weight; it is not where the file computes it, or where it is a mask of two
    numbers. ``fill`` is the number that all are, where they are too many to be listed.
    """

    dims: tuple[int, ...]
    numbers: tuple[Any, ...] | None = None
    name: str | None = None
    learned: bool = True
    fill: Any = None
    triangle: str = ""
    "Above or below the diagonal, where its last two axes hold ``fill`` there and 0 elsewhere."
    more: Sequence[Any] | None = None
    "The numbers of a tensor of the file that are too many to compute with."

    @property
    def known(self) -> Sequence[Any] | None:
        """All its numbers, None if they are not known."""
        return self.more if self.numbers is None else self.numbers

    @property
    def weight(self) -> bool:
        """Whether it is a tensor of a module, by its name, that is learned."""
        return self.learned and self.name is not None and "." in self.name and prod(self.dims) > 1

    @property
    def uniform(self) -> Any:
        """The number that all are, None if they differ or are unknown."""
        if self.numbers:
            return self.numbers[0] if len(set(self.numbers)) == 1 else None
        return None if self.triangle else self.fill

    @property
    def causal(self) -> bool:
        """Whether it is a mask of 0, and of −∞ for what comes later."""
        if self.known is None or len(self.dims) < 2:
            return self.triangle == "above" and self.fill is not None and self.fill <= LOWEST
        rows, columns = self.dims[-2:]
        return rows == columns > 1 and all(
            n <= LOWEST if i % columns > i // columns % rows else n == 0 for i, n in enumerate(self.known))


class State:
    """Layers written down, and what tensors stand for.

    ``owners`` maps an initializer to the layer that has it and its name there; ``uses`` counts readers.
    """

    def __init__(self, graph: Graph, title: str) -> None:
        self.graph, self.sketch = graph, Sketch(title)
        self.views = Views(self.sketch)
        self.known: dict[str, Any] = {"": None}
        self.owners: dict[str, tuple[int, str]] = {}
        self.scopes: dict[str, str] = {}
        "The module in which an initializer was first used, where the file says modules."
        self.uses: dict[str, int] = {}
        self.batch, self.batch_name = 0, ""
        self._makers: dict[str, Operation] = {}
        self.quantized = 0
        "Nodes left out that change the type of numbers only."
        for operation in graph.operations:
            for name in operation.inputs:
                self.uses[name] = self.uses.get(name, 0) + 1

    def maker(self, name: str) -> Operation | None:
        """The node that makes a tensor."""
        if not self._makers:
            self._makers = {out: operation for operation in self.graph.operations for out in operation.outputs}
        return self._makers.get(name)

    def disown(self, length: int) -> None:
        """Forget owners among the layers behind the first ``length``, which are taken back."""
        gone = [name for name, (index, _) in reversed(self.owners.items()) if index >= length]
        for name in gone:
            del self.owners[name]
