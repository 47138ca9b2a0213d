"""Writes the generated pages and schemas: ``python docs/generate.py``.

With ``--check`` it only compares; with ``--quick`` it leaves out the pages that take many seconds;
with ``--gallery`` it also draws every network of the zoo into docs/gallery, and the charts and
numbers of the story into docs/story; with ``--sessions`` it also runs the sessions on all pages and
writes what they print now, except below a line ``...``, which stands for any lines.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

import click  # noqa: E402
import yaml  # noqa: E402

import tests.kinds  # noqa: E402
from archcalc.cli import cli  # noqa: E402
from archcalc.layers.base import Layer  # noqa: E402
from archcalc.layers.registry import expects, is_reference, kinds  # noqa: E402
from archcalc.schemas import NAMES, schema  # noqa: E402
from archcalc.tensor import Tensor  # noqa: E402
from tests.docs_pages.blocks import PAGES, agrees, commands, run, save_files  # noqa: E402

BEGIN, END = "<!-- generated: operations -->", "<!-- end -->"
NOTE = "<!-- Written by docs/generate.py; edit the docstrings instead. -->\n"
_COUNTS = re.compile(r"\boperations?\b|\bcomparisons?\b|\bMACs\b|costs? nothing|not counted", re.IGNORECASE)


def main(arguments: list[str]) -> int:
    """Write every page, or with ``--check`` name those that are stale; the exit code."""
    if "--sessions" in arguments:
        for page in PAGES:
            page.write_text(with_sessions(page), "utf-8")
    if "--gallery" in arguments:
        draw()
    current = pages("--quick" in arguments)
    stale = [path for path, text in current.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        said = "is stale; run python docs/generate.py" if "--check" in arguments else "written"
        print(f"{path.relative_to(ROOT)}: {said}")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(current[path], "utf-8")
    return int(bool(stale) and "--check" in arguments)


def draw() -> None:
    """Write the pictures of the gallery and the story, and remove those that are gone."""
    from docs._pages import gallery, story

    for module in (gallery, story):
        drawn = dict(module.pictures(ROOT))
        for path, text in drawn.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for path in (ROOT / "docs" / module.__name__.rpartition(".")[2]).rglob("*.svg"):
            if path not in drawn:
                path.unlink()


def pages(quick: bool = False) -> dict[Path, str]:
    """Every generated file and what it should hold; quick, without the pages of modules that say they are slow."""
    docs = ROOT / "docs"
    before, _, rest = (docs / "conventions.md").read_text("utf-8").partition(BEGIN)
    return {
        **{docs / "schema" / f"{name}.json": _json(schema(name)) for name in NAMES},
        docs / "kinds.md": kinds_page(),
        docs / "cli.md": cli_page(),
        docs / "conventions.md": f"{before}{BEGIN}\n\n{operations()}\n{END}{rest.partition(END)[2]}",
    } | _more(quick)


def _more(quick: bool) -> dict[Path, str]:
    """The pages of the modules in ``docs/_pages``."""
    import docs._pages

    found: dict[Path, str] = {}
    for module in pkgutil.iter_modules(docs._pages.__path__):
        writer = importlib.import_module(f"docs._pages.{module.name}")
        if not (quick and getattr(writer, "SLOW", False)):
            found |= writer.pages(ROOT)
    return found


def with_sessions(page: Path) -> str:
    """A page with what its sessions print now."""
    with tempfile.TemporaryDirectory() as folder:
        save_files(page, Path(folder))
        return re.sub(r"(?<=^```console\n).*?(?=^```$)", lambda m: _session(m[0], Path(folder)),
                      page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _session(text: str, folder: Path) -> str:
    shown = ""
    for command in commands(text):
        code, output = run(command.text, folder)
        if code and not output.startswith("Error: "):
            raise SystemExit(f"$ {command.text}\n{output}")
        shown += f"$ {command.text}\n{command.shown if agrees(output, command.shown) else output}"
    return shown


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


# ── layer kinds ──────────────────────────────────────────────────────────────────────────────────────────────


def families() -> dict[str, list[type[Layer]]]:
    """Kinds by the file that defines them, in the order of the file."""
    found: dict[str, list[type[Layer]]] = {}
    for kind in kinds().values():
        found.setdefault(kind.__module__, []).append(kind)
    return {name: sorted(members, key=lambda kind: inspect.getsourcelines(kind)[1])
            for name, members in sorted(found.items())}


def kinds_page() -> str:
    """The page of layer kinds."""
    found = families()
    titles = {name: f"{name.rpartition('.')[2].capitalize()} layers" for name in found}
    anchors = {name: title.lower().replace(" ", "-") for name, title in titles.items()}
    lines = [NOTE, "# Layer kinds\n", KINDS_INTRO]
    lines += [f"- [{titles[name]}](#{anchors[name]}): " + ", ".join(f"[`{k.kind}`](#{k.kind})" for k in members)
              for name, members in found.items()]
    for name, members in found.items():
        lines += [f"\n## {titles[name]}\n", _markdown(inspect.getdoc(importlib.import_module(name)) or "")]
        lines += [kind_entry(kind) for kind in members]
    return "\n".join(lines) + "\n"


KINDS_INTRO = """\
A kind's *value* is the field that stands behind its name: `{conv: 96}` sets `filters`. Every item also takes
`from`, `then`, `repeat`, `first`, `if`, `only` and `share` ([the language](language.md)). A number, or `true` and
`false`, may be an expression over parameters. Operations are those besides the multiplications and additions of
MACs ([conventions](conventions.md)). Shapes are per sample; C, H, W, T stand for channels, height, width, tokens.
"""


def kind_entry(kind: type[Layer]) -> str:
    """What the page says about one kind."""
    lines = [f"\n### {kind.kind}\n", _markdown(inspect.getdoc(kind) or ""), ""]
    if kind.model_fields:
        lines += ["| field | takes | default |", "|:--|:--|:--|"]
        lines += [f"| `{name}` | {expects(kind, name)} | {_default(kind, name)} |" for name in kind.model_fields]
        lines += [""]
    return "\n".join([*lines, " ".join(_facts(kind)), "", *_example(kind)])


def _facts(kind: type[Layer]) -> Iterator[str]:
    base = kind.__mro__[1]
    if base in kinds().values():
        yield f"Otherwise as [`{base.kind}`](#{base.kind})."  # type: ignore[attr-defined]
    if kind.main:
        yield f"The value is `{kind.main}`."
    elif not kind.branches:
        yield "Takes no value."
    if kind.branches:
        yield "The value may be branches, `{name: [layers], ...}`, or names of earlier layers."
    fewest, most = kind.inputs
    if most is None:
        yield f"Takes {fewest} or more inputs."
    elif most > 1:
        yield f"Takes {fewest} inputs." if fewest == most else f"Takes {fewest} to {most} inputs."
    if kind.only:
        yield "There in training only; elsewhere it is left out."


def _markdown(docstring: str) -> str:
    return docstring.replace("``", "`").replace("<", "&lt;").replace("*", "\\*")


def _default(kind: type[Layer], field: str) -> str:
    info = kind.model_fields[field]
    if info.is_required():
        return "required"
    if info.default is None or is_reference(kind, field):
        return ""
    return f"`{_flow(info.default)}`"


def _flow(value: Any) -> str:
    plain = json.loads(json.dumps(value))  # tuples as lists
    text = yaml.dump(plain, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True)
    return text.strip().removesuffix("...").strip()


@cache
def cases() -> dict[str, Any]:
    """The first row of each kind in the tests' tables."""
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(tests.kinds.__path__):
        if module.name.startswith("cases_"):
            for case in importlib.import_module(f"tests.kinds.{module.name}").CASES:
                found.setdefault(case.layer.kind, case)
    return found


