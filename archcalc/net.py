"""The expanded network: layers in order, each naming only earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from archcalc.layers.base import Layer

if TYPE_CHECKING:
    import networkx


class Origin(Protocol):
    """Where a layer stands in its spec; how a message about it is made."""

    def error(self, message: str, layer: str, field: str | None = None) -> Exception: ...


class Node:
    """A layer in its place: full name, kind with fields, indices of its inputs, and shared tensors.

    ``share`` maps a tensor's name to (index of the layer that owns it, its name there).
    """

    __slots__ = ("inputs", "layer", "name", "origin", "share")

    def __init__(self, name: str, layer: Layer, inputs: tuple[int, ...], origin: Origin,
                 share: Mapping[str, tuple[int, str]] | None = None) -> None:
        self.name, self.layer, self.inputs, self.origin = name, layer, inputs, origin
        self.share: Mapping[str, tuple[int, str]] = share or {}

    def __repr__(self) -> str:
        return f"<{self.name}: {self.layer.kind}>"


class Net:
    """A network: ``nodes`` in order of execution, the first ``n_inputs`` of them its inputs.

    ``outputs`` are indices into ``nodes``; ``parameters`` the values the spec was expanded with;
    ``document`` the spec itself, for expanding it again with others; ``expand`` does that for a mode.
    """

    display: ClassVar[Callable[[Net], dict[str, str]] | None] = None
    "What a notebook shows of a network beside its text: set by the package that knows pictures."

    def __init__(self, nodes: Sequence[Node], n_inputs: int, outputs: Sequence[int], *, spec: str, document: Any,
                 parameters: Mapping[str, Any], mode: str, expand: Callable[[str], Net] | None = None) -> None:
        self._expand = expand
        self.nodes, self.n_inputs, self.outputs = list(nodes), n_inputs, list(outputs)
        self.spec, self.document, self.parameters, self.mode = spec, document, dict(parameters), mode

    @property
    def name(self) -> str:
        """The network's title."""
        name: str = self.document.title
        return name

    def in_mode(self, mode: str) -> Net:
        """The network in a mode: ``train`` has the layers that are there in training only."""
        if mode == self.mode or self._expand is None:
            return self
        return self._expand(mode)

    @property
    def inputs(self) -> list[Node]:
        """The input nodes."""
        return self.nodes[:self.n_inputs]

    @property
    def layers(self) -> list[Node]:
        """The layers, without the inputs."""
        return self.nodes[self.n_inputs:]

    def __len__(self) -> int:
        return len(self.nodes) - self.n_inputs

    def __getitem__(self, name: str) -> Node:
        """The node of a full name; KeyError if there is none."""
        return self.nodes[self.index[name]]

    def __repr__(self) -> str:
        return f"<Net {self.spec}: {len(self):,} layers>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = {} if Net.display is None else Net.display(self)
        return {**shown, "text/plain": repr(self)}

    @cached_property
    def index(self) -> dict[str, int]:
        """Index of each node by name."""
        return {node.name: i for i, node in enumerate(self.nodes)}

    @cached_property
    def parts(self) -> frozenset[str]:
        """Names of all layers and of all blocks around them."""
        return frozenset(".".join(parts[:i + 1]) for node in self.nodes
                         for parts in [node.name.split(".")] for i in range(len(parts)))

    @cached_property
    def graph(self) -> networkx.DiGraph:
        """The layer graph over node names, with the node itself as attribute ``node``."""
        import networkx

        graph = networkx.DiGraph(name=self.name)
        for node in self.nodes:
            graph.add_node(node.name, node=node)
            graph.add_edges_from((self.nodes[i].name, node.name) for i in node.inputs)
        return graph
