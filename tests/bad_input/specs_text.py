"""No YAML, no spec, or no usable input: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "empty file": (
        "",
        "spec.yaml:1:1: is empty; a spec needs at least `input` and `layers`"),
    "only comments": (
        ("# a network\n"
         "# to come\n"),
        "spec.yaml:1:1: is empty; a spec needs at least `input` and `layers`\n"
        "  # a network\n"
        "  ^"),
    "a list": (
        "- conv: 3\n",
        "spec.yaml:1:1: a spec is a mapping with `input` and `layers`, found a list of 1\n"
        "  - conv: 3\n"
        "  ^"),
    "a word": (
        "alexnet\n",
        "spec.yaml:1:1: a spec is a mapping with `input` and `layers`, found 'alexnet'\n"
        "  alexnet\n"
        "  ^"),
    "no input": (
        ("layers:\n"
         "- conv: 3\n"),
        "spec.yaml:1:1: the spec has no `input`; write `input: [3, 224, 224]` for an image\n"
        "  layers:\n"
        "  ^"),
    "no layers": (
        "input: [3, 8, 8]\n",
        "spec.yaml:1:1: the spec has no `layers`\n"
        "  input: [3, 8, 8]\n"
        "  ^"),
    "empty layers": (
        ("input: [3, 8, 8]\n"
         "layers: []\n"),
        "spec.yaml:2:9: the network has no layers\n"
        "  layers: []\n"
        "          ^"),
    "layers that say nothing": (
        ("input: [3, 8, 8]\n"
         "layers:\n"),
        "spec.yaml:2:1: the spec has no `layers`\n"
        "  layers:\n"
        "  ^"),
    "layers that are a mapping": (
        ("input: [3, 8, 8]\n"
         "layers: {a: {conv: 3}}\n"),
        "spec.yaml:2:9: 'layers' must be a list, found a mapping\n"
        "  layers: {a: {conv: 3}}\n"
        "          ^"),
    "unknown key": (
        ("input: [3, 8, 8]\n"
         "layer:\n"
         "- conv: 3\n"),
        "spec.yaml:2:1: unknown key 'layer'; did you mean 'layers'?\n"
        "  layer:\n"
        "  ^"),
    "tab": (
        LAYERS + "\t- conv: 3\n",
        "spec.yaml:3:1: not YAML: found character that cannot start any token (a tab or a reserved "
        "character (@ `); indent with spaces)\n"
        "   - conv: 3\n"
        "  ^"),
    "two documents": (
        LAYERS + ("- relu\n"
         "---\n"
         "layers: []\n"),
        "spec.yaml:4:1: a second document begins here; a spec is one document\n"
        "  ---\n"
        "  ^"),
    "bracket": (
        ("input: [3, 8, 8\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:7: not YAML: did not find expected ',' or ']' while parsing a flow sequence "
        "that begins in line 1\n"
        "  layers:\n"
        "        ^"),
    "colon": (
        LAYERS + "- a: conv: 3\n",
        "spec.yaml:3:10: not YAML: mapping values are not allowed in this context (a ':' too many, "
        "or a line indented too far)\n"
        "  - a: conv: 3\n"
        "           ^"),
    "quote": (
        ('name: "Net\n'
         "input: [3, 8, 8]\n"),
        "spec.yaml:3:1: not YAML: found unexpected end of stream while scanning a quoted scalar that "
        "begins in line 1"),
    "undefined alias": (
        LAYERS + "- a: {conv: *w}\n",
        "spec.yaml:3:13: alias '*w' has no finished anchor before it\n"
        "  - a: {conv: *w}\n"
        "              ^"),
    "alias of itself": (
        ("input: [3, 8, 8]\n"
         "layers: &l\n"
         "- a: {add: {x: *l}}\n"),
        "spec.yaml:3:16: alias '*l' has no finished anchor before it\n"
        "  - a: {add: {x: *l}}\n"
        "                 ^"),
    "tag": (
        ("input: !!python/object/apply:os.system [ls]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:8: tags (`!name`) are not part of a spec\n"
        "  input: !!python/object/apply:os.system [ls]\n"
        "         ^"),
    "merge key": (
        ("input: [3, 8, 8]\n"
         "defaults: &d {conv: {bias: false}}\n"
         "layers:\n"
         "- a: {<<: *d, conv: 3}\n"),
        "spec.yaml:4:7: merge keys are not part of YAML 1.2; use `defaults`, a block or `extends`\n"
        "  - a: {<<: *d, conv: 3}\n"
        "        ^"),
    "duplicate key": (
        LAYERS + ("- relu\n"
         "input: [1, 8, 8]\n"),
        "spec.yaml:4:1: duplicate key 'input'; the first is in line 1\n"
        "  input: [1, 8, 8]\n"
        "  ^"),
    "duplicate field": (
        LAYERS + "- a: {conv: 3, kernel: 1, kernel: 3}\n",
        "spec.yaml:3:27: duplicate key 'kernel'; the first is in line 3\n"
        "  - a: {conv: 3, kernel: 1, kernel: 3}\n"
        "                            ^"),
    "key that is a list": (
        LAYERS + "- {[a]: relu}\n",
        "spec.yaml:3:4: a key must be a word, found a list of 1\n"
        "  - {[a]: relu}\n"
        "     ^"),
    "input that is a word": (
        ("input: image\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:8: 'input' must be a list or a mapping, found 'image'\n"
        "  input: image\n"
        "         ^"),
    "input of no axes": (
        ("input: []\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:8: input: 'shape': expected a list of sizes, such as [3, 224, 224], found []\n"
        "  input: []\n"
        "         ^"),
    "input of size 0": (
        ("input: [3, 0, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:8: input: 'shape': expected a list of sizes, such as [3, 224, 224], found [3, 0, 8]\n"
        "  input: [3, 0, 8]\n"
        "         ^"),
    "input of words": (
        ("input: [3, big, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:12: input: unknown name 'big'; known here: no parameters\n"
        "  input: [3, big, 8]\n"
        "             ^"),
    "input field": (
        ("input: {shape: [3, 8, 8], type: int64}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:27: input: unknown field 'type'; did you mean 'dtype'?\n"
        "  input: {shape: [3, 8, 8], type: int64}\n"
        "                            ^"),
    "input dtype": (
        ("input: {shape: [3, 8, 8], dtype: int46}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:34: input: unknown name 'int46'; did you mean 'int64'?\n"
        "  input: {shape: [3, 8, 8], dtype: int46}\n"
        "                                   ^"),
    "input axes": (
        ("input: {shape: [3, 8], axes: [channel, time]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:40: input: unknown name 'time'; known here: channel, sequence, space and window\n"
        "  input: {shape: [3, 8], axes: [channel, time]}\n"
        "                                         ^"),
    "too few axes": (
        ("input: {shape: [3, 8, 8], axes: [channel, space]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:27: input: 3 dimensions, but 2 axis roles\n"
        "  input: {shape: [3, 8, 8], axes: [channel, space]}\n"
        "                            ^"),
    "five axes": (
        ("input: [1, 2, 3, 4, 5]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:1: input: a shape of 5 axes needs `axes:`, the role of each\n"
        "  input: [1, 2, 3, 4, 5]\n"
        "  ^"),
    "input and inputs": (
        ("input: [3, 8, 8]\n"
         "inputs: {a: [3]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:9: a spec has either `input` or `inputs`\n"
        "  inputs: {a: [3]}\n"
        "          ^"),
    "no inputs": (
        ("inputs: {}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:9: `inputs` names no input\n"
        "  inputs: {}\n"
        "          ^"),
    "several inputs, none named": (
        ("inputs: {a: [3], b: [3]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:3:3: relu: has no layer before it; say `from:` which input it reads\n"
        "  - relu\n"
        "    ^"),
    "several inputs, none named `input`": (
        ("inputs: {a: [3], b: [3]}\n"
         "layers:\n"
         "- x: {relu: , from: input}\n"),
        "spec.yaml:3:21: x: the network has 2 inputs: name a or b\n"
        "  - x: {relu: , from: input}\n"
        "                      ^"),
    "an input that there is not": (
        ("inputs: {a: [3], b: [3]}\n"
         "layers:\n"
         "- x: {relu: , from: input.3}\n"),
        "spec.yaml:3:21: x: there is no 'input.3' here: the inputs are 1 to 2\n"
        "  - x: {relu: , from: input.3}\n"
        "                      ^"),
    "name of an input": (
        ("inputs: {'1': [3], b: [3]}\n"
         "layers:\n"
         "- x: {relu: , from: b}\n"),
        "spec.yaml:1:10: '1' cannot name an input: a name is a word, or words joined by dots, "
        "without '*', and not a number\n"
        "  inputs: {'1': [3], b: [3]}\n"
        "           ^"),
    "integers into a convolution": (
        ("input: {shape: [3, 8, 8], dtype: int64}\n"
         "layers:\n"
         "- a: {conv: 3}\n"),
        "spec.yaml:3:3: a: needs one channel axis, but 3×8×8 has sequence×sequence×sequence; it gets "
        "3×8×8 from 'input'\n"
        "  - a: {conv: 3}\n"
        "    ^"),
}
