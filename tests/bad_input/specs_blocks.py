"""Blocks and repetition: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "block without a name": (
        ("input: [3, 8, 8]\n"
         "blocks: {'(w)': [relu]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:10: '(w)' is not a block's signature; write `name(width, stride=1)`\n"
        "  blocks: {'(w)': [relu]}\n"
        "           ^"),
    "block called as a kind": (
        ("input: [3, 8, 8]\n"
         "blocks: {conv(w): [relu]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:10: block 'conv' has the name of a layer kind\n"
        "  blocks: {conv(w): [relu]}\n"
        "           ^"),
    "block in braces": (
        ("input: [3, 8, 8]\n"
         "blocks: {b(w, k=1): [relu]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:10: 'b(w' is not a block's signature; between braces, quote it: a comma ends a key\n"
        "  blocks: {b(w, k=1): [relu]}\n"
        "           ^"),
    "two blocks of one name": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w): [relu]\n"
         "  b: [relu]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:4:3: duplicate block 'b'\n"
        "    b: [relu]\n"
        "    ^"),
    "bad argument": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w, 2x): [relu]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:3:3: '2x' cannot be an argument of block 'b'\n"
        "    b(w, 2x): [relu]\n"
        "    ^"),
    "argument that is a word of the language": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(repeat): [relu]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:3:3: 'repeat' cannot be an argument of block 'b'\n"
        "    b(repeat): [relu]\n"
        "    ^"),
    "argument twice": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w, w): [relu]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:3:3: block 'b' has two arguments 'w'\n"
        "    b(w, w): [relu]\n"
        "    ^"),
    "bad default": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w=2*): [relu]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:3:3: '2*' is not an expression\n"
        "    b(w=2*): [relu]\n"
        "    ^"),
    "default that reads a later argument": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w=2*k, k=1): [{conv: w}]\n"
         "layers:\n"
         "- b\n"),
        "spec.yaml:3:3: unknown name 'k'; known here: no parameters\n"
        "    b(w=2*k, k=1): [{conv: w}]\n"
        "    ^"),
    "missing argument": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w, k, s=1): [{conv: w}]\n"
         "layers:\n"
         "- x: b\n"),
        "spec.yaml:5:3: x: block 'b' needs w and k\n"
        "  - x: b\n"
        "    ^"),
    "too many arguments": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w, k): [{conv: w}]\n"
         "layers:\n"
         "- x: {b: [1, 2, 3]}\n"),
        "spec.yaml:5:10: x: block 'b' takes 2 arguments (w, k), found 3\n"
        "  - x: {b: [1, 2, 3]}\n"
        "           ^"),
    "argument of a block without": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b: [relu]\n"
         "layers:\n"
         "- x: {b: 3}\n"),
        "spec.yaml:5:10: x: block 'b' takes 0 arguments, found 1\n"
        "  - x: {b: 3}\n"
        "           ^"),
    "unknown argument": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(width): [{conv: width}]\n"
         "layers:\n"
         "- x: {b: , widht: 3}\n"),
        "spec.yaml:5:12: x: block 'b' has no argument 'widht'; did you mean 'width'?\n"
        "  - x: {b: , widht: 3}\n"
        "             ^"),
    "unknown argument in a mapping": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(width): [{conv: width}]\n"
         "layers:\n"
         "- x: {b: {widht: 3}}\n"),
        "spec.yaml:5:18: x: block 'b' has no argument 'widht'; did you mean 'width'?\n"
        "  - x: {b: {widht: 3}}\n"
        "                   ^"),
    "argument given twice": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w): [{conv: w}]\n"
         "layers:\n"
         "- x: {b: 3, w: 4}\n"),
        "spec.yaml:5:13: x: argument 'w' of block 'b' is given twice\n"
        "  - x: {b: 3, w: 4}\n"
        "              ^"),
    "block that is a number": (
        ("input: [3, 8, 8]\n"
         "blocks: {b: 3}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:13: expected a list of layers, found 3\n"
        "  blocks: {b: 3}\n"
        "              ^"),
    "block without layers": (
        ("input: [3, 8, 8]\n"
         "blocks: {b: {then: {conv: relu}}}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:13: block 'b' has no `layers`\n"
        "  blocks: {b: {then: {conv: relu}}}\n"
        "              ^"),
    "block with an unknown key": (
        ("input: [3, 8, 8]\n"
         "blocks: {b: {layer: [relu]}}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:14: unknown key 'layer' of a block; did you mean 'layers'?\n"
        "  blocks: {b: {layer: [relu]}}\n"
        "               ^"),
    "block in itself": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  a: [{x: b}]\n"
         "  b: [{y: {add: {l: [{z: a}], r: []}}}]\n"
         "layers:\n"
         "- a\n"),
        "spec.yaml:3:3: block 'a' contains itself: a → b → a\n"
        "    a: [{x: b}]\n"
        "    ^"),
    "mistake in a block": (
        ("input: [3, 8, 8]\n"
         "blocks:\n"
         "  b(w):\n"
         "    - c: {conv: w, kernel: 9}\n"
         "layers:\n"
         "- stage: {b: 4, repeat: 2}\n"),
        "spec.yaml:4:20: stage.1.c: a window of 9 does not fit into 8 with padding 0 + 0: use a "
        "smaller kernel, more padding or a larger input; it gets 3×8×8 from 'input'\n"
        "      - c: {conv: w, kernel: 9}\n"
        "                     ^"),
    "no branches": (
        LAYERS + "- a: {add: {}}\n",
        "spec.yaml:3:12: a: 'add' has no branches\n"
        "  - a: {add: {}}\n"
        "             ^"),
    "branch that is a layer": (
        LAYERS + "- a: {add: {x: {conv: 3}, y: []}}\n",
        "spec.yaml:3:16: a: expected a list of layers, found a mapping\n"
        "  - a: {add: {x: {conv: 3}, y: []}}\n"
        "                 ^"),
    "repeat 1e9": (
        LAYERS + "- a: {relu: , repeat: 1e9}\n",
        "spec.yaml:3:23: a: 'repeat' is at most 1,000,000, found 1,000,000,000\n"
        "  - a: {relu: , repeat: 1e9}\n"
        "                        ^"),
    "repeat -1": (
        LAYERS + "- a: {relu: , repeat: -1}\n",
        "spec.yaml:3:23: a: 'repeat' must be a whole number of at least 0, found -1\n"
        "  - a: {relu: , repeat: -1}\n"
        "                        ^"),
    "repeat 2.5": (
        LAYERS + "- a: {relu: , repeat: 2.5}\n",
        "spec.yaml:3:23: a: 'repeat' must be a whole number of at least 0, found 2.5\n"
        "  - a: {relu: , repeat: 2.5}\n"
        "                        ^"),
    "repeat a word": (
        LAYERS + "- a: {relu: , repeat: often}\n",
        "spec.yaml:3:23: a: unknown name 'often'; known here: no parameters\n"
        "  - a: {relu: , repeat: often}\n"
        "                        ^"),
    "repeat true": (
        LAYERS + "- a: {relu: , repeat: true}\n",
        "spec.yaml:3:23: a: 'repeat' must be a whole number of at least 0, found true\n"
        "  - a: {relu: , repeat: true}\n"
        "                        ^"),
    "nested repeats": (
        LAYERS + ("- a:\n"
         "    add:\n"
         "      x: [{b: {add: {y: [{c: {relu: , repeat: 1000}}]}, repeat: 1000}}]\n"
         "    repeat: 1000\n"),
        "spec.yaml:5:12: a.b: the network has more than 1,000,000 layers\n"
        "        x: [{b: {add: {y: [{c: {relu: , repeat: 1000}}]}, repeat: 1000}}]\n"
        "             ^"),
    "first without repeat": (
        LAYERS + "- a: {conv: 3, first: {stride: 2}}\n",
        "spec.yaml:3:23: a: 'first' is a mapping of what differs in the first of a `repeat`\n"
        "  - a: {conv: 3, first: {stride: 2}}\n"
        "                        ^"),
    "repeat in first": (
        LAYERS + "- a: {conv: 3, repeat: 2, first: {repeat: 3}}\n",
        "spec.yaml:3:35: a: 'repeat' is of all repetitions and cannot differ in the first\n"
        "  - a: {conv: 3, repeat: 2, first: {repeat: 3}}\n"
        "                                    ^"),
    "unknown field in first": (
        LAYERS + "- a: {conv: 3, repeat: 2, first: {strid: 2}}\n",
        "spec.yaml:3:35: a: unknown field 'strid'; did you mean 'stride'?\n"
        "  - a: {conv: 3, repeat: 2, first: {strid: 2}}\n"
        "                                    ^"),
    "index without repeat": (
        LAYERS + "- a: {conv: index}\n",
        "spec.yaml:3:13: a: unknown name 'index'; known here: no parameters\n"
        "  - a: {conv: index}\n"
        "              ^"),
}
