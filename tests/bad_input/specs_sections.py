"""The other sections of a spec, and specs that build on others: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "claims that are a mapping": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims: {params: 3}\n"),
        "spec.yaml:4:9: 'claims' must be a list, found a mapping\n"
        "  claims: {params: 3}\n"
        "          ^"),
    "claim that is a word": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims: [many]\n"),
        "spec.yaml:4:10: a claim is a mapping such as {params: 60M, source: abstract}, found 'many'\n"
        "  claims: [many]\n"
        "           ^"),
    "claim of nothing": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {source: table 1}\n"),
        "spec.yaml:5:3: a claim needs a quantity: params, weights, buffers, macs, flops, outputs, "
        "neurons, shape, size, field, kernels, layers, depth, blocks, memory, peak_inference, "
        "saved_for_backward, training, augmentation, year, settings, follows, crossings or arithmetic; "
        "or `unchecked`, why it cannot be checked\n"
        "  - {source: table 1}\n"
        "    ^"),
    "claim of an unknown quantity": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {parms: 60M, source: table 1}\n"),
        "spec.yaml:5:4: unknown quantity 'parms'; did you mean 'params'?\n"
        "  - {parms: 60M, source: table 1}\n"
        "     ^"),
    "claim that is no figure": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {params: lots}\n"),
        "spec.yaml:5:12: expected a figure such as 60M, 3.8e9, 159K, 18% or 12x fewer, found 'lots'\n"
        "  - {params: lots}\n"
        "             ^"),
    "claim of an unknown unit": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {params: 60 mio}\n"),
        "spec.yaml:5:12: expected a figure such as 60M, 3.8e9, 159K, 18% or 12x fewer, found '60 mio'\n"
        "  - {params: 60 mio}\n"
        "             ^"),
    "claim of an unknown layer": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "claims:\n"
         "- {shape: {conv2: [3, 8, 8]}}\n"),
        "spec.yaml:5:12: no layer or block is called 'conv2'; did you mean 'conv1'?\n"
        "  - {shape: {conv2: [3, 8, 8]}}\n"
        "             ^"),
    "claim with an unknown parameter": (
        ("parameters: {image: 8}\n"
         "input: [3, image, image]\n"
         "layers:\n"
         "- a: {conv: 3}\n"
         "claims:\n"
         "- {with: {imgae: 9}, params: 3}\n"),
        "spec.yaml:6:11: unknown parameter 'imgae'; did you mean 'image'?\n"
        "  - {with: {imgae: 9}, params: 3}\n"
        "            ^"),
    "claim with a list": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {with: [a], params: 3}\n"),
        "spec.yaml:5:10: 'with' is a mapping of parameters, and of layers to fields, found a list of 1\n"
        "  - {with: [a], params: 3}\n"
        "           ^"),
    "claim of a figure that is a list": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {params: {a: [1, 2]}}\n"),
        "spec.yaml:5:16: 'params' is one figure, found a list of 2\n"
        "  - {params: {a: [1, 2]}}\n"
        "                 ^"),
    "claim of a shape that is a figure": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {shape: {a: 8}}\n"),
        "spec.yaml:5:15: 'shape' is a list of sizes such as [96, 55, 55], found 8\n"
        "  - {shape: {a: 8}}\n"
        "                ^"),
    "claim of parameters in bytes": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {params: {a: 240 MB}}\n"),
        "spec.yaml:5:16: 'params' is no number of bytes, found 240 MB\n"
        "  - {params: {a: 240 MB}}\n"
        "                 ^"),
    "claim of a ratio to nothing": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {params: 12x fewer}\n"),
        "spec.yaml:5:12: 12x fewer is relative: say `to` which network, or `share: true`\n"
        "  - {params: 12x fewer}\n"
        "             ^"),
    "claim of the year of a layer": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {year: {a: 2012}}\n"),
        "spec.yaml:5:11: 'year' is of a whole network, not of a part\n"
        "  - {year: {a: 2012}}\n"
        "            ^"),
    "claim of settings that are no mapping": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {settings: {a: 4}}\n"),
        "spec.yaml:5:18: 'settings' of a layer are a mapping such as {stride: 4}, found 4\n"
        "  - {settings: {a: 4}}\n"
        "                   ^"),
    "claim of arithmetic without an expression": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {arithmetic: 144}\n"),
        "spec.yaml:5:16: 'arithmetic' is a mapping such as {\"4 * 3 * 6 * 2\": 144}, found 144\n"
        "  - {arithmetic: 144}\n"
        "                 ^"),
    "claim of arithmetic that is none": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {arithmetic: {4 x 3: 12}}\n"),
        "spec.yaml:5:17: '4 x 3' is not an expression\n"
        "  - {arithmetic: {4 x 3: 12}}\n"
        "                  ^"),
    "claim of what follows a number": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {follows: {a: 3}}\n"),
        "spec.yaml:5:17: expected the name of a layer, found 3\n"
        "  - {follows: {a: 3}}\n"
        "                  ^"),
    "claim with a share of a shape": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {share: true, shape: {a: [3, 8, 8]}}\n"),
        "spec.yaml:5:17: 'shape' is no figure, and has no share of a total\n"
        "  - {share: true, shape: {a: [3, 8, 8]}}\n"
        "                  ^"),
    "claim in an unknown mode": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {mode: test, params: 3}\n"),
        "spec.yaml:5:10: 'mode' is eval or train, found 'test'\n"
        "  - {mode: test, params: 3}\n"
        "           ^"),
    "claim with a share that is a number": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {share: 1, params: 3}\n"),
        "spec.yaml:5:11: 'share' is true or false, found 1\n"
        "  - {share: 1, params: 3}\n"
        "            ^"),
    "claim of a number as a spec": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {spec: 16, params: 3}\n"),
        "spec.yaml:5:10: 'spec' is a text, found 16\n"
        "  - {spec: 16, params: 3}\n"
        "           ^"),
    "claim that is both checked and unchecked": (
        LAYERS + ("- a: {conv: 3}\n"
         "claims:\n"
         "- {unchecked: a picture, params: 3}\n"),
        "spec.yaml:5:3: a claim that is `unchecked` has no quantity; say what it states in `statement`\n"
        "  - {unchecked: a picture, params: 3}\n"
        "    ^"),
    "audit file as a network": (
        ("audit: {title: Notes}\n"
         "claims: []\n"),
        "spec.yaml:1:1: this is a file of claims and no network; `archcalc audit` reads it\n"
        "  audit: {title: Notes}\n"
        "  ^"),
    "budget of an unknown quantity": (
        LAYERS + ("- a: {conv: 3}\n"
         "budget: {parms: 5M}\n"),
        "spec.yaml:4:10: unknown quantity 'parms'; did you mean 'params'?\n"
        "  budget: {parms: 5M}\n"
        "           ^"),
    "budget that is no figure": (
        LAYERS + ("- a: {conv: 3}\n"
         "budget: {params: small}\n"),
        "spec.yaml:4:18: expected a figure such as 60M, 3.8e9, 159K, 18% or 12x fewer, found 'small'\n"
        "  budget: {params: small}\n"
        "                   ^"),
    "budget of an unknown layer": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "budget: {conv2: {params: 5M}}\n"),
        "spec.yaml:4:10: no layer or block is called 'conv2'; did you mean 'conv1'?\n"
        "  budget: {conv2: {params: 5M}}\n"
        "           ^"),
    "budget of a layer's unknown quantity": (
        LAYERS + ("- a: {conv: 3}\n"
         "budget: {a: {parms: 5M}}\n"),
        "spec.yaml:4:14: unknown quantity 'parms'; did you mean 'params'?\n"
        "  budget: {a: {parms: 5M}}\n"
        "               ^"),
    "placement without devices": (
        LAYERS + ("- a: {conv: 3}\n"
         "placement: {split: filters}\n"),
        "spec.yaml:4:12: 'devices' is missing\n"
        "  placement: {split: filters}\n"
        "             ^"),
    "placement on no devices": (
        LAYERS + ("- a: {conv: 3}\n"
         "placement: {devices: 0}\n"),
        "spec.yaml:4:22: 'devices' must be a whole number of at least 1, found 0\n"
        "  placement: {devices: 0}\n"
        "                       ^"),
    "placement by rows": (
        LAYERS + ("- a: {conv: 3}\n"
         "placement: {devices: 2, split: rows}\n"),
        "spec.yaml:4:32: 'split' takes 'filters', found 'rows'\n"
        "  placement: {devices: 2, split: rows}\n"
        "                                 ^"),
    "placement of an unknown layer": (
        LAYERS + ("- conv1: {conv: 3}\n"
         "placement: {devices: 2, layers: {conv2: 1}}\n"),
        "spec.yaml:4:34: no layer or block is called 'conv2'; did you mean 'conv1'?\n"
        "  placement: {devices: 2, layers: {conv2: 1}}\n"
        "                                   ^"),
    "placement on an unknown device": (
        LAYERS + ("- a: {conv: 3}\n"
         "placement: {devices: 2, layers: {a: [0, 2]}}\n"),
        "spec.yaml:4:41: unknown device 2: there are 2, counted from 0\n"
        "  placement: {devices: 2, layers: {a: [0, 2]}}\n"
        "                                          ^"),
    "placement with an unknown key": (
        LAYERS + ("- a: {conv: 3}\n"
         "placement: {device: 2}\n"),
        "spec.yaml:4:13: unknown key 'device' of 'placement'; did you mean 'devices'?\n"
        "  placement: {device: 2}\n"
        "              ^"),
    "augmentation without a crop": (
        LAYERS + ("- a: {conv: 3}\n"
         "augmentation: {image: 256}\n"),
        "spec.yaml:4:15: 'crop' is missing\n"
        "  augmentation: {image: 256}\n"
        "                ^"),
    "augmentation with a crop too large": (
        LAYERS + ("- a: {conv: 3}\n"
         "augmentation: {image: 224, crop: 256}\n"),
        "spec.yaml:4:34: a crop of 256 does not fit into an image of 224\n"
        "  augmentation: {image: 224, crop: 256}\n"
        "                                   ^"),
    "augmentation that flips twice": (
        LAYERS + ("- a: {conv: 3}\n"
         "augmentation: {image: 256, crop: 224, flip: 2}\n"),
        "spec.yaml:4:45: 'flip' is true or false, found 2\n"
        "  augmentation: {image: 256, crop: 224, flip: 2}\n"
        "                                              ^"),
    "extends itself": (
        ("extends: spec.yaml\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:10: circular 'extends': spec → spec\n"
        "  extends: spec.yaml\n"
        "           ^"),
    "extends an unknown network": (
        "extends: alexnt\n",
        "spec.yaml:1:10: no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?\n"
        "  extends: alexnt\n"
        "           ^"),
    "extends a missing file": (
        "extends: missing.yaml\n",
        "spec.yaml:1:10: no such file: 'missing.yaml'\n"
        "  extends: missing.yaml\n"
        "           ^"),
    "extends a family it does not have": (
        "extends: resnet#tiny\n",
        "spec.yaml:1:10: no such file: 'resnet'; a zoo name has no '#'\n"
        "  extends: resnet#tiny\n"
        "           ^"),
    "includes an unknown network": (
        ("include: [resnet, googelnet]\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:19: no file and no network in the zoo is called 'googelnet'; did you mean "
        "'googlenet'?\n"
        "  include: [resnet, googelnet]\n"
        "                    ^"),
    "include of a number": (
        ("include: [3]\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:11: 'include' must name a spec, found 3\n"
        "  include: [3]\n"
        "            ^"),
    "override of an unknown layer": (
        ("extends: alexnet\n"
         "override: {conv6: {kernel: 3}}\n"),
        "spec.yaml:2:12: unknown layer 'conv6'; did you mean 'conv5'?\n"
        "  override: {conv6: {kernel: 3}}\n"
        "             ^"),
    "override without a base": (
        ("input: [3, 8, 8]\n"
         "override: {conv6: {kernel: 3}}\n"),
        "spec.yaml:2:11: 'override' changes layers that `extends` brings; there are none here\n"
        "  override: {conv6: {kernel: 3}}\n"
        "            ^"),
    "override of an unknown field": (
        ("extends: alexnet\n"
         "override:\n"
         "  conv1: {kernal: 3}\n"),
        "spec.yaml:3:11: conv1: unknown field 'kernal'; did you mean 'kernel'?\n"
        "    conv1: {kernal: 3}\n"
        "            ^"),
    "override of a repetition that there is not": (
        ("extends: resnet18\n"
         "override:\n"
         "  conv2_x.3.sum.branch.conv1: {kernel: 1}\n"),
        "spec.yaml:3:3: conv2_x: there is no repetition 3: 'conv2_x' has 2\n"
        "    conv2_x.3.sum.branch.conv1: {kernel: 1}\n"
        "    ^"),
    "override that makes shapes unequal": (
        ("extends: resnet18\n"
         "override:\n"
         "  conv2_x.2.sum.branch.conv2: {conv: 32}\n"),
        "specs/resnet.yaml:17:7: conv2_x.2.sum: cannot add 32×56×56 and 64×56×56: a 1×1 convolution "
        "with 64 filters on the 32×56×56 would fit; it gets 32×56×56 from "
        "'conv2_x.2.sum.branch.conv2.batchnorm', 64×56×56 from 'conv2_x.1.sum.relu'\n"
        "      - sum:\n"
        "        ^"),
    "@ in a block": (
        ("input: [3, 8, 8]\n"
         "blocks: {b@1: [relu]}\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:2:10: 'b@1' cannot name a block: no '@'\n"
        "  blocks: {b@1: [relu]}\n"
        "           ^"),
}
