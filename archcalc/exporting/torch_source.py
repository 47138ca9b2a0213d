"""A network as PyTorch source: a class for each of its blocks, and one for the whole. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.analysis.parameters import owned
from archcalc.analysis.shapes import calls
from archcalc.exporting.body import body
from archcalc.exporting.classes import Class
from archcalc.exporting.code import Code, literal, name, shape
from archcalc.exporting.facade import Helper
from archcalc.exporting.helpers import helpers
from archcalc.exporting.modules import Modules
from archcalc.exporting.printing import WIDTH, Printer
from archcalc.exporting.repeats import RUN, repeated
from archcalc.exporting.signatures import REQUIRED
from archcalc.exporting.steps import Step
from archcalc.net import Net


def torch_source(net: Net) -> str:
    """The text of a module that imports torch alone; its last class is the network, made without arguments.

    Its parameters and buffers are the network's in order and shape. Raises the origin's error for a layer whose
    kind has no equivalent.
    """
    modules = Modules(net)
    printer = Printer({c.name: c.arguments for c in modules.classes.values()})
    ties = list(_ties(net, modules))
    *inner, last = modules.classes.values()
    classes = [*_derived([(c, _class(c, printer, [], [])) for c in inner]), _class(last, printer, ties, _about(net))]
    text = "\n\n".join("\n" + "\n".join(lines) for lines in classes)
    functions = ["\n".join(_function(helper, printer)) for helper in modules.facade.helpers.values()]
    text = "\n\n\n".join([*functions, *helpers(text), text.strip()])
    imports = ["import torch"] if re.search(r"\btorch\.", text) else []
    imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
    names = "Tensor, nn" if re.search(r"\bnn\.", text) else "Tensor"
    head = f'"""{_quoted(net.name)}."""\n\n' + "\n".join([*imports, f"from torch import {names}"]) + "\n"
    return f"{head}\n\n{text}\n"


def _function(of: Helper, printer: Printer) -> list[str]:
    made = body({}, range(len(of.arguments)), [Step("x", (-1,), of.output, False)], [-1], list(of.arguments))
    given = ", ".join(f"{word}: {kind}" for word, kind in of.arguments.items())
    lines = [f"def {of.name}({given}) -> Tensor:", f'    """{of.about}"""']
    for statement in made.statements:
        lines += printer.statement(statement, 4)
    return [*lines, *printer.lines(made.output, "return ", indent=4)]


def _about(net: Net) -> list[str]:
    """What the network takes and how large it is."""
    sizes = [f"{n.name} {n.layer.out()}" if net.n_inputs > 1 else str(n.layer.out()) for n in net.inputs]
    params = sum(weight.size for weights in owned(net) for weight in weights.values())
    macs = sum(call.macs for call in calls(net))
    return [f'    """{_quoted(net.name)}, for batches of {_quoted(" and ".join(sizes))}.', "",
            f"    {params:,} parameters and {macs:,} multiply-accumulates for one input.", '    """', ""]


def _quoted(text: str) -> str:
    """Text as a docstring holds it, on one line."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")


def _ties(net: Net, modules: Modules) -> Iterator[str]:
    """Statements that make shared tensors one."""
    for i, node in enumerate(net.nodes):
        for tensor, (owner, theirs) in node.share.items():
            yield f"self{_tensor(modules, i, tensor)} = self{_tensor(modules, owner, theirs)}"


def _tensor(modules: Modules, i: int, tensor: str) -> str:
    first = tensor.partition(".")[0]
    parts = [part.attribute for part in modules.layers[i].parts if part.attribute]
    inner = ".inner" if parts == ["inner"] and first != "inner" and not modules.layers[i].inline else ""
    return f"{modules.paths[i]}{inner}.{tensor}"


def _class(of: Class, printer: Printer, ties: list[str], about: list[str]) -> list[str]:
    base = "nn.Sequential" if of.chain else "nn.Module"
    lines = [f"class {of.name}({base}):"]
    lines += about
    lines += [f"    {word}: Tensor" for word, how in of.body.parts.items() if _is(how, "buffer")]
    lines += [""] if len(lines) > 1 and lines[-1] else []
    words = [f"{w}: {of.types[w]}" if a.default is REQUIRED else f"{w}: {of.types[w]} = {literal(a.default)}"
             for w, a in of.arguments.items()]
    lines += _wrapped("    def __init__(", ["self", *words], ") -> None:")
    if of.chain:
        items = _runs(list(of.body.parts.values()), printer)
        return [*lines, *printer.lines(name("super().__init__")(*items), indent=8, split=True)]
    lines.append("        super().__init__()")
    lines += [f"        self.{word} = {word}" for word in of.kept]
    for word, how in of.body.parts.items():
        lines += _part(word, how, printer)
    lines += [f"        {tie}" for tie in ties]
    given = len(of.body.output.parts) if of.body.output.head == "tuple" else 1
    result = f"tuple[{', '.join(['Tensor'] * given)}]" if given > 1 else "Tensor"
    lines += ["", *_wrapped("    def forward(", ["self", *(f"{w}: Tensor" for w in of.body.inputs)], f") -> {result}:")]
    for statement in of.body.statements:
        lines += printer.statement(statement, 8)
    return [*lines, *printer.lines(of.body.output, "return ", indent=8)]


def _derived(classes: list[tuple[Class, list[str]]]) -> Iterator[list[str]]:
    """Classes with the same parts as one before as its subclasses, with a forward pass of their own."""
    known: dict[tuple[str, ...], str] = {}
    for of, lines in classes:
        if of.chain or not of.body.parts:
            yield lines
            continue
        at = next(k for k, line in enumerate(lines) if line.startswith("    def forward(")) - 1
        base = known.setdefault(tuple(lines[1:at]), of.name)
        yield lines if base == of.name else [f"class {of.name}({base}):", *lines[at + 1:]]


def _part(word: str, how: Code, printer: Printer) -> list[str]:
    """The lines that give a module its part."""
    if _is(how, "buffer"):
        return printer.lines(name("self.register_buffer")(word, how.parts[1][0]), indent=8)
    if _is(how, "nn.Sequential"):
        items = _runs(list(how.parts[1]), printer)
        return printer.lines(name("nn.Sequential")(*items), f"self.{word} = ", indent=8, split=len(items) > 3)
    return printer.lines(how, f"self.{word} = ", indent=8)


def _is(how: Code, word: str) -> bool:
    return how.head == "call" and bool(how.parts[0].parts == (word,))


def _runs(items: list[Code], printer: Printer) -> list[Code]:
    """The modules of a chain, those that come several times in a row as a loop."""
    found: list[Code] = []
    forms = [shape(item) for item in items]
    at = 0
    while at < len(items):
        end = next((k for k in range(at, len(items)) if forms[k] != forms[at]), len(items))
        loop = repeated(items[at:end]) if end - at > RUN else None
        if loop is None:
            text = printer.flat(items[at])
            end = next((k for k in range(at, end) if printer.flat(items[k]) != text), end)
            loop = repeated(items[at:end])
        found += items[at:end] if loop is None else [Code("starred", loop)]
        at = end
    return found


def _wrapped(start: str, items: list[str], end: str) -> list[str]:
    flat = f"{start}{', '.join(items)}{end}"
    if len(flat) <= WIDTH:
        return [flat]
    indent = " " * (len(start) - len(start.lstrip()))
    inner = f"{indent}    {', '.join(items)}"
    rows = [inner] if len(inner) <= WIDTH else [f"{indent}    {item}," for item in items]
    return [start, *rows, f"{indent}{end}"]
