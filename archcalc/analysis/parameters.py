"""Parameters of each layer, where tied tensors are counted once, by the layer that owns them."""

from __future__ import annotations

from archcalc.analysis.shapes import Call, calls
from archcalc.net import Net, Node
from archcalc.tensor import Weights


def owned(net: Net) -> list[Weights]:
    """The trainable tensors that each node owns: its own, without those that it shares.

    Raises the origin's error where a shared tensor does not exist or has another shape.
    """
    found = calls(net)
    return [_own(net, found, node, call) if node.share else call.params
            for node, call in zip(net.nodes, found, strict=True)]


def _own(net: Net, found: list[Call], node: Node, call: Call) -> Weights:
    for tensor, (owner, name) in node.share.items():
        if tensor not in call.params:
            raise node.origin.error(f"has no tensor '{tensor[:80]}' to share; it has "
                                    f"{', '.join(call.params) or 'none'}", node.name, "share")
        theirs = found[owner].params.get(name)
        if theirs is None:
            raise node.origin.error(f"'{net.nodes[owner].name}' has no tensor '{name[:80]}'; it has "
                                    f"{', '.join(found[owner].params) or 'none'}", node.name, "share")
        if theirs.shape != call.params[tensor].shape:
            ours = "×".join(map(str, call.params[tensor].shape))
            raise node.origin.error(f"'{tensor}' is {ours}, but '{net.nodes[owner].name}.{name}' is "
                                    f"{'×'.join(map(str, theirs.shape))}", node.name, "share")
    return {name: weight for name, weight in call.params.items() if name not in node.share}
