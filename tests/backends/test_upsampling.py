"""Transposed convolutions, upsampling and a padding for each dimension."""

from __future__ import annotations

from math import floor

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

import archdsl
from archdsl.analysis.macs import macs
from archdsl.analysis.receptive_field import receptive_field
from archdsl.analysis.shapes import shapes
from archdsl.api import check_text
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 2
name: larger
input: INPUT
stem: [{conv: 4}]
stages:
  count: 1
  layers: 2
  unit: UNIT
  connect: plain
  aggregate: sum
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""
IMAGE = "[3, 6, 5]"
CASES = {
    "u-net": (IMAGE, "[{deconv: 4}, relu]"),
    "dcgan": (IMAGE, "[{deconv: {width: 4, kernel: 4, padding: 1, bias: true}}, norm, relu]"),
    "three by three": (IMAGE, "[{deconv: {width: 4, kernel: 3}}]"),
    "stride three": (IMAGE, "[{deconv: {width: 6, kernel: 5, stride: 3}}, {keep: {width: 4}}]"),
    "stride one": (IMAGE, "[{deconv: {width: 4, kernel: 3, stride: 1, padding: 1}}]"),
    "output padding": (IMAGE, "[{deconv: {width: 4, kernel: 3, padding: 1, output_padding: 1}}]"),
    "in groups, dilated": (IMAGE, "[{deconv: {width: 4, kernel: 3, dilation: 2, groups: 2}}]"),
    "rectangle": (IMAGE, "[{deconv: {width: 4, kernel: 2x4, padding: 0x1}}]"),
    "a signal": ("[3, 7]", "[{deconv: {width: 4, kernel: 3}}, {upsample: {by: 3, kind: linear}}]"),
    "a volume": ("[3, 3, 2, 2]", "[{deconv: 4}, {upsample: {by: 2, kind: linear}}]"),
    "nearest": (IMAGE, "[{upsample: 2}, {conv: 4}]"),
    "bilinear": (IMAGE, "[{conv: 4}, {upsample: {by: 3, kind: linear}}]"),
    "in a block": (IMAGE, "[{residual: [{pool: {kernel: 1, stride: 1}}, {deconv: {width: 4, kernel: 3, stride: 1}}]}]"),  # noqa: E501
    "down and up": ("[3, 8, 8]", "[{residual: [{pool: {kernel: 2}}, {conv: 4}, {upsample: 2}]}]"),
    "seven by one": (IMAGE, "[{conv: {width: 4, kernel: 1x7, padding: 0x3}}, {conv: {width: 4, kernel: 7x1, padding: 3x0}}]"),  # noqa: E501
    "other paddings": (IMAGE, "[{conv: {width: 4, kernel: 3, padding: 0x2}}]"),
}  # fmt: skip


def text(name: str) -> str:
    image, unit = CASES[name]
    return SPEC.replace("INPUT", image).replace("UNIT", unit)


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(text(name))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", CASES)
def test_torch_counts_the_same_multiply_adds(name: str) -> None:
    made = of_checked(check_text(text(name)))
    image = torch.rand(1, *shapes(made.graph)["input"], dtype=next(made.network.parameters()).dtype)
    with FlopCounterMode(display=False) as counter:
        made.network.eval()(image)
    assert counter.get_total_flops() == 2 * sum(macs(made.graph).values())


@pytest.mark.parametrize("name", ["u-net", "nearest", "down and up", "seven by one"])
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(text(name))
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("kernel", range(1, 8))
@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("dilation", [1, 2])
def test_without_padding_sizes_are_multiplied(kernel: int, stride: int, dilation: int) -> None:
    unit = f"[{{deconv: {{width: 4, kernel: {kernel}, stride: {stride}, dilation: {dilation}}}}}]"
    spec = SPEC.replace("INPUT", IMAGE).replace("UNIT", unit).replace("layers: 2", "layers: 1")
    graph = check_text(spec).graph
    assert shapes(graph)[graph.stages[0].exit] == (4, 6 * stride, 5 * stride)


