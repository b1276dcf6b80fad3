"""Dilated and rectangular kernels, sizes rounded up, and one to three dimensions, against torch."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from archdsl.analysis.macs import macs
from archdsl.analysis.receptive_field import receptive_field
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.ir.layers.windows import Axis
from backends.networks import assert_equals_oracle, emitted

NETWORK = """archdsl: 2
name: net
input: {input}
stem: [{stem}, norm, relu, {{pool: {{kind: max, kernel: 3, stride: 2, ceil: true}}}}]
stages:
  count: 2
  layers: 2
  unit: {{kind: basic, order: pre, width: "incoming * stride"}}
  connect: full
  aggregate: sum
  entry: {entry}
  stride: [1, 2]
between: [{{pool: {{kernel: 2, stride: 1, padding: 1}}}}]
head: [norm, relu, {{pool: {{to: 1}}}}, flatten, {{linear: {{width: 5}}}}]
"""
CONV = "{conv: {width: 4, kernel: 3, dilation: 2}}"
CASES = {
    "signal": ("[2, 17]", CONV, "projection"),
    "image": ("[2, 12, 15]", CONV, "projection"),
    "volume": ("[2, 7, 8, 9]", CONV, "projection"),
    "signal padded": ("[2, 17]", CONV, "pad"),
    "volume padded": ("[2, 7, 8, 9]", CONV, "pad"),
    "rectangle": ("[2, 12, 15]", "{conv: {width: 4, kernel: 1x7}}", "projection"),
}


@pytest.mark.parametrize("case", CASES)
def test_files_compute_what_the_oracle_does(case: str) -> None:
    input, stem, entry = CASES[case]
    made = emitted(NETWORK.format(input=input, stem=stem, entry=entry))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("case", CASES)
def test_torch_counts_the_same_multiply_adds(case: str) -> None:
    input, stem, entry = CASES[case]
    made = emitted(NETWORK.format(input=input, stem=stem, entry=entry))
    shape = map(int, input.strip("[]").split(","))
    weight = next(made.network.parameters())
    with FlopCounterMode(display=False) as counter:
        made.network.eval()(torch.rand(1, *shape, dtype=weight.dtype))
    assert counter.get_total_flops() == 2 * sum(macs(made.graph).values())


def test_sizes_rounded_up_are_those_of_torch() -> None:
    numbers = itertools.product(range(1, 13), range(1, 6), range(1, 6), range(3))
    for size, kernel, stride, padding in numbers:
        count = Axis(kernel, stride, padding, ceil=True).count(size)
        if padding <= kernel // 2 and count > 0:
            x = torch.rand(1, 1, size, size)
            y = functional.max_pool2d(x, kernel, stride, padding, ceil_mode=True)
            assert y.shape[-1] == count


def test_unread_pixels_and_empty_windows_are_those_of_torch() -> None:
    numbers = itertools.product(range(1, 10), range(1, 4), range(1, 4), range(5), range(1, 5))
    for size, kernel, stride, padding, dilation in numbers:
        axis = Axis(kernel, stride, padding, dilation)
        if axis.count(size) < 1:
            continue
        x = torch.ones(1, 1, size, requires_grad=True)
        y = functional.conv1d(x, torch.ones(1, 1, kernel), None, stride, padding, dilation)
        (gradient,) = torch.autograd.grad(y.sum(), x)
        assert axis.unread(size)[0] == int((gradient == 0).sum())
        assert axis.misses(size) == bool((y == 0).any())


def test_a_wide_and_a_high_kernel_see_a_square() -> None:
    stem = "{conv: {width: 4, kernel: 1x7}}, {conv: {width: 4, kernel: 7x1}}"
    text = NETWORK.format(input="[2, 32, 32]", stem=stem, entry="projection")
    square = NETWORK.format(
        input="[2, 32, 32]", stem="{conv: {width: 4, kernel: 7}}", entry="projection"
    )
    fields = [receptive_field(check_text(each).graph) for each in (text, square)]
    assert fields[0] == fields[1]


def test_fast_inference_refuses_signals() -> None:
    text = NETWORK.format(input="[2, 17]", stem=CONV, entry="projection")
    with pytest.raises(ArchdslError, match="fast inference is for images"):
        check_text(text).emit(fuse=True)
