"""Which claims are those of each fact of ``tests/facts/papers.json``: the spec audited, then ``network quantity part``.

``network`` is left out where it is the spec's own, ``part`` where the claim is of the whole; ``*`` is any.
A text in quotes is part of a statement that cannot be checked.
"""

from __future__ import annotations

_BLOCKS = [(18, 6), (34, 7), (50, 8), (101, 9), (152, 10)]
_ROWS = ("conv1", "reduce2 + conv2", "3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b", "fc")
_CONFIGURATIONS = ("a", "a-lrn", "b", "c", "d", "e")
_CIFAR = (20, 32, 44, 56, 110, 1202)

CLAIMS: dict[str, tuple[str, ...]] = {
    "alexnet-001": ("params",),
    "alexnet-002": ("neurons",),
    "alexnet-003": ("neurons input",),
    **{f"alexnet-{4 + i:03}": (f"neurons {layer}",) for i, layer in enumerate(
        ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"))},
    "alexnet-012": ("shape conv1",),
    **{f"alexnet-{12 + i:03}": (f"kernels conv{i}",) for i in range(1, 6)},
    "alexnet-018": ("settings.kernel pool1", "settings.stride pool1"),
    "alexnet-019": ("shape pool1", "shape pool2", "shape pool5"),
    "alexnet-020": tuple(f"settings.{field} norm1" for field in ("k", "size", "alpha", "beta")),
    "alexnet-021": tuple(f"follows {layer}" for layer in ("norm1", "norm2", "pool1", "pool2", "pool5")),
    "alexnet-022": ("crossings", *(f"settings.groups conv{i}" for i in (2, 3, 4, 5))),
    "alexnet-023": ("augmentation",),
    "alexnet-024": ("arithmetic 5 * 2",),
    "alexnet-025": tuple(f"params conv{i}" for i in range(1, 6)),
    "alexnet-026": ("params fc6",),
    "alexnet-027": ("depth", "layers conv", "layers linear"),
    "zfnet-001": ("shape input",),
    "zfnet-002": ("kernels conv1", "settings.stride conv1"),
    "zfnet-003": ("shape conv1",),
    "zfnet-004": ("shape pool1",),
    "zfnet-005": ("kernels conv2", "settings.stride conv2", "shape conv2"),
    "zfnet-006": ("shape pool2",),
    "zfnet-007": tuple(f"{what} conv{i}" for i in (3, 4, 5) for what in ("shape", "kernels", "settings.stride")),
    "zfnet-008": ("arithmetic 6 * 6 * 256", "outputs flatten"),
    "zfnet-009": ("outputs fc6", "outputs fc7"),
    "zfnet-010": ("settings.kernel conv1", "settings.stride conv1", "alexnet settings.kernel conv1",
                  "alexnet settings.stride conv1"),
    "zfnet-011": tuple(f"{net}settings.groups conv{i}" for net in ("", "alexnet ") for i in (3, 4, 5)),
    "zfnet-012": ("kernels conv1", "settings.stride conv1", "size pool1"),
    **{f"vgg-{1 + i:03}": (f"vgg-{name} params",) for i, name in enumerate(_CONFIGURATIONS)},
    **{f"vgg-{7 + i:03}": (f"vgg-{name} depth",) for i, name in enumerate(_CONFIGURATIONS)},
    "vgg-013": ("vgg-d field conv1.2", "vgg-d field conv1.3"),
    "vgg-014": ("arithmetic (7 * 7) / (3 * 3 * 3)",),
    "vgg-015": ("vgg-d settings.stride conv", "vgg-d settings.padding conv", "vgg-d layers maxpool",
                "vgg-d settings.kernel maxpool", "vgg-d settings.stride maxpool"),
    "vgg-016": tuple(f"vgg-c kernels stage{i}.conv.3" for i in (3, 4, 5)),
    "vgg-017": ("arithmetic 5 * 5 * 2", "arithmetic 3 * 50"),
    **{f"googlenet-{3 * i + k:03}": (claim,) for i, row in enumerate(_ROWS) for k, claim in enumerate(
        (f"shape {row.rpartition(' ')[2]}", f"params {row}", f"flops {row}"), 1)},
    **{f"googlenet-{36 + i:03}": (f"shape pool{i}",) for i in range(1, 6)},
    "googlenet-042": ("depth",),
    "googlenet-043": ("params",),
    "googlenet-044": ("macs",),
    "googlenet-045": ("arithmetic *", "params"),
    "googlenet-046": ("shape aux1.pool", "shape aux2.pool"),
    "googlenet-047": ("settings.filters aux1.conv", "settings.kernel aux1.conv", "settings.features aux1.fc1",
                      "settings.features aux1.fc2", "settings.p aux1.drop", "'a weight of 0.3'"),
    "googlenet-048": ("arithmetic 4 * 3 * 6 * 2",),
    **{f"resnet-{1 + i:03}": (f"resnet{depth} flops",) for i, (depth, _) in enumerate(_BLOCKS)},
    **{f"resnet-{n:03}": (*(f"resnet{depth} blocks conv{i}_x" for i in (2, 3, 4, 5)),
                          f"resnet{depth} layers conv2_x.1.sum.branch") for depth, n in _BLOCKS},
    "resnet-011": tuple(f"resnet50 size {layer}" for layer in (
        "conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "pool5")),
    "resnet-012": ("plain34 flops",),
    "resnet-013": ("plain34 flops",),
    "resnet-014": ("vgg16 flops",),
    "resnet-015": ("vgg19 flops",),
    **{f"resnet-{16 + i:03}": (f"resnet{depth} params",) for i, depth in enumerate(_CIFAR)},
    "resnet-022": ("'FitNet with 19 layers'",),
    "resnet-023": ("'Highway network with 19 layers'",),
    "resnet-024": ("'Highway network with 32 layers'",),
    "resnet-025": tuple(f"resnet{depth} arithmetic 6 * n + 2" for depth in _CIFAR),
    "resnet-026": tuple(f"resnet{depth} layers add" for depth in _CIFAR),
    "resnet-027": ("resnet34-c layers *.proj",),
    "resnet-028": ("resnet50 flops conv2_x.2", "resnet50 params conv2_x.2"),
    "resnet-029": ("resnet50 flops conv2_x.2",),
    "resnet-030": ("resnet152 depth",),
    "resnet-031": ("'1202-layer network'",),
}

OTHER_FILE = ("resnet-016", "resnet-017", "resnet-018", "resnet-019", "resnet-020", "resnet-021", "resnet-022",
              "resnet-023", "resnet-024", "resnet-025", "resnet-026", "resnet-031")
"""Facts of the ResNet paper that are claims of resnet-cifar.yaml."""

IN_OTHER_WORDS = {
    "alexnet-012": "224 is the parameter, 55 the figure",
    "googlenet-034": "1×1×1000 is 1000 behind the flattening",
    "resnet-025": "n is a parameter of each network",
    "resnet-026": "3n is a number for each network",
    "resnet-027": "printed as a word",
    "resnet-030": "152 is in another claim of the abstract",
}
"""Facts whose printed numbers are not all in the printed values of their claims."""
