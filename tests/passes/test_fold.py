"""What is folded into what when a chain is run for inference."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.codegen.fold import steps
from archdsl.ir.ops import Activation, Conv, Dropout, Flatten, Linear, Norm, Pad, Pool, PoolTo

BN, RELU = Norm("norm", 8), Activation("relu")
ONE, THREE = Conv("one", 8, 4, 1), Conv("three", 8, 4, 3, padding=1)
AFTER = Norm("b", 4)
MEAN = Pool("average", 2, 2)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([BN, RELU, ONE], [("conv", "one", "norm", (), "", False)]),
        ([BN, RELU, ONE, RELU], [("conv", "one", "norm", (), "", True)]),
        (
            [BN, RELU, ONE, AFTER, RELU, THREE],
            [("conv", "one", "norm", (), "b", True), ("conv", "three", "", (), "", False)],
        ),
        ([ONE, AFTER, BN], [("conv", "one", "", (), "b", False), ("norm", "norm", False)]),
        # The padding of a larger convolution is zero after the norm, not before it.
        ([BN, RELU, THREE], [("norm", "norm", True), ("conv", "three", "", (), "", False)]),
        ([THREE, AFTER, RELU], [("conv", "three", "", (), "b", True)]),
        # Without a ReLU there is nothing to bound, and the norm is not folded forward.
        ([BN, ONE], [("norm", "norm", False), ("conv", "one", "", (), "", False)]),
        # Pooling is done on fewer places before the convolution, unless a ReLU is between.
        ([BN, RELU, ONE, MEAN], [("conv", "one", "norm", (2, 2), "", False)]),
        ([ONE, MEAN, AFTER], [("conv", "one", "", (2, 2), "", False), ("norm", "b", False)]),
        (
            [ONE, RELU, MEAN],
            [("conv", "one", "", (), "", True), ("layer", "average", 2, 2, 0)],
        ),
        (
            [ONE, Pool("max", 2, 2)],
            [("conv", "one", "", (), "", False), ("layer", "max", 2, 2, 0)],
        ),
        (
            [ONE, Pool("average", 3, 2, 1)],
            [("conv", "one", "", (), "", False), ("layer", "average", 3, 2, 1)],
        ),
        # A strided 1x1 convolution is bounded, but does not commute with pooling.
        (
            [BN, RELU, Conv("far", 8, 4, 1, stride=2), MEAN],
            [("conv", "far", "norm", (), "", False), ("layer", "average", 2, 2, 0)],
        ),
        (
            [BN, RELU, Conv("grouped", 8, 4, 1, groups=2)],
            [("norm", "norm", True), ("conv", "grouped", "", (), "", False)],
        ),
        (
            [BN, RELU, PoolTo("average", 1), Flatten(), Linear("linear", 8, 2)],
            [
                ("norm", "norm", True), ("layer", "average_to", 1), ("layer", "flatten", 1),
                ("linear", "linear"),
            ],
        ),
        ([Dropout(0.5), RELU], [("layer", "relu")]),
        ([Dropout(0.5)], []),
        ([BN, Activation("gelu"), ONE], None),
        ([Norm("norm", 8, flat=True)], None),
        ([Pad(16, 2)], None),
    ],
)  # fmt: skip
def test_what_is_folded_into_what(layers: Any, wanted: Any) -> None:
    found = steps(layers)
    assert found == (None if wanted is None else tuple(wanted))
