"""`archcalc schema`: JSON Schema of the language and of the report."""

from __future__ import annotations

import click

from archcalc.commands._options import output_option
from archcalc.commands._output import write


@click.command()
@click.argument("which", type=click.Choice(["spec", "report"]), default="spec")
@output_option
def command(which: str, output: str | None) -> None:
    """Print the JSON Schema of the spec language, or of `report --format json`."""
    import json

    from archcalc.spec.schema import report_schema, spec_schema

    found = spec_schema() if which == "spec" else report_schema()
    write(json.dumps(found, ensure_ascii=False, indent=1) + "\n", output)
