"""An image file as what a network takes: resized, cropped and normalized, and told in words."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, NamedTuple

import torch

from archcalc.errors import Unavailable, UsageError
from archcalc.tensor import Tensor

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels from 0 to 1, as torchvision's weights were trained with."""


class Picture(NamedTuple):
    """An image: its ``name``, the ``crop`` that the network gets as a Pillow image, and that as a ``tensor``.

    ``remark`` says how the crop came about.
    """

    name: str
    crop: Any
    tensor: torch.Tensor
    remark: str


def pillow() -> Any:
    """Pillow's module of images. Raises `Unavailable` where it is not there."""
    try:
        for name in ("Image", "ImageDraw", "ImageFont", "ImageOps"):
            import_module(f"PIL.{name}")
    except ImportError as error:
        raise Unavailable(f"images need Pillow: pip install pillow ({error})") from None
    return import_module("PIL")


def read_picture(path: str, x: Tensor, normalize: str | None = None) -> Picture:
    """An image for an input of that shape, which has 1 or 3 channels and two spatial axes.

    The image is resized until its smaller side fits, and cropped around its centre. ``normalize`` is ``imagenet``
    or ``unit``. Raises `UsageError` for a file that is no image, or an input that takes none.
    """
    if x.dtype or len(x.dims) != 3 or len(x.space) != 2 or x.channels not in (1, 3):
        raise UsageError(f"an image has 1 or 3 channels and two spatial axes; the input takes {x}, {x.roles()}")
    if normalize == "imagenet" and x.channels != 3:
        raise UsageError(f"ImageNet's mean is of three channels; the input takes {x}: use --normalize unit")
    pil, (height, width) = pillow(), x.spatial
    image = _opened(pil, path).convert("RGB" if x.channels == 3 else "L")
    scale = max(height / image.height, width / image.width)
    sizes = max(width, round(image.width * scale)), max(height, round(image.height * scale))
    left, top = (sizes[0] - width) // 2, (sizes[1] - height) // 2
    crop = image.resize(sizes, pil.Image.Resampling.BICUBIC).crop((left, top, left + width, top + height))
    normalized = normalize or ("imagenet" if x.channels == 3 else "unit")
    name = os.path.basename(path)
    remark = (f"{name}: {image.width}×{image.height} pixels, width by height; resized to {sizes[0]}×{sizes[1]}, "
              f"cropped to {width}×{height} from ({left}, {top}) on; {_words(normalized)}")
    return Picture(name, crop, _tensor(crop, x, normalized), remark)


def _opened(pil: Any, path: str) -> Any:
    try:
        with pil.Image.open(path) as image:
            return pil.ImageOps.exif_transpose(image)
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise UsageError(f"{path}: cannot be read as an image: {reason[:200]}") from None


def _words(normalized: str) -> str:
    if normalized == "unit":
        return "pixels from 0 to 1"
    return f"pixels from 0 to 1, less {', '.join(map(str, MEAN))}, over {', '.join(map(str, DEVIATION))}"


def _tensor(crop: Any, x: Tensor, normalized: str) -> torch.Tensor:
    """The batch of one, its axes where the input has them."""
    pixels = torch.frombuffer(bytearray(crop.tobytes()), dtype=torch.uint8).view(*x.spatial, x.channels)
    values = pixels.permute(2, 0, 1).float() / 255
    if normalized == "imagenet":
        values = (values - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    return values.movedim(0, x.channel).unsqueeze(0).contiguous()
