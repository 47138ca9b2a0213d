"""`archcalc check`: budgets, claims and warnings of lint, for a build to fail on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from archcalc.budgets import NOUNS
from archcalc.commands._options import (
    SPEC_HELP,
    batch_option,
    codes,
    dtype_option,
    network_options,
    opened,
    output_option,
    rule_options,
)
from archcalc.commands._output import bold_for, format_of, width_of, write
from archcalc.errors import CheckFailed, UsageError


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for a limit of each quantity."""
    for quantity in reversed(NOUNS):
        command = click.option(f"--max-{quantity.replace('_', '-')}", f"max_{quantity}", metavar="N",
                               help=f"At most so many {NOUNS[quantity]}.")(command)
    return command


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@limit_options
@click.option("--claims/--no-claims", default=True, show_default=True, help="Check the claims of the spec.")
@click.option("--lint/--no-lint", default=True, show_default=True, help="Check for warnings of lint.")
@rule_options
@network_options
@batch_option
@dtype_option
@click.option("--format", "form", type=click.Choice(["table", "md", "json", "github"]), help="Default: table, or by "
              "the suffix of -o. github: annotations with file and line, and a summary of the job.")
@output_option
def command(specs: tuple[str, ...], claims: bool, lint: bool, select: str | None, ignore: str | None, mode: str,
            input_size: str | None, settings: tuple[str, ...], batch: int, dtype: str, form: str | None,
            output: str | None, **limits: str | None) -> None:
    """Check the budget of a spec and the limits given, its claims, and the warnings of lint.

    Exits with 1 where anything is broken: a quantity above its limit, a claim that differs, or agrees only under some
    convention, without a note that says so, or a warning. Notes of lint break nothing. A limit is a figure such as
    5M, 1,000 or 2MiB.
    """
    from archcalc.checking import check, text
    from archcalc.reports.github import summarize

    form = form or format_of(output)
    if form == "csv":
        raise UsageError("a check is no table of values; use .txt, .md or .json")
    given = {name.removeprefix("max_"): value for name, value in limits.items() if value is not None}
    found = [check(opened(spec, mode, input_size, settings), given, claims=claims, lint=lint, select=codes(select),
                   ignore=codes(ignore), batch=batch, dtype=dtype) for spec in specs]
    if form == "table":
        write(text.table(found, width_of(output), bold_for(output)), output)
    else:
        write({"md": text.markdown, "json": text.to_json, "github": text.github}[form](found), output)
    if form == "github":
        summarize(text.markdown(found))
    if not all(one.holds for one in found):
        raise CheckFailed(text.verdict(found))
