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
