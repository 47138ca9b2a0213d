"""The library's entry points: from a spec to a network, and from a network to a report."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from archcalc.analysis.parameters import owned
from archcalc.errors import UsageError
from archcalc.net import Net
from archcalc.reports.model import DTYPES
from archcalc.reports.report import Report
from archcalc.spec.document import open_document, parse_document
from archcalc.spec.expand import expand
from archcalc.spec.sections import check_sections
from archcalc.words import listed, suggest

if TYPE_CHECKING:
    from archcalc.analysis.paths import Paths
    from archcalc.propagation.propagate import Propagation

MODES = ("eval", "train")
OPTIMIZERS = ("sgd", "momentum", "adam")


def load(spec: str | PathLike[str], *, mode: str = "eval", **parameters: Any) -> Net:
    """The network of a spec: a path (``net.yaml``, ``net.yaml#variant``) or a name of the zoo.

    Keyword arguments replace the spec's parameters; ``mode="train"`` keeps what is there only in
    training.  Raises `ArchcalcError` with the place of the mistake.

    >>> import archcalc
    >>> net = archcalc.load("alexnet", classes=10)
    >>> len(net.inputs), net["fc8"].layer.features
    (1, 10)
    """
    return checked(expand(open_document(fspath(spec)), parameters, _mode(mode)))


def loads(text: str, *, name: str = "spec", mode: str = "eval", **parameters: Any) -> Net:
    """The network of a spec's text; ``name`` is what messages call it.

    >>> net = loads("input: [3, 32, 32]\\nlayers:\\n- {conv: 8, kernel: 3}\\n")
    >>> report(net).totals.params
    224
    """
    return checked(expand(parse_document(text, name), parameters, _mode(mode)))


def loaded(net: Net | str | PathLike[str]) -> Net:
    """A network as it is, or that of a path or name."""
    return net if isinstance(net, Net) else load(net)


def paths(net: Net | str | PathLike[str], unit: str = "weights") -> Paths:
    """The paths of a network, or of the spec of that path or name, from its input to its output.

    ``unit`` is what a length counts: weights (as papers do), pooling (these too) or layers.

    >>> paths("googlenet").longest, paths("googlenet", "pooling").longest
    (22, 27)
    """
    from archcalc.analysis.paths import paths as found

    return found(loaded(net), unit)


def signal(net: Net | str | PathLike[str], init: str = "he") -> Propagation:
    """How variances pass through a network, or the spec of that path or name, at initialisation: an estimate.

    ``init`` is he, xavier, lecun, orthogonal, paper, or normal:0.01 and the like.
    """
    from archcalc.propagation.propagate import signal as found

    return found(loaded(net), init)


def report(net: Net | str | PathLike[str], *, mode: str | None = None, batch: int = 1, dtype: str = "float32",
           local: bool = False, optimizer: str = "adam", checkpoint: bool = False, count: str | None = None,
           **parameters: Any) -> Report:
    """The numbers of a network, or of the spec of that path or name.

    ``batch`` multiplies MACs, FLOPs, outputs and bytes of activations; ``local`` gives receptive fields
    through windowed paths alone; ``optimizer`` (sgd, momentum, adam) and ``checkpoint`` (at top-level
    blocks) are for the bytes of training; ``count`` adds the number of another tool (`archcalc.conventions`).
    Parameters given replace the network's.

    >>> report("alexnet", image=224)["conv1"].shape
    (96, 54, 54)
    """
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch < 10**9:
        raise UsageError(f"batch must be a whole number from 1 to 10⁹, found {batch!r}")
    if dtype not in DTYPES:
        raise UsageError(f"unknown dtype '{dtype}'{suggest(dtype, DTYPES) or '; there are ' + listed(DTYPES)}")
    if optimizer not in OPTIMIZERS:
        hint = suggest(optimizer, OPTIMIZERS) or f"; there are {listed(OPTIMIZERS)}"
        raise UsageError(f"unknown optimizer '{optimizer}'{hint}")
    if not isinstance(net, Net):
        net = load(net, mode=mode or "eval", **parameters)
    elif parameters or mode not in (None, net.mode):
        net = checked(expand(net.document, {**net.parameters, **parameters}, _mode(mode or net.mode)))
    return Report(net, batch, dtype, local=local, optimizer=optimizer, checkpoint=checkpoint, count=count)


def _mode(mode: str) -> str:
    if mode not in MODES:
        raise UsageError(f"unknown mode '{mode}'{suggest(mode, MODES) or '; there are eval and train'}")
    return mode


def checked(net: Net) -> Net:
    """The network, after every check that needs its shapes."""
    owned(net)
    check_sections(net)
    return net
