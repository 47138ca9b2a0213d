"""`archcalc lint`: findings about architectures."""

from __future__ import annotations

import click

from archcalc.commands._options import SPEC_HELP, codes, network_options, opened, output_option, rule_options
from archcalc.commands._output import bold_for, format_of, width_of, write
from archcalc.errors import CheckFailed, UsageError


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--all", "every", is_flag=True, help="Lint the whole zoo.")
@click.option("--rules", "listing", is_flag=True, help="List the rules instead.")
@rule_options
@click.option("--fail-on", type=click.Choice(["warning", "note", "never"]), default="warning", show_default=True,
              help="The least for which to exit with 1.")
@network_options
@click.option("--format", "form", type=click.Choice(["table", "md", "json", "github"]), help="Default: table, or by "
              "the suffix of -o. github: an annotation for each finding, with file and line.")
@output_option
def command(specs: tuple[str, ...], every: bool, listing: bool, select: str | None, ignore: str | None, fail_on: str,
            mode: str, input_size: str | None, settings: tuple[str, ...], form: str | None,
            output: str | None) -> None:
    """Find what a network does in vain, or other than was probably meant.

    A warning is work or weights that do nothing, or a likely mistake; a note is a choice worth knowing of. Each rule
    has a code and an entry in docs/lint.md. A comment in the spec, "# archcalc: ignore[AC101]", leaves a finding out
    at its line, "# archcalc: ignore-file[AC101]" in the whole file.
    """
    from archcalc.linting import lint, text
    from archcalc.linting.catalogue import chosen

    form = form or format_of(output)
    if form == "csv":
        raise UsageError("findings are no table of values; use .txt, .md or .json")
    if listing:
        if specs or every or form != "table":
            raise UsageError("--rules lists the rules as text; it takes no SPEC and no --format")
        write(text.rules_table(chosen(codes(select), codes(ignore))), output)
        return
    if every == bool(specs):
        raise UsageError("name the specs to lint, or --all")
    from archcalc import zoo

    found = {spec: lint(opened(spec, mode, input_size, settings), codes(select), codes(ignore))
             for spec in (zoo.names() if every else specs)}
    if form == "table":
        write(text.table(found, width_of(output), bold_for(output)), output)
    else:
        write({"md": text.markdown, "json": text.to_json, "github": text.github}[form](found), output)
    all_found = [finding for findings in found.values() for finding in findings]
    if any(fail_on == "note" or (fail_on == "warning" and f.severity == "warning") for f in all_found):
        raise CheckFailed(text.count_text(all_found))
