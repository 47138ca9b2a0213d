"""Networks of one layer: every kind that some tool has a rule for, in the forms that the rules tell apart."""

from __future__ import annotations

IMAGE = "input: [8, 12, 12]\n"
LINE = "input: [8, 20]\n"
TOKENS = "input: {shape: [10, 16], axes: [sequence, channel]}\n"
THREE_HEADS = "input: {shape: [10, 15], axes: [sequence, channel]}\n"
TWO = ("inputs:\n  a: {shape: [10, 16], axes: [sequence, channel]}\n  b: {shape: [7, 16], axes: [sequence, channel]}\n")

LAYERS = {
    "conv": IMAGE + "layers: [{conv: 6, kernel: 3, groups: 2}]",
    "conv without bias": IMAGE + "layers: [{conv: 6, kernel: 3, bias: false}]",
    "conv1d": LINE + "layers: [{conv1d: 6, kernel: 3, stride: 2}]",
    "conv3d": "input: [4, 6, 6, 6]\nlayers: [{conv3d: 6, kernel: 3}]",
    "conv_transpose": IMAGE + "layers: [{conv_transpose: 6, kernel: 3, stride: 2, groups: 2}]",
    "conv_transpose without bias": IMAGE + "layers: [{conv_transpose: 6, kernel: 2, stride: 2, bias: false}]",
    "conv_transpose of one position": "input: [8, 1, 1]\nlayers: [{conv_transpose: 6, kernel: 4}]",
    "linear on tokens": TOKENS + "layers: [{linear: 6}]",
    "linear without bias": "input: [16]\nlayers: [{linear: 6, bias: false}]",
    "batchnorm": IMAGE + "layers: [batchnorm]",
    "batchnorm without parameters": IMAGE + "layers: [{batchnorm: , affine: false}]",
    "groupnorm": IMAGE + "layers: [{groupnorm: 2}]",
    "instancenorm": IMAGE + "layers: [instancenorm]",
    "instancenorm with parameters": IMAGE + "layers: [{instancenorm: , affine: true}]",
    "layernorm": TOKENS + "layers: [layernorm]",
    "layernorm without parameters": TOKENS + "layers: [{layernorm: , affine: false}]",
    "rmsnorm": TOKENS + "layers: [rmsnorm]",
    "lrn": IMAGE + "layers: [{lrn: 5}]",
    "lstm": TOKENS + "layers: [{lstm: 12}]",
    "lstm of two layers and directions": TOKENS + "layers: [{lstm: 12, layers: 2, bidirectional: true}]",
    "lstm without bias": TOKENS + "layers: [{lstm: 12, bias: false}]",
    "gru": TOKENS + "layers: [{gru: 12}]",
    "gru of two layers and directions": TOKENS + "layers: [{gru: 12, layers: 2, bidirectional: true}]",
    "attention": TOKENS + "layers: [{attention: 4}]",
    "attention of three heads": THREE_HEADS + "layers: [{attention: 3}]",
    "attention, causal": TOKENS + "layers: [{attention: 4, causal: true}]",
    "attention, apart": TOKENS + "layers: [{attention: 4, packed: false}]",
    "attention, grouped": TOKENS + "layers: [{attention: 4, kv_heads: 2, bias: false, rotary: true}]",
    "attention, rotary": TOKENS + "layers: [{attention: 4, rotary: true}]",
    "attention to others": TWO + "layers: [{attention: 4, from: [a, b]}]",
    "attention to others, apart": TWO + "layers: [{attention: 4, packed: false, from: [a, b]}]",
    "scaled_dot_product": TOKENS + "layers: [{scaled_dot_product: 4, from: [input, input, input]}]",
    "embedding": "input: {shape: [10], dtype: int64}\nlayers: [{embedding: 20, features: 8}]",
    "maxpool": IMAGE + "layers: [{maxpool: 2, stride: 2}]",
    "maxpool1d": LINE + "layers: [{maxpool1d: 2, stride: 2}]",
    "avgpool": IMAGE + "layers: [{avgpool: 2, stride: 2}]",
    "avgpool1d": LINE + "layers: [{avgpool1d: 2, stride: 2}]",
    "adaptive_avgpool": IMAGE + "layers: [{adaptive_avgpool: 5}]",
    "adaptive_avgpool of a line": LINE + "layers: [{adaptive_avgpool: 5}]",
    "adaptive_maxpool": IMAGE + "layers: [{adaptive_maxpool: 5}]",
    "global_avgpool": IMAGE + "layers: [global_avgpool]\ncalls: {global_avgpool: method}",
    "global_maxpool": IMAGE + "layers: [global_maxpool]\ncalls: {global_maxpool: method}",
    "mean": IMAGE + "layers: [{mean: space}]",
    "upsample": IMAGE + "layers: [{upsample: , size: 24}]",
    "upsample, bilinear": IMAGE + "layers: [{upsample: , size: 24, mode: bilinear}]",
    "add": IMAGE + "layers: [{add: {a: [], b: []}}]\ncalls: {add: function}",
    "multiply": IMAGE + "layers: [{multiply: {a: [], b: []}}]\ncalls: {multiply: function}",
    "matmul": TOKENS + "layers: [{matmul: {a: [], b: []}, transpose: true}]",
    "softmax over rows": IMAGE + "layers: [{softmax: 1}]",
    **{kind: f"{IMAGE}layers: [{kind}]" for kind in (
        "relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "sigmoid", "silu", "hard_sigmoid", "hard_swish", "tanh",
        "softmax", "log_softmax")},
}
"""By what they are. Their torch modules are those that archcalc builds, whose calls the specs describe."""
