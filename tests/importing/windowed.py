"""Attention within shifted windows as Swin's authors write it, and nearly so."""

from __future__ import annotations

from typing import Any


class Windowed:
    """Makes modules of windows of 4×4 in images of 8×12 with 12 channels, and 3 heads."""

    @staticmethod
    def of(shift: int, *, minus_infinity: bool = False, read_twice: bool = False, bias_of_last: bool = True,
           shared: bool = False, whole: bool = False) -> Any:
        """A module. ``minus_infinity`` hides by −∞, ``read_twice`` returns queries, keys and values too,
        ``bias_of_last`` is of the last dense layer, ``shared`` attends twice with the same tensors. ``whole`` is for
        images of 4×4, which are one window: they are not cut into windows."""
        import torch
        from torch import nn

        height, width, side, heads, size = 4 if whole else 8, 4 if whole else 12, 4, 3, 12

        def partition(x: Any) -> Any:
            if whole:
                return x.flatten(1, 2)
            x = x.view(-1, height // side, side, width // side, side, x.shape[-1])
            return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, side * side, x.shape[-1])

        def reverse(x: Any) -> Any:
            if whole:
                return x.view(-1, height, width, size)
            x = x.view(-1, height // side, width // side, side, side, size)
            return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, size)

        def index() -> Any:
            grid = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
            flat = torch.flatten(torch.stack(grid), 1)
            apart = (flat[:, :, None] - flat[:, None, :]).permute(1, 2, 0).contiguous()
            apart = (apart + side - 1) * torch.tensor([2 * side - 1, 1])
            return apart.sum(-1)

        def mask() -> Any:
            image, count = torch.zeros(1, height, width, 1), 0
            slices = (slice(0, -side), slice(-side, -shift), slice(-shift, None))
            for rows in slices:
                for columns in slices:
                    image[:, rows, columns, :] = count
                    count += 1
            places = partition(image).squeeze(-1)
            apart = places.unsqueeze(1) - places.unsqueeze(2)
            low = float("-inf") if minus_infinity else -100.0
            return apart.masked_fill(apart != 0, low).masked_fill(apart == 0, 0.0)

        class Attention(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.relative_position_bias_table = nn.Parameter(torch.randn((2 * side - 1) ** 2, heads))
                self.qkv = nn.Linear(size, 3 * size)
                self.proj = nn.Linear(size, size, bias=bias_of_last)
                self.register_buffer("relative_position_index", index())
                self.register_buffer("mask", mask() if shift else None)

            def attended(self, x: Any) -> Any:
                x = torch.roll(x, (-shift, -shift), (1, 2)) if shift else x
                windows = partition(x)
                count, tokens, _ = windows.shape
                projected = self.qkv(windows)
                q, k, v = projected.reshape(count, tokens, 3, heads, size // heads).permute(2, 0, 3, 1, 4).unbind(0)
                scores = q * (size // heads) ** -0.5 @ k.transpose(-2, -1)
                table = self.relative_position_bias_table[self.relative_position_index.view(-1)]
                scores = scores + table.view(tokens, tokens, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
                if shift:
                    there = self.mask.shape[0]
                    scores = scores.view(count // there, there, heads, tokens, tokens)
                    scores = (scores + self.mask.unsqueeze(1).unsqueeze(0)).view(-1, heads, tokens, tokens)
                made = (scores.softmax(-1) @ v).transpose(1, 2).reshape(count, tokens, size)
                made = reverse(self.proj(made))
                made = torch.roll(made, (shift, shift), (1, 2)) if shift else made
                return (made, projected) if read_twice else made

            def forward(self, x: Any) -> Any:
                return self.attended(self.attended(x)) if shared else self.attended(x)

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.patches, self.norm, self.attention = nn.Conv2d(2, size, 1), nn.LayerNorm(size), Attention()

            def forward(self, x: Any) -> Any:
                return self.attention(self.norm(self.patches(x).permute(0, 2, 3, 1)))

        return Net().double().eval()
