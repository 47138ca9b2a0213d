"""The command line: a thin layer over the library. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from archcalc import __version__
from archcalc.errors import ArchcalcError, UsageError

SUFFIXES = {".txt": "table", ".md": "md", ".csv": "csv", ".json": "json"}
RENDERERS = {"table": "table", "json": "json", "csv": "csv", "md": "markdown"}

DTYPES = ["float16", "bfloat16", "float32", "float64", "int8"]

Command = TypeVar("Command", bound=Callable[..., Any])

SPEC_HELP = "SPEC is a file (net.yaml, net.yaml#variant), a name of the zoo (`archcalc list`), or - for standard input."


class Commands(click.Group):
    """A group that proposes the nearest command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from archcalc.spec.source import suggest

            hint = suggest(args[0], self.list_commands(ctx)) if args else ""
            raise click.UsageError(error.message.rstrip(".") + (hint or "."), ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="archcalc")
def cli() -> None:
    """Analyze a neural network from its spec: shapes, parameters, MACs and FLOPs.

    \b
    archcalc report alexnet            every layer's numbers
    archcalc report net.yaml --depth 1 the same, summed by block
    archcalc list                      the networks that come with archcalc
    """


def network_options(command: Command) -> Command:
    """The options that say which network: parameters, input size, mode."""
    for option in (
        click.option("--mode", type=click.Choice(["eval", "train"]), default="eval", show_default=True,
                     help="train keeps auxiliary heads and dropout."),
        click.option("--input", "input_size", metavar="CxHxW",
                     help="Set the parameters that stand alone in the input's shape: 3x256x256."),
        click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Replace a parameter of the spec."),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@network_options
@click.option("--batch", type=click.IntRange(1, 10**9 - 1), default=1, show_default=True,
              help="Samples; multiplies MACs, FLOPs and outputs.")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True,
              help="Type of parameters and activations.")
@click.option("--depth", type=click.IntRange(1, 100), help="Sum rows by block, down to this many levels of names.")
@click.option("--layout", type=click.Choice(["chw", "hwc"]), default="chw", show_default=True,
              help="Show shapes channel first or channel last.")
@click.option("--columns", metavar="A,B,...", help="Choose columns: kind, label, output, params, weights, buffers, "
              "macs, flops, outputs, memory, field, stride, start, unproductive; or all.")
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--optimizer", type=click.Choice(["sgd", "momentum", "adam"]), default="adam", show_default=True,
              help="For the bytes of a training step.")
@click.option("--checkpoint", is_flag=True, help="Train with gradient checkpoints at top-level blocks.")
@click.option("--memory", "section", flag_value="memory", help="Show memory line by line instead of the table.")
@click.option("--order", "section", flag_value="order", help="Search the order with the lowest peak of inference.")
@click.option("--placement", "section", flag_value="placement", help="Show what each device holds and what crosses.")
@click.option("--field-of", "unit", metavar="LAYER@I,J", help="Show the region of the input that one unit sees.")
@click.option("--from", "source", metavar="LAYER", help="With --field-of: the region of this layer instead.")
@click.option("--format", "form", type=click.Choice(list(RENDERERS)), help="Default: table, or by the suffix of -o.")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
def report(specs: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...], batch: int, dtype: str,
           depth: int | None, layout: str, columns: str | None, local: bool, optimizer: str, checkpoint: bool,
           section: str | None, unit: str | None, source: str | None, form: str | None, output: str | None) -> None:
    """Print every layer's output shape, parameters, MACs, FLOPs, memory and field, and the totals.

    The table has as many columns as its width has room for; --columns chooses others.
    """
    from archcalc.reports.model import Report

    form = form or _format_of(output)
    if form == "csv" and len(specs) > 1:
        raise UsageError("--format csv takes one SPEC; its rows have no column for the network")
    reports = [Report(_open(spec, mode, input_size, settings), batch, dtype, local=local, optimizer=optimizer,
                      checkpoint=checkpoint) for spec in specs]
    if section or unit or source:
        _write("\n".join(_section(r, section, unit, source, form) for r in reports), output)
        return
    if form == "json" and len(reports) > 1:
        import json

        text = json.dumps([r.to_dict(depth) for r in reports], ensure_ascii=False, indent=1) + "\n"
    else:
        options: dict[str, Any] = {"depth": depth}
        if form != "json":
            options |= {"layout": layout, "columns": tuple(c.strip() for c in columns.split(",")) if columns else ()}
        if form == "table":
            options |= {"width": _width(output), "bold": _bold(output)}
        render = import_module(f"archcalc.reports.{RENDERERS[form]}").render
        text = "\n".join(render(r, **options) for r in reports)
    _write(text if text.endswith("\n") else text + "\n", output)


