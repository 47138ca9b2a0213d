"""`archcalc list`: the zoo, and the kinds of layers."""

from __future__ import annotations

import click

from archcalc.commands._output import write


@click.command()
@click.option("--kinds", is_flag=True, help="List the layer kinds instead.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(kinds: bool, form: str) -> None:
    """List the networks of the zoo, or the layer kinds of the language."""
    rows = _kinds() if kinds else _networks()
    if form == "json":
        import json

        key = "kind" if kinds else "spec"
        write(json.dumps([{key: name, "summary": text} for name, text in rows], ensure_ascii=False, indent=1) + "\n")
        return
    size = max((len(name) for name, _ in rows), default=0)
    write("".join(f"{name:<{size}}  {text}".rstrip() + "\n" for name, text in rows))


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
