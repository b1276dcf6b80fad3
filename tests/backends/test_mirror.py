"""The rule `mirror`: long skips from the first half of a stage or block to the second."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archdsl
from archdsl.api import check_text
from archdsl.apps.scaling.scaling import first_stage
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 2
name: long-skips
params: {layers: 7}
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: [layers, 4]
  unit: UNIT
  connect: CONNECT
  aggregate: concat
  exit: last
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""
BASIC = "{kind: basic, order: pre, width: 4}"
BLOCK = (
    f"[{{block: {{layers: 5, unit: {BASIC}, connect: mirror, aggregate: concat}}}}, {{conv: 4}}]"
)
CASES = {
    "stages": (BASIC, "mirror"),
    "oldest first": (BASIC, "{rule: mirror, order: oldest}"),
    "a block": (BLOCK, "plain"),
}


def text(name: str) -> str:
    unit, connect = CASES[name]
    return SPEC.replace("UNIT", unit).replace("CONNECT", connect)


@pytest.mark.parametrize("layers", [1, 2, 6, 7])
@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str, layers: int) -> None:
    checked = check_text(text(name).replace("layers: 7", f"layers: {layers}"))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(text(name))
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


class LongSkips(nn.Module):
    """The loop of U-ViT's published code (Bao et al. 2022): outputs are pushed, then popped."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        half = len(self.layers) // 2
        for layer in self.layers[:half]:
            x = layer(x)
            skips.append(x)
        x = self.layers[half](x)
        for layer in self.layers[half + 1 :]:
            x = layer(torch.cat([x, skips.pop()], dim=1))
        return x


def test_it_is_the_loop_of_u_vit() -> None:
    network = archdsl.build(check_text(text("stages")).spec).double().eval()
    stage = network.get_submodule("stages.0")
    layers = stage.get_submodule("layers")
    assert isinstance(layers, nn.ModuleList)
    images = torch.randn(2, 4, 8, 8, dtype=torch.float64)
    assert torch.equal(stage(images), LongSkips(layers)(images))


def test_scaling_refuses_it() -> None:
    with pytest.raises(ArchdslError, match="depends on the number of layers"):
        first_stage(parse(text("stages")))
