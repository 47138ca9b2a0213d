"""`archcalc import`: a network written elsewhere as a spec."""

from __future__ import annotations

import sys

import click

from archcalc.commands._options import output_option
from archcalc.commands._output import write
from archcalc.errors import UsageError


@click.command()
@click.argument("reference", metavar="REFERENCE")
@click.option("--input", "inputs", multiple=True, metavar="[NAME=]SIZES[:TYPE]",
              help="The shape of an input per sample, without the batch: 3x224x224, 128:int64, ids=128:int64. "
              "Once for each input.")
@output_option
def command(reference: str, inputs: tuple[str, ...], output: str | None) -> None:
    """Write the spec of a network that is code or a file of another tool.

    \b
    torch:package.module:factory  what a function gives, whose code is run
    torchvision:NAME              a model of torchvision
    model.onnx                    an ONNX file; its weights are not read
    hf:config.json                a Hugging Face configuration
    model.json                    what Keras's model.to_json() gives

    Layers are checked against the source's shapes. What has no kind becomes an opaque layer, named on standard
    error; MACs, FLOPs and memory are then lower bounds.
    """
    from archcalc.importing.references import imported, is_reference

    if not is_reference(reference):
        raise UsageError(f"nothing to import in '{reference[:80]}': name torch:package.module:factory, "
                         "torchvision:NAME, hf:config.json, a .onnx file or a Keras .json file")
    found = imported(reference, inputs)
    write(found.text, output)
    for note in found.notes:
        print(note, file=sys.stderr)
