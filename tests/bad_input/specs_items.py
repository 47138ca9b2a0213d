"""Items of a list of layers and their fields: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "unknown kind": (
        LAYERS + "- a: {convv: 3}\n",
        "spec.yaml:3:7: a: unknown kind 'convv'; did you mean 'conv'?\n"
        "  - a: {convv: 3}\n"
        "        ^"),
    "unknown bare kind": (
        LAYERS + "- a: relv\n",
        "spec.yaml:3:6: unknown kind 'relv'; did you mean 'relu'?\n"
        "  - a: relv\n"
        "       ^"),
    "unknown unnamed kind": (
        LAYERS + "- batch_norm\n",
        "spec.yaml:3:3: unknown kind 'batch_norm'; did you mean 'batchnorm'?\n"
        "  - batch_norm\n"
        "    ^"),
    "unknown kind, nothing near": (
        LAYERS + "- a: {quux: 3}\n",
        "spec.yaml:3:7: a: unknown kind 'quux'; `archcalc list --kinds` shows them\n"
        "  - a: {quux: 3}\n"
        "        ^"),
    "kind of another tool": (
        LAYERS + "- a: {Conv2d: 3}\n",
        "spec.yaml:3:7: a: unknown kind 'Conv2d'; did you mean 'conv'?\n"
        "  - a: {Conv2d: 3}\n"
        "        ^"),
    "item that is a number": (
        LAYERS + "- 3\n",
        "spec.yaml:3:3: a layer is `name: {kind: ...}` or a bare kind, found 3\n"
        "  - 3\n"
        "    ^"),
    "item that is a list": (
        LAYERS + "- [conv, relu]\n",
        "spec.yaml:3:3: a layer is `name: {kind: ...}` or a bare kind, found a list of 2\n"
        "  - [conv, relu]\n"
        "    ^"),
    "item without a kind": (
        LAYERS + "- a:\n",
        "spec.yaml:3:3: 'a' has no kind: write `a: {kind: ...}`, found nothing\n"
        "  - a:\n"
        "    ^"),
    "item of only fields": (
        LAYERS + "- a: {kernel: 3, stride: 2}\n",
        "spec.yaml:3:3: 'a' has no kind, only fields: write `a: {kind: ..., kernel: ...}`\n"
        "  - a: {kernel: 3, stride: 2}\n"
        "    ^"),
    "two layers in one item": (
        LAYERS + ("- a: {conv: 3}\n"
         "  b: relu\n"),
        "spec.yaml:3:3: one layer has 2 keys here; write `- a: {kind: ..., ...}`\n"
        "  - a: {conv: 3}\n"
        "    ^"),
    "name that is a number": (
        LAYERS + "- 1: {conv: 3}\n",
        "spec.yaml:3:3: '1' cannot name a layer: a name is a word, or words joined by dots, without "
        "'*', and not a number\n"
        "  - 1: {conv: 3}\n"
        "    ^"),
    "name with a star": (
        LAYERS + "- conv*: {conv: 3}\n",
        "spec.yaml:3:3: 'conv*' cannot name a layer: a name is a word, or words joined by dots, "
        "without '*', and not a number\n"
        "  - conv*: {conv: 3}\n"
        "    ^"),
    "name `input`": (
        LAYERS + "- input: {conv: 3}\n",
        "spec.yaml:3:3: 'input' cannot name a layer: 'input' is what the network or the block reads\n"
        "  - input: {conv: 3}\n"
        "    ^"),
    "name of nothing between dots": (
        LAYERS + "- a..b: {conv: 3}\n",
        "spec.yaml:3:3: 'a..b' cannot name a layer: a name is a word, or words joined by dots, "
        "without '*', and not a number\n"
        "  - a..b: {conv: 3}\n"
        "    ^"),
    "name with a line break": (
        LAYERS + '- "a\\nb": {conv: 3}\n',
        "spec.yaml:3:3: 'a\\nb' cannot name a layer: a name is a word, or words joined by dots, "
        "without '*', and not a number\n"
        '  - "a\\nb": {conv: 3}\n'
        "    ^"),
    "duplicate name": (
        LAYERS + ("- a: {conv: 3}\n"
         "- b: relu\n"
         "- a: tanh\n"),
        "spec.yaml:5:3: duplicate name 'a'; the first is in line 3\n"
        "  - a: tanh\n"
        "    ^"),
    "duplicate full name": (
        LAYERS + ("- a: {conv: 3, then: relu}\n"
         "- a.relu: tanh\n"),
        "spec.yaml:4:3: a.relu: is the name of an earlier layer too\n"
        "  - a.relu: tanh\n"
        "    ^"),
    "branch that names a layer twice": (
        LAYERS + "- a: {add: {x: [{c: relu}, {c: tanh}], y: []}}\n",
        "spec.yaml:3:29: a: duplicate name 'c'; the first is in line 3\n"
        "  - a: {add: {x: [{c: relu}, {c: tanh}], y: []}}\n"
        "                              ^"),
    "unknown field": (
        LAYERS + "- a: {conv: 3, kernal: 3}\n",
        "spec.yaml:3:16: a: unknown field 'kernal'; did you mean 'kernel'?\n"
        "  - a: {conv: 3, kernal: 3}\n"
        "                 ^"),
    "unknown field, nothing near": (
        LAYERS + "- a: {conv: 3, quux: 3}\n",
        "spec.yaml:3:16: a: unknown field 'quux'; 'conv' has kernel, stride, padding, filters, "
        "dilation, groups and bias\n"
        "  - a: {conv: 3, quux: 3}\n"
        "                 ^"),
    "missing main value": (
        LAYERS + "- a: conv\n",
        "spec.yaml:3:3: a: 'filters' is missing: `{conv: ...}` sets it, a positive whole number\n"
        "  - a: conv\n"
        "    ^"),
    "missing field": (
        LAYERS + "- a: {embedding: 10}\n",
        "spec.yaml:3:3: a: 'features' is missing: expected a positive whole number\n"
        "  - a: {embedding: 10}\n"
        "    ^"),
    "value of a kind without one": (
        LAYERS + "- a: {relu: 3}\n",
        "spec.yaml:3:13: a: 'relu' takes no value, found 3; its fields are inplace\n"
        "  - a: {relu: 3}\n"
        "              ^"),
    "twice": (
        LAYERS + "- a: {conv: 3, filters: 4}\n",
        "spec.yaml:3:16: a: 'filters' is given twice: it is the value of 'conv'\n"
        "  - a: {conv: 3, filters: 4}\n"
        "                 ^"),
    "wrong type": (
        LAYERS + "- a: {conv: 3, bias: 1}\n",
        "spec.yaml:3:16: a: 'bias': expected true or false, found 1\n"
        "  - a: {conv: 3, bias: 1}\n"
        "                 ^"),
    "word for a number": (
        LAYERS + "- a: {conv: many}\n",
        "spec.yaml:3:13: a: unknown name 'many'; known here: no parameters\n"
        "  - a: {conv: many}\n"
        "              ^"),
    "kind for a number": (
        LAYERS + "- avgpool: global_avgpool\n",
        "spec.yaml:3:12: avgpool: layer kind 'global_avgpool' stands where the 'kernel' of 'avgpool' is due; "
        "a layer that is called 'avgpool' is `- avgpool: {global_avgpool: }`\n"
        "  - avgpool: global_avgpool\n"
        "             ^"),
    "kind for a number of a layer with a name": (
        LAYERS + "- a: {conv: relu}\n",
        "spec.yaml:3:13: a: layer kind 'relu' stands where the 'filters' of 'conv' is due\n"
        "  - a: {conv: relu}\n"
        "              ^"),
    "negative size": (
        LAYERS + "- a: {conv: -3}\n",
        "spec.yaml:3:13: a: 'filters': expected a positive whole number, found -3\n"
        "  - a: {conv: -3}\n"
        "              ^"),
    "size that is not whole": (
        LAYERS + "- a: {conv: 5 / 2}\n",
        "spec.yaml:3:13: a: 'filters': expected a positive whole number, found 2.5\n"
        "  - a: {conv: 5 / 2}\n"
        "              ^"),
    "list for a number": (
        LAYERS + "- a: {conv: [3, 4]}\n",
        "spec.yaml:3:13: a: 'filters': expected a positive whole number, found [3, 4]\n"
        "  - a: {conv: [3, 4]}\n"
        "              ^"),
    "mapping for a number": (
        LAYERS + "- a: {conv: {filters: 3}, kernel: {h: 3}}\n",
        "spec.yaml:3:35: a: expected a value, found a mapping\n"
        "  - a: {conv: {filters: 3}, kernel: {h: 3}}\n"
        "                                    ^"),
    "word for a padding": (
        LAYERS + "- a: {conv: 3, kernel: 3, padding: smae}\n",
        "spec.yaml:3:36: a: unknown name 'smae'; did you mean 'same'?\n"
        "  - a: {conv: 3, kernel: 3, padding: smae}\n"
        "                                     ^"),
    "too many per axis": (
        LAYERS + "- a: {conv: 3, kernel: [3, 3, 3]}\n",
        "spec.yaml:3:16: a: kernel takes one number or 2, found 3; it gets 3×8×8 from 'input'\n"
        "  - a: {conv: 3, kernel: [3, 3, 3]}\n"
        "                 ^"),
    "probability": (
        LAYERS + "- d: {dropout: 1.5}\n",
        "spec.yaml:3:16: d: 'p': expected a number from 0 to 1, found 1.5\n"
        "  - d: {dropout: 1.5}\n"
        "                 ^"),
    "huge integer": (
        LAYERS + "- a: {conv: 1000000000000000000000}\n",
        "spec.yaml:3:13: '1000000000000000000000' is out of range: numbers have at most 18 digits\n"
        "  - a: {conv: 1000000000000000000000}\n"
        "              ^"),
    "huge exponent": (
        LAYERS + "- a: {lrn: 5, alpha: 1e-400}\n",
        "spec.yaml:3:22: '1e-400' is out of range: numbers have at most 18 digits\n"
        "  - a: {lrn: 5, alpha: 1e-400}\n"
        "                       ^"),
    "default of an unknown kind": (
        ("input: [3, 8, 8]\n"
         "defaults: {cnv: {bias: false}}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:12: unknown kind 'cnv'; did you mean 'conv'?\n"
        "  defaults: {cnv: {bias: false}}\n"
        "             ^"),
    "default of an unknown field": (
        ("input: [3, 8, 8]\n"
         "defaults: {conv: {bais: false}}\n"
         "layers:\n"
         "- a: {conv: 3}\n"),
        "spec.yaml:2:19: a: unknown field 'bais'; did you mean 'bias'?\n"
        "  defaults: {conv: {bais: false}}\n"
        "                    ^"),
    "defaults that are a list": (
        ("input: [3, 8, 8]\n"
         "defaults: [conv]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:11: 'defaults' must be a mapping, found a list of 1\n"
        "  defaults: [conv]\n"
        "            ^"),
    "then of an unknown kind": (
        ("input: [3, 8, 8]\n"
         "then: {cnov: relu}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:8: unknown kind 'cnov'; did you mean 'conv'?\n"
        "  then: {cnov: relu}\n"
        "         ^"),
    "then an unknown kind": (
        ("input: [3, 8, 8]\n"
         "then: {conv: rleu}\n"
         "layers:\n"
         "- a: {conv: 3}\n"),
        "spec.yaml:2:14: a: unknown kind 'rleu'; did you mean 'relu'?\n"
        "  then: {conv: rleu}\n"
        "               ^"),
}
