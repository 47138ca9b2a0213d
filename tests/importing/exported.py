"""Modules that are exported to ONNX: small, but of each family."""

from __future__ import annotations

from typing import Any

NAMES = ("resnet18", "mobilenet", "googlenet", "convnext", "vit", "swin", "encoder", "attention", "lstm", "gru")


def made(name: str) -> tuple[Any, Any]:
    """A module in evaluation, and an input with a batch of one."""
    import torch
    import torchvision

    image = torch.zeros(1, 3, 64, 64)
    models = torchvision.models
    module, x = {
        "resnet18": lambda: (models.resnet18(), image), "resnet50": lambda: (models.resnet50(), image),
        "mobilenet": lambda: (models.mobilenet_v3_small(), image),
        "googlenet": lambda: (models.googlenet(init_weights=False, aux_logits=False), image),
        "convnext": lambda: (_convnext(models), image),
        "vit": lambda: (models.VisionTransformer(64, 16, 3, 4, 64, 128, num_classes=10), image),
        "swin": lambda: (models.SwinTransformer([4, 4], 32, [2, 2], [2, 4], [4, 4], num_classes=10), image),
        "encoder": _encoder, "attention": _attention,
        "lstm": lambda: (_recurrent("LSTM", num_layers=2, bidirectional=True), torch.zeros(1, 7, 16)),
        "gru": lambda: (_recurrent("GRU"), torch.zeros(1, 7, 16)),
    }[name]()
    return module.eval(), x


def _convnext(models: Any) -> Any:
    from torchvision.models.convnext import CNBlockConfig

    return models.ConvNeXt([CNBlockConfig(32, 64, 2), CNBlockConfig(64, None, 3)], num_classes=10)


def _encoder() -> tuple[Any, Any]:
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    net = nn.Sequential(nn.Embedding(50, 32), nn.TransformerEncoder(layer, 3, enable_nested_tensor=False),
                        nn.Linear(32, 10))
    return net, torch.zeros(1, 12, dtype=torch.long)


def _attention() -> tuple[Any, Any]:
    import torch
    from torch import nn

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.norm = nn.MultiheadAttention(32, 4, batch_first=True), nn.LayerNorm(32)

        def forward(self, x: Any) -> Any:
            return self.norm(x + self.inner(x, x, x, need_weights=False)[0])

    return Attention(), torch.zeros(1, 12, 32)


def _recurrent(kind: str, **options: Any) -> Any:
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = getattr(nn, kind)(16, 24, batch_first=True, **options)
            self.head = nn.Linear(24 * (1 + self.inner.bidirectional), 5)

        def forward(self, x: Any) -> Any:
            return self.head(self.inner(x)[0])

    return Recurrent()