FIELDS = {
    "[{deconv: 4}]": 1, "[{deconv: 4}, {conv: 4}]": 2, "[{deconv: {width: 4, kernel: 3}}]": 2,
    "[{deconv: {width: 4, kernel: 3}}, {conv: {width: 4, kernel: 2, padding: 0}}]": 2,
    "[{deconv: {width: 4, kernel: 4}}, {conv: 4}]": 3, "[{upsample: 2}]": 1,
    "[{upsample: 2}, {conv: 4}]": 2, "[{upsample: {by: 2, kind: linear}}]": 2,
    "[{upsample: {by: 2, kind: linear}}, {conv: 4}]": 3, "[{upsample: 3}, {conv: 4}, {conv: 4}]": 3,
    "[{upsample: {by: 3, kind: linear}}, {conv: 4}]": 3, "[{pool: {kernel: 2}}, {upsample: 2}]": 2,
    "[{residual: [{pool: {kernel: 2}}, {conv: 4}, {upsample: 2}]}, {conv: 4}]": 8,
}  # fmt: skip


ABOVE = {unit for unit in FIELDS if "pool" in unit}
"""One pixel is added where a smaller map is made larger again."""


@pytest.mark.parametrize(("unit", "side"), FIELDS.items())
def test_receptive_fields_are_the_pixels_that_get_a_gradient(unit: str, side: int) -> None:
    spec = SPEC.replace("INPUT", "[4, 16, 16]").replace("UNIT", unit)
    spec = spec.replace("stem: [{conv: 4}]\n", "").replace("layers: 2", "layers: 1")
    spec = spec.replace("head: [{pool: {to: 1}}, flatten, {linear: 5}]\n", "")
    made = of_checked(check_text(spec))
    assert floor(receptive_field(made.graph).size) == side + (unit in ABOVE)
    image = torch.rand(1, 4, 16, 16, dtype=torch.float64, requires_grad=True)
    result = made.network.double().train(False)(image)
    middle = result.shape[-1] // 2
    seen = 0
    for place in range(middle - 6, middle + 6):
        (gradient,) = torch.autograd.grad(result[..., place].sum(), image, retain_graph=True)
        columns = gradient.abs().sum(dim=(0, 1, 2)).nonzero().flatten()
        seen = max(seen, int(columns[-1] - columns[0]) + 1)
    assert seen == side


class Double(nn.Sequential):
    """Two convolutions of the U-Net of mateuszbuda (torch.hub, brain segmentation)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        )  # fmt: skip


UNET = """
archdsl: 2
name: u-net
params: {width: 32}
input: [3, 64, 64]
define:
  twice:
    takes: {width: }
    layers: [conv: width, norm, relu, conv: width, norm, relu]
  down:
    takes: {width: }
    layers: [{pool: {kind: max, kernel: 2}}, {kind: twice, width: width}]
  up:
    takes: {width: }
    layers: [{kind: twice, width: width}, {deconv: {width: width // 2, bias: true}}]
stages:
  count: 1
  layers:
    - {kind: twice, width: width}
    - {kind: down, width: 2 * width}
    - {kind: down, width: 4 * width}
    - {kind: down, width: 8 * width}
    - - pool: {kind: max, kernel: 2}
      - {kind: up, width: 16 * width}
    - {kind: up, width: 8 * width}
    - {kind: up, width: 4 * width}
    - {kind: up, width: 2 * width}
    - {kind: twice, width: width}
  connect: mirror
  aggregate: concat
  exit: last
head: [{conv: {width: 1, kernel: 1, bias: true}}, sigmoid]
"""


def test_u_net_has_its_published_parameters_and_outputs() -> None:
    """7,763,041 of torch.hub's `unet`; the forward pass below is written as its is."""
    checked = check_text(UNET)
    assert checked.report.parameters == 7_763_041
    network = archdsl.build(checked.spec).double().eval()
    widths = [32, 64, 128, 256, 512]
    down = [Double(inputs, width) for inputs, width in zip([3, *widths], widths, strict=False)]
    ups = [nn.ConvTranspose2d(2 * width, width, 2, 2) for width in widths[-2::-1]]
    doubles = [Double(2 * width, width) for width in widths[-2::-1]]
    last = nn.Conv2d(32, 1, 1)
    order = nn.ModuleList(
        [*down, *(part for pair in zip(ups, doubles, strict=True) for part in pair), last]
    ).double().eval()  # fmt: skip
    values = zip(order.state_dict().items(), network.state_dict().values(), strict=True)
    order.load_state_dict({key: value for (key, _), value in values})
    image = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    skips, x = [], image
    for double in down[:-1]:
        x = double(x)
        skips.append(x)
        x = functional.max_pool2d(x, 2)
    x = down[-1](x)
    for up, double in zip(ups, doubles, strict=True):
        x = double(torch.cat([up(x), skips.pop()], dim=1))
    torch.testing.assert_close(network(image), torch.sigmoid(last(x)))
