"""`archcalc audit`: published figures against computed ones."""

from __future__ import annotations

import click

from archcalc.commands._options import output_option
from archcalc.commands._output import bold_for, format_of, width_of, write
from archcalc.errors import UsageError


@click.command(epilog="SPEC is a file, a name of the zoo or of a family of it, or - for standard input; "
                      "FILE is an audit file, such as specs/audits/study-notes.yaml.")
@click.argument("specs", nargs=-1, metavar="[SPEC|FILE]...")
@click.option("--all", "every", is_flag=True, help="Audit every spec of the zoo that has claims, and its audit files.")
@click.option("--format", "form", type=click.Choice(["table", "md", "json", "github"]),
              help="Default: table, or by the suffix of -o. github: an annotation with file and line for each claim "
                   "that does not agree as it stands.")
@output_option
def command(specs: tuple[str, ...], every: bool, form: str | None, output: str | None) -> None:
    """Judge the claims of specs: agrees, agrees if, differs, or cannot be judged.

    A figure holds if the computed value, rounded or truncated at the precision printed, is that figure. Where it does
    not, a fixed list of conventions is searched, for all figures of a source together. It reports and exits with 0
    whatever it finds; `archcalc check` fails on what no note explains.
    """
    from archcalc.claims.audit import audit, references
    from archcalc.claims.render import render

    if every == bool(specs):
        raise UsageError("name the specs to audit, or --all")
    form = form or format_of(output)
    if form == "csv":
        raise UsageError("an audit is no table of values; use .txt, .md or .json")
    audits = [audit(spec) for spec in (references() if every else specs)]
    options = {"width": width_of(output), "bold": bold_for(output)} if form == "table" else {}
    write(render(audits, form, **options), output)
