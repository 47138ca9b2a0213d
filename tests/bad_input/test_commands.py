"""Wrong command lines: what is said, exit code 2, and nothing on standard output."""

import os
from pathlib import Path

import pytest

from archcalc import __main__ as main
from archcalc.linting import all_rules

RULES = list(all_rules())
FAMILY = "vgg-a, vgg-a-lrn, vgg-b, vgg-c, vgg-d, vgg-e, vgg11, vgg13, vgg16 or vgg19"
COMMANDS = {
    # which spec
    "report dir": "dir: is a directory; name the spec file in it",
    "report fifo": "fifo: is not a file; `-` reads standard input",
    "report /dev/zero": "/dev/zero: is not a file; `-` reads standard input",
    "report dangling.yaml": "no such file: 'dangling.yaml'",
    "report utf16.yaml": "utf16.yaml: is UTF-16, not UTF-8; save it as UTF-8",
    "report latin.yaml": "latin.yaml:1:10: is not UTF-8 (byte 0xe9); save it as UTF-8",
    "report binary.yaml": "binary.yaml: is a binary file, not a spec",
    "report missing.yaml": "no such file: 'missing.yaml'",
    "report ../x/missing.yaml": "no such file: '../x/missing.yaml'",
    "report ''": "a spec is a file or a name of the zoo, found ''",
    "report #x": "a spec is a file or a name of the zoo, found '#x'",
    "report alexnt": "no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?",
    "report quux": "no file and no network in the zoo is called 'quux'; `archcalc list` shows the zoo",
    "report vgg": f"'vgg' is a family; choose {FAMILY}",
    "report alexnet#a": "no such file: 'alexnet'; a zoo name has no '#'",
    "report net.yaml#wide": "net.yaml has no variant 'wide'; it has none",
    "report variants.yaml#wid": "variants.yaml has no variant 'wid'; did you mean 'wide'?",
    "report variants.yaml#wide":
        "variants.yaml:4:19: unknown parameter 'w'; there are name, override, claims, budget, paper and notes\n"
        "  variants: {wide: {w: 3}, loop: pool, pool: loop, gone: away, n: 3}\n"
        "                    ^",
    "report variants.yaml#loop":
        "variants.yaml:4:44: circular variant 'loop'\n"
        "  variants: {wide: {w: 3}, loop: pool, pool: loop, gone: away, n: 3}\n"
        "                                             ^",
    "report variants.yaml#gone":
        "variants.yaml:4:56: unknown variant 'away'\n"
        "  variants: {wide: {w: 3}, loop: pool, pool: loop, gone: away, n: 3}\n"
        "                                                         ^",
    "report variants.yaml#n":
        "variants.yaml:4:65: variant 'n' must be a mapping of parameters, found 3\n"
        "  variants: {wide: {w: 3}, loop: pool, pool: loop, gone: away, n: 3}\n"
        "                                                                  ^",
    "report one.yaml":
        "two.yaml:1:10: circular 'extends': one → two → one\n"
        "  extends: one.yaml\n"
        "           ^",
    "report include.yaml":
        "include.yaml:1:10: circular 'include': include → include\n"
        "  include: include.yaml\n"
        "           ^",
    # depth first: 4 files down to tree4, 12 below it; twice 13 more beside it; 49 with tree3 to the second tree5
    "report tree0.yaml":
        "tree5.yaml:1:23: 'extends' and 'include' bring together more than 50 files\n"
        "  include: [tree6.yaml, tree6.yaml, tree6.yaml]\n"
        "                        ^",
    # parameters
    "report alexnet --set image": "--set takes name=value, found 'image'",
    "report alexnet --set =3": "--set takes name=value, found '=3'",
    "report alexnet --set image=": "--set takes name=value, found 'image='",
    "report alexnet --set imgae=3": "alexnet has no parameter 'imgae'; did you mean 'image'?",
    "report alexnet --set quux=3": "alexnet has no parameter 'quux'; it has image, classes and gpus",
    "report net.yaml --set image=3": "net has no parameter 'image'; it has none",
    "report alexnet --set image={a:1}": "--set image: expected a number, a word or a list, found a mapping",
    "report alexnet --set image=1e30": "--set image: '1e30' is out of range: numbers have at most 18 digits",
    "report alexnet --set image=10":
        "specs/alexnet.yaml:9:23: conv1: a window of 11 does not fit into 10 with padding 0 + 0: use a smaller kernel, "
        "more padding or a larger input; it gets 3×10×10 from 'input'\n"
        "    - conv1: {conv: 96, kernel: 11, stride: 4}\n"
        "                        ^",
    "report alexnet --input 227x227": "--input 227x227: the input of alexnet has 3 axes, found 2",
    "report alexnet --input 3x227x224":
        "--input 3x227x224: 'image' stands for more than one axis, and cannot be both 227 and 224",
    "report alexnet --input 1x224x224":
        "--input 1x224x224: axis 1 of the input is 3, not a parameter; it cannot become 1",
    "report alexnet --input big": "--input takes sizes such as 3x224x224, found 'big'",
    "report net.yaml --input 3x9x9": "--input 3x9x9: axis 2 of the input is 8, not a parameter; it cannot become 9",
    "report alexnet --input 3x224x224 --set image=227": "--input 3x224x224 and --set image disagree",
    "show alexnet --set image=3": "--set and --input change the layers: use them with --expanded",
    # networks against each other, and checks
    "compare alexnet": "a comparison needs at least 2 networks, found 1",
    "compare alexnet zfnt": "no file and no network in the zoo is called 'zfnt'; did you mean 'zfnet'?",
    "compare alexnet net.yaml --set image=224": "net has no parameter 'image'; it has none",
    "diff alexnet zfnet -o x.csv": "a difference has no CSV format; use .txt, .md or .json",
    "lint": "name the specs to lint, or --all",
    "lint alexnet --all": "name the specs to lint, or --all",
    "lint alexnet --rules": "--rules lists the rules as text; it takes no SPEC and no --format",
    "lint alexnet --select AC401,AC402,AC403": "unknown rule 'AC403'; did you mean 'AC402'?",
    "lint alexnet -o x.csv": "findings are no table of values; use .txt, .md or .json",
    "check alexnet --ignore AC1,": "unknown rule ''; there are " + ", ".join(RULES[:-1]) + f" and {RULES[-1]}",
    "check alexnet --max-params many":
        "limit of params: expected a figure such as 60M, 3.8e9, 159K, 18% or 12x fewer, found 'many'",
    "check alexnet --max-peak-inference 12x":
        "limit of peak_inference: a budget is a number such as 5M or 2MiB, found '12x'",
    "check alexnet -o x.csv": "a check is no table of values; use .txt, .md or .json",
    # output
    "report alexnet vgg16 --format csv": "--format csv takes one SPEC; its rows have no column for the network",
    "report alexnet -o x.pdf":
        "x.pdf: the format cannot be told from the suffix '.pdf'; use .txt, .md, .csv, .json, .html, or --format",
    "report alexnet -o missing/x.md": "missing/x.md: cannot be written: No such file or directory",
    "report alexnet -o net.yaml/x.md": "net.yaml/x.md: cannot be written: Not a directory",
    "report alexnet -o dir --format md": "dir: is a directory; name a file in it",
    "show alexnet -o dir": "dir: is a directory; name a file in it",
    "report alexnet -o ''": "-o takes the name of a file, or - for standard output; found nothing",
    "diagram alexnet -o ''": "-o takes the name of a file, or - for standard output; found nothing",
    "explain alexnet --latex --format json": "--latex is a format of its own; leave out --format json",
    "serve dir": "dir: is a directory; name the spec file in it",
    "serve fifo": "fifo: is not a file; `-` reads standard input",
}