def item(layer: Layer, names: list[str]) -> str:
    """A layer that reads the layers named, as a spec has it."""
    kind = type(layer)
    fields = layer.model_dump(exclude_defaults=True)
    written = {kind.kind: fields.pop(kind.main, None) if kind.main else None}
    for field in [field for field in fields if is_reference(kind, field)]:
        fields[field] = names[-1]
        names = names[:-1]
    written |= {"from": names[0] if len(names) == 1 else names} if names != ["input"] else {}
    written |= fields
    return kind.kind if written == {kind.kind: None} else _flow(written).replace(": null", ": ")


def _example(kind: type[Layer]) -> Iterator[str]:
    case = cases().get(kind.kind)
    if case is None:
        return
    x = case.inputs
    names = ["input"] if len(x) == 1 else list("abcdef"[:len(x)])
    given = " and ".join(map(_tensor, x))
    counts = {"params": sum(w.size for w in case.layer.params(*x).values()), "MACs": case.layer.macs(*x),
              "other operations": case.layer.ops(*x)}
    shown = [f"{count:,} {what}" for what, count in counts.items() if count]
    yield f"Example: `{item(case.layer, names)}` turns {given} into {_tensor(case.layer.out(*x))}: " \
          f"{', '.join(shown) or 'no parameters, no operations'}."


