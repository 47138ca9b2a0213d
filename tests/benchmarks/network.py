"""The network of the growth benchmark: a ResNet-like stack of basic blocks, as a spec and as a torch module."""

from __future__ import annotations

from typing import Any

LAYERS_PER_BLOCK = 7

SPEC = """
parameters: {blocks: 1}
input: [64, 56, 56]
defaults: {conv: {bias: false}}
then: {conv: [batchnorm, relu]}
blocks:
  basic(w):
    - sum:
        add:
          branch:
            - conv1: {conv: w, kernel: 3, padding: 1}
            - conv2: {conv: w, kernel: 3, padding: 1, then: batchnorm}
          shortcut: []
        then: relu
layers:
  - stage: {basic: 64, repeat: blocks}
"""


def module(blocks: int) -> Any:
    """The same network as a torch module on the meta device."""
    import torch
    from torch import nn

    class Basic(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(64, 64, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(64, 64, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(64)
            self.relu2 = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))) + x)

    with torch.device("meta"):
        return nn.Sequential(*(Basic() for _ in range(blocks))).eval()