# The wording of these is click's; what matters is that the place and the choice are named.
USAGE = {
    "repotr": ["No such command 'repotr'; did you mean 'report'?"],
    "frobnicate": ["No such command 'frobnicate'."],
    "report": ["Missing argument 'SPEC...'."],
    "show": ["Missing argument 'SPEC'."],
    "diff alexnet": ["Missing argument 'SPEC'."],
    "check": ["Missing argument 'SPEC...'."],
    "check alexnet --max-parms 5M": ["No such option", "--max-parms", "--max-params"],
    "lint alexnet --fail-on error": ["Invalid value for '--fail-on': 'error'", "'warning'", "'note'", "'never'"],
    "report alexnet --dept 1": ["No such option", "--dept", "--depth"],
    "report alexnet --set": ["Option '--set' requires an argument."],
    "report alexnet --depth 0": ["Invalid value for '--depth': 0 is not in the range 1<=x<=100."],
    "report alexnet --depth many": ["Invalid value for '--depth': 'many'"],
    "report alexnet --batch 0": ["Invalid value for '--batch': 0 is not in the range 1<=x<=999999999."],
    "report alexnet --batch 1000000000": ["Invalid value for '--batch': 1000000000 is not in the range"],
    "report alexnet --batch 2.5": ["Invalid value for '--batch': '2.5'"],
    "report alexnet --dtype float8": ["Invalid value for '--dtype': 'float8'", "'float16'", "'int8'"],
    "report alexnet --format xml": ["Invalid value for '--format': 'xml'", "'table'", "'json'", "'csv'", "'md'"],
    "report alexnet --mode test": ["Invalid value for '--mode': 'test'", "'eval'", "'train'"],
    "report alexnet --layout nhcw": ["Invalid value for '--layout': 'nhcw'", "'chw'", "'hwc'"],
    "schema reprot": ["there is no schema 'reprot'; did you mean 'report'?"],
    "list --format xml": ["Invalid value for '--format': 'xml'"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dir").mkdir()
    os.mkfifo("fifo")
    Path("dangling.yaml").symlink_to("nowhere")
    Path("utf16.yaml").write_bytes("input: [3]".encode("utf-16"))
    Path("latin.yaml").write_bytes("name: José\n".encode("latin-1"))
    Path("binary.yaml").write_bytes(b"\x7fELF\0\0")
    Path("net.yaml").write_text("input: [3, 8, 8]\nlayers:\n- conv1: {conv: 3}\n")
    Path("variants.yaml").write_text("input: [3, 8, 8]\nlayers:\n- a: {conv: 3}\n"
                                     "variants: {wide: {w: 3}, loop: pool, pool: loop, gone: away, n: 3}\n")
    Path("one.yaml").write_text("extends: two.yaml\n")
    Path("two.yaml").write_text("extends: one.yaml\n")
    Path("include.yaml").write_text("include: include.yaml\n")
    for i in range(6):
        Path(f"tree{i}.yaml").write_text(f"include: [tree{i + 1}.yaml, tree{i + 1}.yaml, tree{i + 1}.yaml]\n")
    Path("tree6.yaml").write_text("blocks: {b: [relu]}\n")


def run(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["archcalc", *("" if word == "''" else word for word in line.split())])
    with pytest.raises(SystemExit) as end:
        main.main()
    out, err = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, out, err


@pytest.mark.parametrize("line", COMMANDS)
def test_message(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(path.name for path in Path().iterdir())
    assert run(line, capsys, monkeypatch) == (2, "", f"Error: {COMMANDS[line]}\n")
    assert sorted(path.name for path in Path().iterdir()) == before


@pytest.mark.parametrize("line", USAGE)
def test_usage(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run(line, capsys, monkeypatch)
    assert (code, out) == (2, "")
    assert err.startswith(("Usage: archcalc", "Error: "))
    last = err.splitlines()[-1]
    assert [part for part in USAGE[line] if part not in last] == []


def test_unprintable_and_endless_arguments(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run("report " + "x" * 5000, capsys, monkeypatch)
    assert (code, out) == (2, "")
    assert err == f"Error: '{'x' * 37}...' is not a usable path\n"
