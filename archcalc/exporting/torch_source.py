"""A network as PyTorch source: a class for each of its blocks, and one for the whole. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.exporting.body import Step, body
from archcalc.exporting.classes import Class
from archcalc.exporting.code import Code, code, name
from archcalc.exporting.facade import Helper
from archcalc.exporting.helpers import helpers
from archcalc.exporting.modules import Modules
from archcalc.exporting.printing import WIDTH, Printer, literal
from archcalc.exporting.signatures import REQUIRED
from archcalc.net import Net

RUN = 3
"""Equal modules in a row from which they are a loop."""

def torch_source(net: Net) -> str:
    """The text of a module that imports torch alone; its last class is the network, made without arguments.

    Its parameters and buffers are the network's in order and shape. Raises the origin's error for a layer whose
    kind has no equivalent.
    """
    modules = Modules(net)
    printer = Printer({c.name: c.arguments for c in modules.classes.values()})
    ties = list(_ties(net, modules))
    *inner, last = modules.classes.values()
    classes = [*(_class(c, printer, [], '') for c in inner), _class(last, printer, ties, _about(net))]
    text = "\n\n".join("\n" + "\n".join(lines) for lines in classes)
    functions = ["\n".join(_function(helper, printer)) for helper in modules.facade.helpers.values()]
    text = "\n\n\n".join([*functions, *helpers(text), text.strip()])
    imports = ["import torch"] if re.search(r"\btorch\.", text) else []
    imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
    head = f'"""{_quoted(net.name)}."""\n\n' + "\n".join([*imports, "from torch import nn"]) + "\n"
    return f"{head}\n\n{text}\n"


def _function(of: Helper, printer: Printer) -> list[str]:
    made = body({}, range(len(of.arguments)), [Step("x", (-1,), of.output, False)], [-1], of.arguments)
    lines = [f"def {of.name}({', '.join(of.arguments)}):", f'    """{of.about}"""']
    for word, value in made.statements:
        lines += printer.lines(value, f"{word} = ", indent=4)
    return [*lines, *printer.lines(made.output, "return ", indent=4)]


def _about(net: Net) -> str:
    sizes = [f"{n.name} {n.layer.out()}" if net.n_inputs > 1 else str(n.layer.out()) for n in net.inputs]
    return _quoted(f"{net.name}, for batches of {' and '.join(sizes)}.")


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


def _class(of: Class, printer: Printer, ties: list[str], about: str) -> list[str]:
    base = "nn.Sequential" if of.chain else "nn.Module"
    lines = [f"class {of.name}({base}):"]
    if about:
        lines += [f'    """{about}"""', ""]
    words = [w if a.default is REQUIRED else f"{w}={literal(a.default)}" for w, a in of.arguments.items()]
    lines += _wrapped("    def __init__(", ["self", *words], "):")
    if of.chain:
        items = _runs(list(of.body.parts.values()), printer)
        return [*lines, *printer.lines(name("super().__init__")(*items), indent=8, split=True)]
    lines.append("        super().__init__()")
    lines += [f"        self.{word} = {word}" for word in of.kept]
    for word, how in of.body.parts.items():
        lines += _part(word, how, printer)
    lines += [f"        {tie}" for tie in ties]
    lines += ["", *_wrapped("    def forward(", ["self", *of.body.inputs], "):")]
    for word, value in of.body.statements:
        lines += printer.lines(value, f"{word} = ", indent=8)
    return [*lines, *printer.lines(of.body.output, "return ", indent=8)]


def _part(word: str, how: Code, printer: Printer) -> list[str]:
    """The lines that give a module its part."""
    if how.head == "call" and how.parts[0].parts == ("buffer",):
        return printer.lines(name("self.register_buffer")(word, how.parts[1][0]), indent=8)
    if how.head == "call" and how.parts[0].parts == ("nn.Sequential",):
        items = _runs(list(how.parts[1]), printer)
        return printer.lines(name("nn.Sequential")(*items), f"self.{word} = ", indent=8, split=len(items) > 3)
    return printer.lines(how, f"self.{word} = ", indent=8)


def _runs(items: list[Code], printer: Printer) -> list[Code]:
    """The modules of a chain, those that come several times in a row as a loop."""
    found: list[Code] = []
    at = 0
    while at < len(items):
        text = printer.flat(items[at])
        end = at + 1
        while end < len(items) and printer.flat(items[end]) == text:
            end += 1
        loop = end - at >= RUN
        found += [Code("starred", Code("repeated", items[at], code(end - at)))] if loop else items[at:end]
        at = end
    return found


def _wrapped(start: str, items: list[str], end: str) -> list[str]:
    flat = f"{start}{', '.join(items)}{end}"
    if len(flat) <= WIDTH:
        return [flat]
    indent = " " * (len(start) - len(start.lstrip()))
    return [start, *(f"{indent}    {item}," for item in items), f"{indent}{end}"]



