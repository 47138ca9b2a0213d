"""The networks that import is held against, by family: torchvision's and timm's, each a factory of this module.

`torch:tests.importing.networks:KEY` refers to one. A key is the library's own name; for timm's, which has some of the
same names, behind `timm_`. `NAME_aux` is a network of torchvision with its auxiliary head, as its weights have it, and
`NAME_backbone` the backbone of a detector.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

TIMM = {
    "timm: ResNet": ("resnet", "sknet"),
    "timm: EfficientNet": ("efficientnet",),
    "timm: ConvNeXt": ("convnext",),
    "timm: ViT": ("vision_transformer", "deit"),
    "timm: Swin": ("swin_transformer", "swin_transformer_v2", "swin_transformer_v2_cr"),
    "timm: Mixer": ("mlp_mixer",),
}
"""The modules of timm by family."""

CLASSIFICATION, SEGMENTATION, DETECTION = (f"torchvision: {what}" for what in (
    "classification", "segmentation", "detection backbones"))
_SIDES = {"inception_v3": 299, "ssd300_vgg16": 300}


@cache
def families() -> dict[str, list[str]]:
    """Names by family, in the libraries' order."""
    import timm
    from torchvision import models

    def of(module: Any) -> list[str]:
        return list(models.list_models(module=module))

    return {
        CLASSIFICATION: of(models),
        SEGMENTATION: [name + more for name in of(models.segmentation)
                       for more in ("", "_aux")[:1 + (not name.startswith("lraspp"))]],
        DETECTION: [f"{name}_backbone" for name in of(models.detection)],
        **{family: [name for module in modules for name in timm.list_models(module=module)]
           for family, modules in TIMM.items()},
    }


def key(family: str, name: str) -> str:
    """The key of a network."""
    return f"timm_{name}" if family in TIMM else name


@cache
def _places() -> dict[str, tuple[str, str]]:
    """Family and name by key."""
    return {key(family, name): (family, name) for family, names in families().items() for name in names}


def reference(key: str) -> str:
    """What `archcalc import` takes for a network, its input included."""
    where = "torchvision" if _places()[key][0] == CLASSIFICATION else f"torch:{__name__}"
    return f"{where}:{key}@{'x'.join(map(str, shape(key)))}"


def shape(key: str) -> tuple[int, ...]:
    """The input per sample: 224 pixels square in torchvision where the network does not ask for others, 320 for
    backbones of detectors; what timm says of its networks."""
    family, name = _places()[key]
    if family in TIMM:
        import timm

        return tuple(timm.get_pretrained_cfg(name).input_size)
    side = _SIDES.get(name.removesuffix("_backbone"), 320 if family == DETECTION else 224)
    return 3, side, side


def __getattr__(key: str) -> Callable[[], Any]:
    """The factory of a network: without weights."""
    try:
        place = None if key.startswith("__") else _places().get(key)
    except ImportError:     # what looks for attributes where torchvision and timm are not installed
        place = None
    if place is None:
        raise AttributeError(key)
    return lambda: _made(*place)


def _made(family: str, name: str) -> Any:
    if family in TIMM:
        import timm

        return timm.create_model(name)
    from torchvision import models

    plain = name.removesuffix("_backbone").removesuffix("_aux")
    if family == CLASSIFICATION:
        late = {"init_weights": False} if plain in ("googlenet", "inception_v3") else {}
        return models.get_model(plain, weights=None, **late)
    aux = {"aux_loss": True} if name.endswith("_aux") else {}
    made = models.get_model(plain, weights=None, weights_backbone=None, **aux)
    return made.backbone if family == DETECTION else made
