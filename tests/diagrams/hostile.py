"""Names that nobody should give to a layer."""

import archcalc
from archcalc.net import Net, Node

NAMES = [
    "<script>window.hit = 1</script>", "</title><script>window.hit = 2</script>", "\" onload=\"window.hit = 3",
    "' onmouseover='window.hit = 4", "&lt;b&gt; &amp; &quot;", "]]><img src=x onerror=window.hit=5>",
    "</style><script>window.hit = 6</script>", "javascript:window.hit=7", "\u202eright to left\u202c", "\u200f\u200e",
    "x" * 10_000, "🧠🔥🧑‍🔬", "\x00\x01\x1b[31m", "line\nbreak\ttab", "\\N \\G \\l \\\\", "", "ﷺ" * 50, "a.b..c.",
    "{record|fields}", "--> end", "%%{init: {}}%%", "</g></svg>", "\ud800",
]


def hostile() -> Net:
    """VGG-A with these names, and the title one of them."""
    net = archcalc.load("vgg-a")
    nodes = [Node(NAMES[i] if i < len(NAMES) else node.name, node.layer, node.inputs, node.origin, node.share)
             for i, node in enumerate(net.nodes)]
    return _Titled(nodes, net.n_inputs, net.outputs, spec='<x y="1">&', document=net.document,
                   parameters=net.parameters, mode=net.mode)


class _Titled(Net):
    @property
    def name(self) -> str:
        return "<script>window.hit = 8</script> & \"quoted\" 'title'"