def _tensor(x: Tensor) -> str:
    usual = Tensor.of(*x.dims, dtype=x.dtype).axes if len(x.dims) <= 4 else ()
    notes = [note for note in (x.roles() if x.axes != usual else "", x.dtype or "") if note]
    return str(x) + (f" ({', '.join(notes)})" if notes else "")


# ── operations ───────────────────────────────────────────────────────────────────────────────────────────────


def operations() -> str:
    """The table of what each kind counts, in the words of its docstring."""
    rows: dict[str, list[str]] = {}
    for members in families().values():
        for kind in members:
            rows.setdefault(counts_in_words(kind), []).append(f"[`{kind.kind}`](kinds.md#{kind.kind})")
    free = rows.pop("", [])
    lines = ["| kind | what is counted |", "|:--|:--|"]
    lines += [f"| {', '.join(names)} | {words} |" for words, names in rows.items()]
    return "\n".join([*lines, f"| {', '.join(free)} | nothing |"]) + "\n"


def counts(kind: type[Layer]) -> bool:
    """Whether a kind has MACs or operations."""
    return any(getattr(kind, rule) is not getattr(Layer, rule) for rule in ("macs", "products", "ops"))


def counts_in_words(kind: type[Layer]) -> str:
    """The sentences on operations in the docstring of a kind, or of the class that it specialises."""
    if not counts(kind):
        return ""
    for base in kind.__mro__[:kind.__mro__.index(Layer)]:
        paragraphs = inspect.cleandoc(base.__dict__.get("__doc__") or "").split("\n\n")
        found = " ".join(filter(None, map(_from_counts, paragraphs)))
        if found:
            return _markdown(found).replace("|", "\\|")
    return f"see [`{kind.kind}`](kinds.md#{kind.kind})"


def _from_counts(paragraph: str) -> str:
    """A paragraph from its first sentence on counting to the last on it or with a number."""
    sentences = re.split(r"(?<=\.)(?<!al\.)\s+", " ".join(paragraph.split()))
    about = [i for i, sentence in enumerate(sentences) if _COUNTS.search(sentence)]
    last = [i for i, sentence in enumerate(sentences) if i in about or re.search(r"\d", sentence)]
    return " ".join(sentences[about[0]:last[-1] + 1]) if about else ""


# ── command line ─────────────────────────────────────────────────────────────────────────────────────────────


def cli_page() -> str:
    """The page of commands."""
    lines = [NOTE, "# Command line\n", CLI_INTRO]
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        arguments = "".join(f" {_argument(p)}" for p in command.params if isinstance(p, click.Argument))
        lines += [f"\n## archcalc {name}\n", f"```text\narchcalc {name} [OPTIONS]{arguments}\n```\n"]
        lines += [inspect.cleandoc(command.help or "").replace("\b\n", ""), ""]
        options = [p for p in command.params if isinstance(p, click.Option)]
        lines += ["| option | does | default |", "|:--|:--|:--|"] if options else []
        lines += [_option(option) for option in options]
    return "\n".join(lines) + "\n"


CLI_INTRO = """\
SPEC is a file (`net.yaml`, or `net.yaml#variant` for one of a family), a name of the zoo (`archcalc list` shows
them), or `-` for standard input. Data goes to standard output, everything else to standard error. No table is
ever cut off; colour is used on a terminal only, and not when `NO_COLOR` is set.

| exit code | means |
|--:|:--|
| 0 | all is well |
| 1 | a check failed |
| 2 | wrong usage, or a mistake in a spec |
| 3 | something that cannot be done here; the message says what to install |
"""


def _argument(argument: click.Argument) -> str:
    if isinstance(argument.type, click.Choice):
        return f"[{'|'.join(argument.type.choices)}]"
    return argument.metavar or (argument.name or "").upper()


def _option(option: click.Option) -> str:
    name = ", ".join(f"`{text}`" for text in option.opts)
    if isinstance(option.type, click.Choice):
        name += " " + " / ".join(f"`{choice}`" for choice in option.type.choices)
    elif option.metavar:
        name += f" `{option.metavar}`"
    elif not option.is_flag:
        name += " `N`" if isinstance(option.type, click.types.IntParamType) else " `TEXT`"
    several = " May be given several times." if option.multiple else ""
    default = f"`{option.default}`" if option.show_default and isinstance(option.default, (str, int)) else ""
    return f"| {name} | {option.help or ''}{several} | {default} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
