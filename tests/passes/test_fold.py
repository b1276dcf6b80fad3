"""What is folded into what when a chain is run for inference."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.codegen.fold import steps
from archdsl.ir.ops import Activation, Conv, Dropout, Flatten, Linear, Norm, Pad, Pool, PoolTo
from archdsl.ir.steps import ConvStep, LayerStep, LinearStep, NormStep

BN, RELU = Norm("norm", 8), Activation("relu")
ONE, THREE = Conv("one", 8, 4, 1), Conv("three", 8, 4, 3, padding=1)
AFTER = Norm("b", 4)
MEAN = Pool("average", 2, 2)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([BN, RELU, ONE], [ConvStep("one", pre_norm="norm")]),
        ([BN, RELU, ONE, RELU], [ConvStep("one", pre_norm="norm", relu=True)]),
        (
            [BN, RELU, ONE, AFTER, RELU, THREE],
            [ConvStep("one", pre_norm="norm", post_norm="b", relu=True), ConvStep("three")],
        ),
        ([ONE, AFTER, BN], [ConvStep("one", post_norm="b"), NormStep("norm")]),
        # The padding of a larger convolution is zero after the norm, not before it.
        ([BN, RELU, THREE], [NormStep("norm", relu=True), ConvStep("three")]),
        ([THREE, AFTER, RELU], [ConvStep("three", post_norm="b", relu=True)]),
        # Without a ReLU there is nothing to bound, and the norm is not folded forward.
        ([BN, ONE], [NormStep("norm"), ConvStep("one")]),
        # Pooling is done on fewer places before the convolution, unless a ReLU is between.
        ([BN, RELU, ONE, MEAN], [ConvStep("one", pre_norm="norm", pool=(2, 2))]),
        ([ONE, MEAN, AFTER], [ConvStep("one", pool=(2, 2)), NormStep("b")]),
        (
            [ONE, RELU, MEAN],
            [ConvStep("one", relu=True), LayerStep("average", (2, 2, 0))],
        ),
        (
            [ONE, Pool("max", 2, 2)],
            [ConvStep("one"), LayerStep("max", (2, 2, 0))],
        ),
        (
            [ONE, Pool("average", 3, 2, 1)],
            [ConvStep("one"), LayerStep("average", (3, 2, 1))],
        ),
        # A strided 1x1 convolution is bounded, but does not commute with pooling.
        (
            [BN, RELU, Conv("far", 8, 4, 1, stride=2), MEAN],
            [ConvStep("far", pre_norm="norm"), LayerStep("average", (2, 2, 0))],
        ),
        (
            [BN, RELU, Conv("grouped", 8, 4, 1, groups=2)],
            [NormStep("norm", relu=True), ConvStep("grouped")],
        ),
        (
            [BN, RELU, PoolTo("average", 1), Flatten(), Linear("linear", 8, 2)],
            [
                NormStep("norm", relu=True), LayerStep("average_to", (1,)),
                LayerStep("flatten", (1,)),
                LinearStep("linear"),
            ],
        ),
        ([Dropout(0.5), RELU], [LayerStep("relu")]),
        ([Dropout(0.5)], []),
        ([BN, Activation("gelu"), ONE], None),
        ([Norm("norm", 8, dims=0)], None),
        ([Pad(16, 2)], None),
    ],
)  # fmt: skip
def test_what_is_folded_into_what(layers: Any, wanted: Any) -> None:
    found = steps(layers)
    assert found == (None if wanted is None else tuple(wanted))
