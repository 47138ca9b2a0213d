"""The hooks for pre-commit: each runs a command that there is, on no file unless told which."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from archcalc.cli import cli

HOOKS = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))


def test_hooks_run_commands() -> None:
    assert [hook["id"] for hook in HOOKS] == ["archcalc-check", "archcalc-lint"]
    for hook in HOOKS:
        program, command = hook["entry"].split()
        assert program == "archcalc"
        assert command in cli.list_commands(click.Context(cli))
        assert (hook["language"], hook["files"]) == ("python", "^$")
