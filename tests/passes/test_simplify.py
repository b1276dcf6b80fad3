"""Simplification: what is merged, moved and given a window, and what stays as it is."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest

from archdsl.api import load, lower
from archdsl.ir.graph import Graph
from archdsl.ir.layers import Layer
from archdsl.ir.layers.scale import Scale
from archdsl.ir.ops import Activation, Chain, Conv, Dropout, Flatten, Linear, Norm, Pool, PoolTo
from archdsl.ir.verify import verify
from archdsl.passes.pipeline import FOR_EXPORT, run
from archdsl.passes.simplify import Merge, simplification, simplified
from cli.commands import SPECS

RELU, BN, AFTER = Activation("relu"), Norm("norm", 8), Norm("after", 4)
ONE, ONE_B = Conv("one", 8, 4, 1), Conv("one", 8, 4, 1, bias=True)
THREE, THREE_B = Conv("three", 8, 4, 3, 1, 1), Conv("three", 8, 4, 3, 1, 1, bias=True)
MEAN = Pool("average", 2, 2)
SHAPE = (8, 14, 14)


def simple(*layers: Layer, shape: tuple[int, ...] = SHAPE) -> Any:
    shapes = accumulate(layers, lambda before, layer: layer.after(before), initial=shape)
    return simplified(layers, [*shapes])


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([THREE, AFTER, RELU], [THREE_B, RELU]),
        ([THREE_B, AFTER], [THREE_B]),
        ([THREE, AFTER, Scale("scale", 4, 0.1)], [THREE_B]),
        ([THREE, Dropout(0.5), AFTER], [THREE_B]),
        # A norm before a convolution or behind an activation stays.
        ([BN, ONE], [BN, ONE]),
        ([THREE, RELU, AFTER], [THREE, RELU, AFTER]),
        # The pooling passes the convolution, whose norm is part of it by then.
        ([BN, RELU, ONE, MEAN], [BN, RELU, MEAN, ONE]),
        ([ONE, AFTER, MEAN], [MEAN, ONE_B]),
        ([ONE, MEAN, AFTER], [MEAN, ONE_B]),
        ([Conv("two", 8, 8, 1), ONE, MEAN], [MEAN, Conv("two", 8, 8, 1), ONE]),
        # What is not linear, or sees the border, does not change places.
        ([ONE, RELU, MEAN], [ONE, RELU, MEAN]),
        ([ONE, Pool("max", 2, 2)], [ONE, Pool("max", 2, 2)]),
        ([ONE, Pool("average", 3, 2, 1)], [ONE, Pool("average", 3, 2, 1)]),
        ([THREE, MEAN], [THREE, MEAN]),
        ([Conv("far", 8, 4, 1, stride=2), MEAN], [Conv("far", 8, 4, 1, stride=2), MEAN]),
        # 14 pixels to 7 are windows of 2, to 5 they are windows of 3 and 4.
        ([PoolTo("average", 7)], [Pool("average", 2, 2)]),
        ([ONE, PoolTo("average", 7)], [Pool("average", 2, 2), ONE]),
        ([PoolTo("max", 7)], [Pool("max", 2, 2)]),
        ([PoolTo("average", 5)], [PoolTo("average", 5)]),
        ([PoolTo("average", 1)], [PoolTo("average", 1)]),
        # A chain is never empty.
        ([Dropout(0.5)], [Dropout(0.5)]),
    ],
)  # fmt: skip
def test_layers_of_a_chain(layers: list[Layer], wanted: list[Layer]) -> None:
    assert list(simple(*layers).layers) == wanted


def test_overlapping_windows() -> None:
    """SparseNet's head pools 7x7 to 3x3: pixels 0 to 2, 2 to 4 and 4 to 6."""
    pooled = simple(PoolTo("average", 3), shape=(8, 7, 7))
    assert pooled.layers == (Pool("average", 3, 2),)
    assert (pooled.windows, pooled.moved) == (1, 0)
    assert PoolTo("average", 3).windowed((8, 7, 9)) == PoolTo("average", 3)


def test_norms_of_flat_features_merge_too() -> None:
    layers = [Linear("linear", 8, 4, bias=False), Norm("after", 4, dims=0)]
    assert simple(*layers, shape=(8,)).layers == (Linear("linear", 8, 4),)


def test_merges_are_told_in_order() -> None:
    scale = Scale("scale", 4, 0.1)
    result = simple(ONE, AFTER, MEAN, scale, Activation("gelu"))
    assert result.merges == [Merge("one", "after", AFTER), Merge("one", "scale", scale)]
    assert result.moved == 1


def graph_of(name: str, **settings: Any) -> Graph:
    return lower(load(SPECS / f"{name}.yaml", settings))


def test_transitions_of_densenet_pool_first() -> None:
    done = simplification(graph_of("densenet-imagenet"))
    kinds = [type(layer) for layer in done.graph["between.0"].op.layers]  # type: ignore[union-attr]
    assert kinds == [Norm, Activation, Pool, Conv]
    assert (done.moved, done.windows, len(done.merges)) == (3, 0, 59)
    assert done.merges[:2] == (
        Merge("stem.conv", "stem.norm", Norm("norm", 64)),
        Merge("stages.0.layers.0.conv1", "stages.0.layers.0.norm2", Norm("norm2", 128)),
    )


def test_norms_inside_blocks_have_their_full_names() -> None:
    done = simplification(graph_of("efficientnet-imagenet"))
    names = {merge.merged for merge in done.merges}
    assert not any(
        isinstance(layer, Norm) for layer in done.graph.layers()
    )  # each follows a convolution
    assert any(name.count(".") > 3 for name in names)
    assert len(names) == len(done.merges)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_network_stays_valid(path: Any) -> None:
    graph = lower(load(path))
    done = run(graph, FOR_EXPORT)
    verify(done)
    assert done.steps[done.output][-1] == graph.steps[graph.output][-1]


def test_equal_units_still_share_their_layers() -> None:
    graph = graph_of("sparsenet-bc-cifar", depth=100)
    done = simplification(graph).graph
    assert len(done.layer_lists) == len(graph.layer_lists)
    assert sum(1 for node in done if isinstance(node.op, Chain)) > 2 * len(done.layer_lists)


def test_nothing_to_do() -> None:
    layers = (Flatten(), Linear("linear", 4, 2))
    assert simple(*layers, shape=(4, 1, 1)).layers == layers
