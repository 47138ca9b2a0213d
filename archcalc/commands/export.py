"""`archcalc export`: PyTorch source and ONNX models."""

from __future__ import annotations

import sys

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@click.option("--to", type=click.Choice(["torch", "onnx"]),
              help="Default: by the suffix of -o (.py, .onnx), else torch.")
@network_options
@click.option("--weights", type=click.Choice(["none", "random"]),
              help="In an ONNX model: tensors as inputs of the graph, the default, or filled with random numbers.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True,
              help="Decides the random numbers.")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
def command(spec: str, to: str | None, mode: str, input_size: str | None, settings: tuple[str, ...],
            weights: str | None, seed: int, output: str | None) -> None:
    """Write a network as PyTorch source that imports torch alone, or as an ONNX model.

    The source has a class for each block, and gives a module with the network's parameters in order. Dropout and
    heads that are there in training only are left out unless --mode train.
    """
    from archcalc.commands._output import write
    from archcalc.errors import UsageError
    from archcalc.exporting.export import export, format_of

    to = to or format_of(output)
    if to == "onnx" and output is None and sys.stdout.isatty():
        raise UsageError("an ONNX model is no text for a terminal; name a file with -o")
    made = export(opened(spec, mode, input_size, settings), to, weights=weights, seed=seed)
    write(made, output)
