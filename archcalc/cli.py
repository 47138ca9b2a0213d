"""The command line: a thin layer over the library. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import click

import archcalc.commands
from archcalc import __version__


class Commands(click.Group):
    """The commands of `archcalc.commands`, each loaded when it is asked for; it proposes the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(archcalc.commands.__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"archcalc.commands.{name}").command
        command.name = name
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from archcalc.words import suggest

            hint = suggest(args[0], self.list_commands(ctx)) if args else ""
            raise click.UsageError(error.message.rstrip(".") + (hint or "."), ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="archcalc")
def cli() -> None:
    """Analyze a neural network from its spec: shapes, parameters, MACs and FLOPs.

    \b
    archcalc report alexnet            every layer's numbers
    archcalc report net.yaml --depth 1 the same, summed by block
    archcalc report alexnet -o a.html  a page for a browser
    archcalc explain alexnet conv1     the arithmetic behind them
    archcalc diagram alexnet -o a.svg  the network as a picture
    archcalc audit alexnet             what its paper prints, judged
    archcalc list                      the networks that come with archcalc
    """
