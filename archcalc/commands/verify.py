"""`archcalc verify`: a spec against real torch modules."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import width_of, write
from archcalc.errors import CheckFailed, UsageError

if TYPE_CHECKING:
    from archcalc.crosscheck.lines import Verification


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--all", "every", is_flag=True, help="Verify the whole zoo.")
@click.option("--against", metavar="REFERENCE", help="torchvision:NAME, or package.module:factory, whose code is run. "
              "Default: torchvision's model for specs of that folder, else the kinds' own torch equivalents.")
@click.option("--device", default="auto", show_default=True, metavar="DEVICE",
              help="meta checks tensors, shapes and MACs; cpu also fields, memory and outputs; cuda or cuda:1 also "
              "memory, time and outputs on a card; auto what is there.")
@network_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@output_option
def command(specs: tuple[str, ...], every: bool, against: str | None, device: str, mode: str, input_size: str | None,
            settings: tuple[str, ...], form: str, output: str | None) -> None:
    """Compare what archcalc derives with torch: tensors, shapes, MACs, fields, memory and outputs.

    Needs torch: pip install 'archcalc[torch]'. Exits with 1 where anything differs.
    """
    if mode != "eval":
        raise UsageError("verify compares both modes where each applies; leave --mode out")
    if every == bool(specs):
        raise UsageError("name the specs to verify, or --all")
    from archcalc import zoo
    from archcalc.crosscheck.verify import verify

    names = zoo.names() if every else list(specs)
    found: list[Verification] = []
    with _progress(names) as bar:
        for name in bar:
            found.append(verify(opened(name, "eval", input_size, settings), against, device))
    write(_json(found) if form == "json" else _text(found, width_of(output)), output)
    wrong = [v.spec for v in found if not v.agrees]
    if wrong:
        raise CheckFailed(f"{len(wrong)} of {len(found)} differ: {', '.join(wrong[:10])}")


def _progress(names: list[str]) -> Any:
    """A bar on a terminal, with the network that is being verified, in one line whatever the width."""
    room = max(8, shutil.get_terminal_size().columns - 36)
    return click.progressbar(
        names, file=sys.stderr, hidden=len(names) < 2 or not sys.stderr.isatty(), width=20, show_eta=False,
        show_percent=False, show_pos=True, bar_template="[%(bar)s]  %(info)s",
        item_show_func=lambda name: name if name is None or len(name) <= room else "…" + name[1 - room:])


def _json(found: list[Verification]) -> str:
    rows: list[dict[str, Any]] = [{"spec": v.spec, "against": v.against, "agrees": v.agrees}
                                  | ({"card": v.card} if v.card else {})
                                  | {"lines": [line._asdict() for line in v.lines]} for v in found]
    return json.dumps({"schema": "verification/1", "versions": _versions(), "specs": rows}, ensure_ascii=False,
                      indent=1) + "\n"


def _versions() -> dict[str, str]:
    """The versions of what the specs were compared with, as far as it is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("torch", "torchvision"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _text(found: list[Verification], width: int) -> str:
    parts = []
    for v in found:
        lines = [f"{v.spec} against {v.against}" + (f", on {v.card}" if v.card else ""), ""]
        for line in v.lines:
            sign = {"equal": "=", "differs": "≠"}.get(line.verdict, "and")
            figures = f"{line.ours} {sign} {line.theirs}"
            lines.append(f"  {line.verdict:<8} {line.check}" + (f": {figures}" if line.ours else ""))
            lines += textwrap.wrap(line.remark, width, initial_indent=" " * 11, subsequent_indent=" " * 11,
                                   break_long_words=False, break_on_hyphens=False)
        parts.append("\n".join(lines) + "\n")
    if len(found) > 1:
        size = max(len(v.spec) for v in found)
        rows = [f"{v.spec:<{size}}  " + ("all equal" if v.agrees else "differs: " + ", ".join(
            line.check for line in v.lines if line.verdict == "differs")) for v in found]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)
