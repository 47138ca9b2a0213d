"""Networks whose prediction is held against torch: wide ones in little time."""

from __future__ import annotations


def plain(activation: str, depth: int = 30, width: int = 256) -> str:
    """A chain of dense layers."""
    return (f"input: [{width}]\nthen: {{linear: {activation}}}\nlayers:\n"
            f"- fc: {{linear: {width}, repeat: {depth}}}\n- out: {{linear: 64, then: []}}\n")


def convolutional(activation: str, depth: int = 30, width: int = 64, image: int = 6, norm: str = "") -> str:
    """A chain of padded 3×3 convolutions on a small map, where borders matter most."""
    return (f"input: [{width}, {image}, {image}]\ndefaults: {{conv: {{bias: false}}}}\n"
            f"then: {{conv: [{norm}{activation}]}}\nlayers:\n"
            f"- c: {{conv: {width}, kernel: 3, padding: 1, repeat: {depth}}}\n")


INCEPTION = """\
input: [128, 12, 12]
then: {conv: relu}
layers:
- stem: {conv: 128, kernel: 3, padding: 1}
- a:
    concat:
      b1: [{conv1: {conv: 64}}]
      b3: [{reduce: {conv: 96}}, {conv3: {conv: 128, kernel: 3, padding: 1}}]
      b5: [{reduce: {conv: 64}}, {conv5: {conv: 96, kernel: 5, padding: 2}}]
      pool: [{max: {maxpool: 3, padding: 1}}, {proj: {conv: 64}}]
- b:
    concat:
      b1: [{conv1: {conv: 64}}]
      b3: [{reduce: {conv: 96}}, {conv3: {conv: 128, kernel: 3, padding: 1}}]
      b5: [{reduce: {conv: 64}}, {conv5: {conv: 96, kernel: 5, padding: 2}}]
      pool: [{max: {maxpool: 3, padding: 1}}, {proj: {conv: 64}}]
- pool: global_avgpool
- flatten
- fc: {linear: 100}
"""

TRANSFORMER = """\
input: {shape: [32, 256], axes: [sequence, channel]}
blocks:
  layer():
  - attended: {add: {branch: [{norm: layernorm}, {attention: 4}], shortcut: []}}
  - fed: {add: {branch: [{norm: layernorm}, {up: {linear: 1024}}, {act: gelu}, {down: {linear: 256}}], shortcut: []}}
layers:
- block: {layer: [], repeat: 4}
- norm: layernorm
- head: {linear: 64}
"""

TOKENS = "input: {shape: [12, 64], axes: [sequence, channel]}\nlayers:\n- a: {linear: 128}\n"
HEADS = "input: {shape: [16, 128], axes: [sequence, channel]}\nlayers:\n- a: layernorm\n"
MAPS = "input: [64, 4, 4]\nlayers:\n- a: {conv: 64}\n"

KINDS = {
    "softmax": "input: [64]\nlayers: [{a: {linear: 10}}, {b: softmax}]\n",
    "log_softmax": "input: [64]\nlayers: [{a: {linear: 10}}, {b: log_softmax}]\n",
    "rbf": "input: [84]\nlayers: [{a: {linear: 84}}, {b: {rbf: 10}}]\n",
    "lstm": f"{TOKENS}- b: {{lstm: 128}}\n- c: {{linear: 64}}\n",
    "lstm, two layers, both ways": f"{TOKENS}- b: {{lstm: 128, layers: 2, bidirectional: true}}\n- c: {{linear: 64}}\n",
    "gru": f"{TOKENS}- b: {{gru: 128}}\n- c: {{linear: 64}}\n",
    "gru, two layers, last state": f"{TOKENS}- b: {{gru: 128, layers: 2, output: last}}\n- c: {{linear: 64}}\n",
    "attention, twice": f"{HEADS}- b: {{attention: 4}}\n- c: layernorm\n- d: {{attention: 4}}\n- e: {{linear: 64}}\n",
    "attention, causal, twice": f"{HEADS}- b: {{attention: 4, causal: true}}\n- c: layernorm\n"
                                "- d: {attention: 4, causal: true}\n- e: {linear: 64}\n",
    "window_attention": "input: {shape: [8, 8, 64], axes: [space, space, channel]}\nlayers:\n- a: layernorm\n"
                        "- b: {window_attention: 4, heads: 4}\n- c: {linear: 64}\n",
    "reduce: sum": "input: [16, 8, 8]\nlayers: [{a: {conv: 64, kernel: 3}}, {b: {reduce: sum, axes: space}}]\n",
    "reduce: mean of channels": "input: [16, 8, 8]\nlayers: [{a: {conv: 64, kernel: 3}}, {b: relu}, "
                                "{c: {reduce: mean, axes: channel, keep: true}}]\n",
    "reduce: max": "input: [64, 8, 8]\nlayers: [{a: {conv: 64}}, {b: relu}, {c: {reduce: max, axes: space}}]\n",
    "reduce: min": "input: [64, 8, 8]\nlayers: [{a: {conv: 64}}, {b: {reduce: min, axes: space}}]\n",
    "linear_transpose": "input: [64]\nlayers: [{a: {linear_transpose: 128}}, {b: relu}, {c: {linear_transpose: 64}}]\n",
    "batchnorm_transpose": f"{MAPS}- b: batchnorm_transpose\n",
    "expand": "input: [64, 1, 1]\nlayers: [{a: {conv: 64}}, {b: {expand: [64, 4, 4]}}, {c: {conv: 64, kernel: 3}}]\n",
    "unslice": f"{MAPS}- b: {{unslice: 128, start: 2}}\n- c: {{conv: 64}}\n",
    "unselect": f"{MAPS}- b: {{unselect: {list(range(3, 67))}, size: 80}}\n- c: {{conv: 64}}\n",
    "avg_unpool, apart": f"{MAPS}- b: {{avg_unpool: 2, stride: 2, size: 8}}\n"
                         "- c: {conv: 64, kernel: 3, padding: 1}\n",
    "avg_unpool, overlapping": f"{MAPS}- b: {{avg_unpool: 3, stride: 2, padding: 1, size: 7}}\n"
                               "- c: {conv: 64, kernel: 3, padding: 1}\n",
}
"""Small networks of single kinds, by what is measured."""
