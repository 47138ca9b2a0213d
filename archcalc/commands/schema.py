"""`archcalc schema`: JSON Schemas of the language and of what commands print."""

from __future__ import annotations

import click

from archcalc.commands._options import output_option
from archcalc.commands._output import write


@click.command()
@click.argument("which", metavar="[NAME]", default="spec")
@output_option
def command(which: str, output: str | None) -> None:
    """Print the JSON Schema of the spec language, or of what a command prints with --format json.

    The names are spec, the default, and what the key `schema` of that JSON says: report, memory, order, placement,
    region, explanation, check, lint, audit, diff, comparison, paths, signal, deconvnet, verification, and list.
    """
    import json

    from archcalc.schemas import schema

    write(json.dumps(schema(which), ensure_ascii=False, indent=1) + "\n", output)