def _section(report: Any, section: str | None, unit: str | None, source: str | None, form: str) -> str:
    """A section of a report as text or JSON."""
    from archcalc.reports import sections

    if form not in ("table", "json"):
        raise UsageError(f"--format {form} has no such section; use table or json")
    if unit is None and section is None:
        raise UsageError("--from goes with --field-of LAYER@I,J")
    if unit is not None:
        if section is not None:
            raise UsageError(f"--field-of and --{section} are two sections; ask for one at a time")
        return sections.region_text(report, unit, source, form == "json")
    if form == "json":
        return sections.as_json(report, section)
    text: str = getattr(sections, f"{section}_text")(report)
    return text


@cli.command()
@click.argument("spec", metavar="SPEC")
@click.argument("layers", nargs=-1, metavar="[LAYER]...")
@network_options
@click.option("--what", metavar="A,B,...", help="Choose of shape, params, macs, flops, field, memory.")
@click.option("--batch", type=click.IntRange(1, 10**9 - 1), default=1, show_default=True, help="Samples.")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True,
              help="Type of parameters and activations.")
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--latex", is_flag=True, help="Write LaTeX (align*) instead of text.")
@click.option("--format", "form", type=click.Choice(["table", "md", "json"]), help="Default: table (plain text), or "
              "by the suffix of -o.")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
def explain(spec: str, layers: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...],
            what: str | None, batch: int, dtype: str, local: bool, latex: bool, form: str | None,
            output: str | None) -> None:
    """Write out the arithmetic behind every number of some layers, or of all and the totals.

    LAYER is a layer's full name, or a block's for all that is in it.
    """
    from archcalc.explain import WHAT
    from archcalc.explain import explain as explanations
    from archcalc.reports.explanation import render
    from archcalc.reports.model import Report
    from archcalc.spec.source import listed, suggest

    chosen = tuple(w.strip() for w in what.split(",")) if what else WHAT
    for word in chosen:
        if word not in WHAT:
            raise UsageError(f"unknown quantity '{word[:40]}'{suggest(word, WHAT) or f'; there are {listed(WHAT)}'}")
    found = Report(_open(spec, mode, input_size, settings), batch, dtype, local=local)
    for layer in layers:
        if layer not in found.net.parts:
            raise UsageError(f"{found.net.spec} has no layer or block '{layer[:80]}'{suggest(layer, found.net.parts)}")
    form = "latex" if latex else form or _format_of(output)
    if form == "csv":
        raise UsageError("an explanation is no table of values; use .txt, .md or .json")
    _write(render(found, explanations(found, layers, chosen), form), output)


