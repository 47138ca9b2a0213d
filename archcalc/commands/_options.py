"""Options that commands share, and the network that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from archcalc.errors import UsageError

DTYPES = ["float16", "bfloat16", "float32", "float64", "int8"]
SPEC_HELP = ("SPEC is a file (net.yaml, net.yaml#variant), a name of the zoo (`archcalc list`), a file of a git "
             "revision (HEAD~1:net.yaml), a reference to import (torch:module:factory, torchvision:name, "
             "hf:config.json, net.onnx, net.json), or - for standard input.")

Command = TypeVar("Command", bound=Callable[..., Any])


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


def dtype_option(command: Command) -> Command:
    """The option for the type of numbers."""
    return click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True,
                        help="Type of parameters and activations.")(command)


def batch_option(command: Command) -> Command:
    """The option for the number of samples."""
    return click.option("--batch", type=click.IntRange(1, 10**9 - 1), default=1, show_default=True,
                        help="Samples; multiplies MACs, FLOPs, outputs and bytes of activations.")(command)


def output_option(command: Command) -> Command:
    """The option for a file to write to."""
    return click.option("-o", "--output", metavar="FILE", callback=output_file,
                        help="Write here instead of to standard output.")(command)


def output_file(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """The file that -o names; None for ``-``, which is standard output."""
    if name is not None and not name.strip():
        raise UsageError("-o takes the name of a file, or - for standard output; found nothing")
    return None if name == "-" else name


def rule_options(command: Command) -> Command:
    """The options that choose rules of lint."""
    for option in (
        click.option("--ignore", metavar="A,B,...", help="Leave these rules out: codes, or how they begin."),
        click.option("--select", metavar="A,B,...", help="Only these rules: codes, or how they begin: AC101,AC2."),
    ):
        command = option(command)
    return command


def codes(text: str | None) -> tuple[str, ...]:
    """The codes of a list with commas."""
    return tuple(code.strip() for code in text.split(",")) if text is not None else ()


def foreign(spec: str) -> bool:
    """Whether a SPEC is a network written elsewhere, whose inputs are said when it is read."""
    if ":" not in spec and not spec.endswith((".onnx", ".json")):
        return False
    from archcalc.importing.references import is_reference

    return is_reference(spec)


def opened(spec: str, mode: str, input_size: str | None, settings: Iterable[str]) -> Any:
    """The network of a SPEC with the options that say which."""
    from archcalc.api import checked
    from archcalc.spec.document import open_document
    from archcalc.spec.expand import expand
    from archcalc.spec.parameters import from_input, from_text

    settings = list(settings)
    if input_size is not None and foreign(spec):
        spec, input_size = f"{spec}@{input_size}", None
    document = open_document(spec)
    given = from_text(settings)
    if input_size is not None:
        for name, size in from_input(document, input_size).items():
            if given.setdefault(name, size) != size:
                raise UsageError(f"--input {input_size} and --set {name} disagree")
    return checked(expand(document, given, mode))


def check_count(name: str, batch: int) -> None:
    """Refuse an unknown convention, and a batch: a tool's number is for one sample."""
    from archcalc.conventions import convention

    convention(name)
    if batch != 1:
        raise UsageError(f"--count is what a tool prints for one sample; leave out --batch {batch}")
