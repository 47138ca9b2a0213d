"""References to other layers, and shapes that do not fit: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "unknown name": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "- b: {relu: , from: conv2}\n"),
        "spec.yaml:4:21: b: no earlier layer is called 'conv2'; did you mean 'conv1'?\n"
        "  - b: {relu: , from: conv2}\n"
        "                      ^"),
    "forward reference": (
        LAYERS + ("- a: {add: [input, c]}\n"
         "- b: {conv: 3}\n"
         "- c: relu\n"),
        "spec.yaml:3:20: a: 'c' comes later; a layer may name only earlier ones\n"
        "  - a: {add: [input, c]}\n"
        "                     ^"),
    "self reference": (
        LAYERS + "- a: {add: [input, a]}\n",
        "spec.yaml:3:20: a: 'a' is this layer itself; a layer may name only earlier ones\n"
        "  - a: {add: [input, a]}\n"
        "                     ^"),
    "circular reference": (
        LAYERS + ("- a: {add: [input, b]}\n"
         "- b: {relu: , from: a}\n"),
        "spec.yaml:3:20: a: 'b' comes later; a layer may name only earlier ones\n"
        "  - a: {add: [input, b]}\n"
        "                     ^"),
    "reference to the block around": (
        ("input: [3, 8, 8]\n"
         "blocks: {b: [{c: {relu: , from: x}}]}\n"
         "layers:\n"
         "- x: b\n"),
        "spec.yaml:2:33: x.c: 'x' is around this layer; a layer may name only earlier ones\n"
        "  blocks: {b: [{c: {relu: , from: x}}]}\n"
        "                                  ^"),
    "reference into a block that comes later": (
        ("input: [3, 8, 8]\n"
         "blocks: {b: [{c: relu}]}\n"
         "layers:\n"
         "- a: {relu: , from: x.c}\n"
         "- x: b\n"),
        "spec.yaml:4:21: a: 'x.c' comes later; a layer may name only earlier ones\n"
        "  - a: {relu: , from: x.c}\n"
        "                      ^"),
    "reference to a layer left out": (
        LAYERS + ("- a: {conv: 3, if: false}\n"
         "- b: {relu: , from: a}\n"),
        "spec.yaml:4:21: b: 'a' is left out here by its `if`\n"
        "  - b: {relu: , from: a}\n"
        "                      ^"),
    "reference to nothing": (
        LAYERS + "- a: {relu: , from: }\n",
        "spec.yaml:3:21: a: 'from' takes the name of an earlier layer or a list of names, found nothing\n"
        "  - a: {relu: , from: }\n"
        "                      ^"),
    "reference that is a mapping": (
        LAYERS + "- a: {relu: , from: {x: 1}}\n",
        "spec.yaml:3:21: a: 'from' takes the name of an earlier layer or a list of names, found a mapping\n"
        "  - a: {relu: , from: {x: 1}}\n"
        "                      ^"),
    "reference in a list that is a list": (
        LAYERS + "- a: {add: , from: [input, [input]]}\n",
        "spec.yaml:3:28: a: expected the name of an earlier layer, found a list of 1\n"
        "  - a: {add: , from: [input, [input]]}\n"
        "                             ^"),
    "pattern that matches nothing": (
        LAYERS + ("- a: relu\n"
         "- b: {concat: , from: [x.*]}\n"),
        "spec.yaml:4:24: b: 'x.*' matches no earlier layer\n"
        "  - b: {concat: , from: [x.*]}\n"
        "                         ^"),
    "inputs given twice": (
        LAYERS + ("- a: relu\n"
         "- b: {add: [a, input], from: a}\n"),
        "spec.yaml:4:12: b: inputs are given twice: by name here and by `from`\n"
        "  - b: {add: [a, input], from: a}\n"
        "             ^"),
    "two inputs to one": (
        LAYERS + ("- a: relu\n"
         "- b: {conv: 3, from: [a, input]}\n"),
        "spec.yaml:4:16: b: 'conv' takes 1 input, found 2; join them first, with `add` or `concat`\n"
        "  - b: {conv: 3, from: [a, input]}\n"
        "                 ^"),
    "one input to two": (
        LAYERS + "- a: {matmul: }\n",
        "spec.yaml:3:3: a: 'matmul' takes 2 inputs, found 1; name them with `from: [a, b]`\n"
        "  - a: {matmul: }\n"
        "    ^"),
    "like an unknown layer": (
        LAYERS + ("- small: {maxpool: 2, stride: 2}\n"
         "- up: {upsample: , like: imput}\n"),
        "spec.yaml:4:26: up: no earlier layer is called 'imput'; did you mean 'input'?\n"
        "  - up: {upsample: , like: imput}\n"
        "                           ^"),
    "unknown output": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "outputs: [conv2]\n"),
        "spec.yaml:4:11: no earlier layer is called 'conv2'; did you mean 'conv1'?\n"
        "  outputs: [conv2]\n"
        "            ^"),
    "output that is a list": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "outputs: [[conv1]]\n"),
        "spec.yaml:4:11: an output is the name of a layer, found a list of 1\n"
        "  outputs: [[conv1]]\n"
        "            ^"),
    "only eval": (
        LAYERS + "- a: {conv: 3, only: eval}\n",
        "spec.yaml:3:22: a: 'only' takes 'train', found 'eval'\n"
        "  - a: {conv: 3, only: eval}\n"
        "                       ^"),
    "nothing in evaluation": (
        LAYERS + "- a: {conv: 3, only: train}\n",
        "spec.yaml:3:1: the network has no layers in mode eval\n"
        "  - a: {conv: 3, only: train}\n"
        "  ^"),
    "share that is a word": (
        LAYERS + ("- a: {conv: 3}\n"
         "- b: {conv: 3, share: a}\n"),
        "spec.yaml:4:23: b: 'share' is a mapping such as {weight: embedding.weight}: tensor to "
        "layer.tensor\n"
        "  - b: {conv: 3, share: a}\n"
        "                        ^"),
    "share without a tensor": (
        LAYERS + ("- a: {conv: 3}\n"
         "- b: {conv: 3, share: {weight: a}}\n"),
        "spec.yaml:4:23: b: 'share' is a mapping such as {weight: embedding.weight}: tensor to "
        "layer.tensor\n"
        "  - b: {conv: 3, share: {weight: a}}\n"
        "                        ^"),
    "share of an unknown layer": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "- b: {conv: 3, share: {weight: conv2.weight}}\n"),
        "spec.yaml:4:32: b: no earlier layer is called 'conv2'; did you mean 'conv1'?\n"
        "  - b: {conv: 3, share: {weight: conv2.weight}}\n"
        "                                 ^"),
    "share of an unknown tensor": (
        LAYERS + ("- a: {conv: 3}\n"
         "- b: {conv: 3, share: {wieght: a.weight}}\n"),
        "spec.yaml:4:16: b: has no tensor 'wieght' to share; it has weight, bias\n"
        "  - b: {conv: 3, share: {wieght: a.weight}}\n"
        "                 ^"),
    "share of unequal tensors": (
        LAYERS + ("- a: {conv: 3}\n"
         "- b: {conv: 4, share: {weight: a.weight}}\n"),
        "spec.yaml:4:16: b: 'weight' is 4×3×1×1, but 'a.weight' is 3×3×1×1\n"
        "  - b: {conv: 4, share: {weight: a.weight}}\n"
        "                 ^"),
    "groups that do not divide": (
        LAYERS + "- a: {conv: 9, groups: 2}\n",
        "spec.yaml:3:16: a: 2 groups do not divide 3 input channels; it gets 3×8×8 from 'input'\n"
        "  - a: {conv: 9, groups: 2}\n"
        "                 ^"),
    "groups that do not divide the filters": (
        LAYERS + ("- a: {conv: 4}\n"
         "- b: {conv: 9, groups: 2}\n"),
        "spec.yaml:4:16: b: 2 groups do not divide 9 filters; it gets 4×8×8 from 'a'\n"
        "  - b: {conv: 9, groups: 2}\n"
        "                 ^"),
    "window larger than its input": (
        LAYERS + ("- a: {conv: 3, kernel: 5}\n"
         "- b: {maxpool: 9}\n"),
        "spec.yaml:4:16: b: a window of 9 does not fit into 4 with padding 0 + 0: use a smaller "
        "kernel, more padding or a larger input; it gets 3×4×4 from 'a'\n"
        "  - b: {maxpool: 9}\n"
        "                 ^"),
    "unequal channels": (
        LAYERS + ("- a: {conv: 16}\n"
         "- b: {conv: 32, from: input}\n"
         "- sum: {add: [a, b]}\n"),
        "spec.yaml:5:3: sum: cannot add 16×8×8 and 32×8×8: a 1×1 convolution with 32 filters on the "
        "16×8×8 would fit; it gets 16×8×8 from 'a', 32×8×8 from 'b'\n"
        "  - sum: {add: [a, b]}\n"
        "    ^"),
    "unequal sizes": (
        LAYERS + ("- a: {conv: 16}\n"
         "- b: {conv: 32, stride: 2}\n"
         "- sum: {add: [a, b]}\n"),
        "spec.yaml:5:3: sum: cannot add 16×8×8 and 32×4×4: a 1×1 convolution with 32 filters and a "
        "stride of 2 on the 16×8×8 would fit; it gets 16×8×8 from 'a', 32×4×4 from 'b'\n"
        "  - sum: {add: [a, b]}\n"
        "    ^"),
    "unequal branches": (
        LAYERS + ("- sum:\n"
         "    add:\n"
         "      main: [{conv1: {conv: 8, stride: 2}}]\n"
         "      shortcut: []\n"),
        "spec.yaml:3:3: sum: cannot add 8×4×4 and 3×8×8: a 1×1 convolution with 8 filters and a "
        "stride of 2 on the 3×8×8 would fit; it gets 8×4×4 from 'sum.main.conv1', 3×8×8 from 'input'\n"
        "  - sum:\n"
        "    ^"),
    "unequal maps": (
        LAYERS + ("- a: {maxpool: 2, stride: 2}\n"
         "- all: {concat: [a, input]}\n"),
        "spec.yaml:4:3: all: cannot concatenate 3×4×4 and 3×8×8 along axis 0: axis 1 (space) "
        "differs, 4 and 8; it gets 3×4×4 from 'a', 3×8×8 from 'input'\n"
        "  - all: {concat: [a, input]}\n"
        "    ^"),
    "dense layer on maps": (
        LAYERS + ("- a: {conv: 3}\n"
         "- fc: {linear: 10}\n"),
        "spec.yaml:4:3: fc: works on a last axis of channels, but 3×8×8 has channel×space×space: "
        "flatten it first; it gets 3×8×8 from 'a'\n"
        "  - fc: {linear: 10}\n"
        "    ^"),
    "convolution of a vector": (
        ("input: [3]\n"
         "layers:\n"
         "- a: {conv: 3}\n"),
        "spec.yaml:3:3: a: conv slides over 2 spatial axes, but 3 has channel; it gets 3 from 'input'\n"
        "  - a: {conv: 3}\n"
        "    ^"),
    "reshape": (
        LAYERS + "- a: {reshape: [3, 63]}\n",
        "spec.yaml:3:16: a: 3×8×8 has 192 elements, which do not fill 3×63; it gets 3×8×8 from 'input'\n"
        "  - a: {reshape: [3, 63]}\n"
        "                 ^"),
    "axis that there is not": (
        LAYERS + "- a: {softmax: , axis: 5}\n",
        "spec.yaml:3:18: a: axis 5 does not exist in 3×8×8; it gets 3×8×8 from 'input'\n"
        "  - a: {softmax: , axis: 5}\n"
        "                   ^"),
    "crop of more": (
        LAYERS + "- a: {crop: 9}\n",
        "spec.yaml:3:13: a: a crop of 9 does not fit into 8; it gets 3×8×8 from 'input'\n"
        "  - a: {crop: 9}\n"
        "              ^"),
}