@cli.command(name="list")
@click.option("--kinds", is_flag=True, help="List the layer kinds instead.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def list_(kinds: bool, form: str) -> None:
    """List the networks of the zoo, or the layer kinds of the language."""
    rows = _kinds() if kinds else _networks()
    if form == "json":
        import json

        key = "kind" if kinds else "spec"
        _write(json.dumps([{key: name, "summary": text} for name, text in rows], ensure_ascii=False, indent=1) + "\n")
        return
    size = max((len(name) for name, _ in rows), default=0)
    _write("".join(f"{name:<{size}}  {text}".rstrip() + "\n" for name, text in rows))


def _networks() -> list[tuple[str, str]]:
    from archcalc import zoo
    from archcalc.spec.document import open_document

    rows = []
    for name in zoo.names():
        document = open_document(name)
        paper = document.section("paper")
        year = paper.value.get("year") if paper is not None and isinstance(paper.value, dict) else None
        rows.append((name, document.title + (f" ({year.value})" if year is not None else "")))
    return rows


def _kinds() -> list[tuple[str, str]]:
    from archcalc.layers.registry import kinds

    return [(name, (kind.__doc__ or "").strip().split("\n")[0]) for name, kind in sorted(kinds().items())]


@cli.command()
@click.argument("spec", metavar="SPEC")
@network_options
@click.option("--expanded", is_flag=True, help="The layers after expansion, as a flat spec.")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
def show(spec: str, mode: str, input_size: str | None, settings: tuple[str, ...], expanded: bool,
         output: str | None) -> None:
    """Print a spec as it is written, or its layers expanded."""
    if expanded:
        from archcalc.spec.flat import flat

        _write(flat(_open(spec, mode, input_size, settings)), output)
        return
    if settings or input_size:
        raise UsageError("--set and --input change the layers: use them with --expanded")
    from archcalc.spec.document import open_document

    _write("\n".join(open_document(spec).root.source.lines) + "\n", output)


@cli.command()
@click.argument("which", type=click.Choice(["spec", "report"]), default="spec")
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
def schema(which: str, output: str | None) -> None:
    """Print the JSON Schema of the spec language, or of `report --format json`."""
    import json

    from archcalc.spec.schema import report_schema, spec_schema

    found = spec_schema() if which == "spec" else report_schema()
    _write(json.dumps(found, ensure_ascii=False, indent=1) + "\n", output)


for command in (report, explain, show):
    command.epilog = SPEC_HELP


def _open(spec: str, mode: str, input_size: str | None, settings: Iterable[str]) -> Any:
    from archcalc.api import checked
    from archcalc.spec.document import open_document
    from archcalc.spec.expand import expand
    from archcalc.spec.parameters import from_input, from_text

    document = open_document(spec)
    given = from_text(list(settings))
    if input_size is not None:
        for name, size in from_input(document, input_size).items():
            if given.setdefault(name, size) != size:
                raise UsageError(f"--input {input_size} and --set {name} disagree")
    return checked(expand(document, given, mode))


def _format_of(output: str | None) -> str:
    if output is None:
        return "table"
    suffix = os.path.splitext(output)[1].lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{output}: the format cannot be told from the suffix '{suffix}'; "
                         f"use {', '.join(SUFFIXES)}, or --format")
    return SUFFIXES[suffix]


def _width(output: str | None) -> int:
    if output is None and sys.stdout.isatty():
        import shutil

        return max(80, shutil.get_terminal_size().columns)
    return 80


def _bold(output: str | None) -> Callable[[str], str]:
    if output is not None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return str
    return lambda text: click.style(text, bold=True)


def _write(text: str, output: str | None = None) -> None:
    """To standard output, or to a file that is either whole or not there."""
    if output is None:
        stream = sys.stdout
        if (stream.encoding or "").lower().replace("-", "") != "utf8":
            text = text.encode(stream.encoding or "ascii", "replace").decode(stream.encoding or "ascii")
        stream.write(text)
        return
    import tempfile

    path = Path(os.path.realpath(output))
    if path.is_dir():
        raise UsageError(f"{output}: is a directory; name a file in it")
    try:
        if path.exists() and not path.is_file():    # a device or a pipe, which must not be replaced
            path.write_text(text, "utf-8", newline="\n")
            return
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=path.parent, delete=False,
                                         prefix=f".{path.name[:50]}.") as file:
            temporary = Path(file.name)
            try:
                file.write(text)
                file.close()
                temporary.chmod(0o666 & ~_umask())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except (OSError, ValueError) as error:
        raise ArchcalcError(f"{output}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
