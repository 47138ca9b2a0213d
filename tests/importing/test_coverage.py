"""Import against torchvision's and timm's networks: what the facts record, and networks measured now.

On the meta device all of torchvision's and a sample of timm's, the odd ones of each family with them; outputs of some
that are small. The names are those of the facts, so that pytest finds the tests where timm is not installed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.importing import networks
from tests.importing.coverage import EQUAL, covered
from tests.importing.record_coverage import failures, read

RECORDED = read()
ROWS = {networks.key(family, name): row for family, rows in RECORDED.items() for name, row in rows.items()}
TIMM = {
    "ResNet": "resnet26t resnet50_gn resnetaa50 resnetblur18 resnetrs50 seresnet18 ecaresnet26t senet154 skresnet18 "
              "test_resnet",
    "EfficientNet": "efficientnet_lite0 tf_efficientnet_b0 tf_efficientnetv2_b0 efficientnetv2_rw_t mixnet_s "
                    "efficientnet_blur_b0 gc_efficientnetv2_rw_t mobilenet_edgetpu_v2_xs efficientnet_b0_g8_gn "
                    "test_efficientnet",
    "ConvNeXt": "convnext_atto_ols convnext_zepto_rms_ols convnext_tiny_hnf convnextv2_atto test_convnext3",
    "ViT": "vit_tiny_patch16_224 vit_base_patch16_rpn_224 vit_base_patch16_siglip_gap_224 vit_small_patch16_36x1_224 "
           "vit_wee_patch16_reg1_gap_256 deit_tiny_distilled_patch16_224 deit3_small_patch16_224 test_vit test_vit4",
    "Swin": "swin_tiny_patch4_window7_224 swin_s3_tiny_224 swinv2_tiny_window8_256",
    "Mixer": "mixer_s32_224 gmixer_12_224 gmlp_ti16_224 resmlp_12_224",
}
SAMPLE = [f"timm_{name}" for names in TIMM.values() for name in names.split()]
VALUES = ["lraspp_mobilenet_v3_large", "fasterrcnn_mobilenet_v3_large_320_fpn_backbone", "timm_resnet10t",
          "timm_test_resnet", "timm_test_efficientnet", "timm_tf_efficientnetv2_b0", "timm_test_convnext2",
          "timm_test_vit", "timm_deit_tiny_distilled_patch16_224", "timm_gmlp_ti16_224", "timm_resmlp_12_224"]
KNOWN = {"timm_convnext_zepto_rms": "shapes: stem.1: 56×56×32 against 1×32×56×56",
         "timm_convnext_zepto_rms_ols": "shapes: stem.3: 56×56×32 against 1×32×56×56"}
"""What is not equal, and how: normalizations by the variance alone, of which only the weight has a kind."""


def test_all_that_was_recorded_is_equal() -> None:
    """Where no layer is opaque; what differs is known."""
    assert {name: failures(row) for name, row in ROWS.items() if failures(row)} == {
        name: [how] for name, how in KNOWN.items()}


@pytest.mark.zoo
def test_all_networks_are_recorded() -> None:
    assert {family: sorted(rows) for family, rows in RECORDED.items()} == {
        family: sorted(names) for family, names in networks.families().items()}


@pytest.mark.zoo
@pytest.mark.parametrize("key", [*(key for key in ROWS if not key.startswith("timm_")), *SAMPLE])
def test_as_recorded(key: str) -> None:
    """A network as it is imported now: as it was recorded, and equal to torch's in all that the meta device tells."""
    found = covered(key, values=False)
    assert _without_outputs(found._asdict()) == _without_outputs(ROWS[key])
    assert key in KNOWN or {found.checks[check] for check in ("parameters", "MACs", "shapes")} == {EQUAL}


def _without_outputs(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"checks": {check: found for check, found in row["checks"].items() if check != "outputs"}}


@pytest.mark.zoo
@pytest.mark.parametrize("key", VALUES)
def test_outputs(key: str) -> None:
    assert covered(key).checks["outputs"] == EQUAL


@pytest.mark.torch
def test_numbers_are_added() -> None:
    """Without an opaque layer: to values and to parameters, from both sides."""
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build

    class Shifted(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gain = torch.nn.Parameter(torch.rand(8, 1, 1))

        def forward(self, x: Any) -> Any:
            return (2 + x - 0.5) * (self.gain + 1)

    module, x = Shifted().double(), torch.rand(3, 8, 5, 5, dtype=torch.float64)
    built = build(from_torch(module, x), dtype=torch.float64)
    with torch.no_grad():
        next(built.parameters()).copy_(module.gain)
        assert torch.equal(built(x), (2 + x - 0.5) * (module.gain + 1))


@pytest.mark.torch
def test_a_buffer_is_no_weight() -> None:
    """A convolution with a filter that is not learned has no parameters, and is opaque."""
    import torch

    from archcalc import from_torch, report

    class Fixed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("filter", torch.ones(4, 3, 3, 3))

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.conv2d(x, self.filter)

    net = from_torch(Fixed(), torch.rand(1, 3, 8, 8))
    assert report(net).totals.params == 0
    assert [node.layer.kind for node in net.layers] == ["opaque"]
    assert "a 'weight' that is not learned" in str(net.document.root.source.lines)
