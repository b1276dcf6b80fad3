"""Every layer answers every question, and what it answers agrees with the oracle and autograd."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import pytest
import torch

from archdsl.ir.layers import (
    KINDS,
    Activation,
    Block,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Own,
    Pad,
    Pool,
    PoolTo,
    Weighted,
)
from archdsl.ir.layers.activation import FUNCTIONS
from archdsl.ir.layers.add_streams import AddStreams
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.copies import Copies
from archdsl.ir.layers.deconv import Deconv
from archdsl.ir.layers.drop_unit import DropUnit
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.keep import Keep
from archdsl.ir.layers.layer import Shape
from archdsl.ir.layers.leaky import Leaky
from archdsl.ir.layers.prelu import Prelu
from archdsl.ir.layers.read_streams import ReadStreams
from archdsl.ir.layers.scale import Scale
from archdsl.ir.layers.select import Select
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.ir.layers.upsample import Upsample
from archdsl.language import layer as user
from archdsl.language.aggregations import Concat, Product
from archdsl.oracle.layers import COMPUTE, compute


class Doubled(user.Layer):
    """Not one of torch's, but the oracle needs none."""

    layer: Literal["doubled"] = "doubled"

    def compute(self, x: torch.Tensor, own: object, training: bool) -> torch.Tensor:
        return x + x.flip(1)


GATE = Block(
    "gate", "gate", (4, 6, 5),
    ((PoolTo("average", 1), Conv("conv", 4, 4, 1, bias=True), Activation("sigmoid")),),
    ((0,),), Product(kind="product"), (0, 1), flat=True,
)  # fmt: skip
DENSE = Block(
    "block", "block", (4, 6, 5),
    ((Norm("norm", 4), Conv("conv", 4, 2, 3, padding=1)), (Conv("conv", 6, 2, 3, padding=1),)),
    ((0,), (0, 1)), Concat(kind="concat"), (0, 1, 2),
)  # fmt: skip
LATER: list[tuple[Layer, Shape]] = [
    (Norm("norm", 4, eps=1e-3), (4, 5, 3)),
    *((ChannelNorm("norm", kind, 4), (4, 5, 3)) for kind in ("layer", "rms")),
    (ChannelNorm("norm", "layer", 4, flat=True), (4,)),
    (GroupNorm("norm", 4, 2), (4, 5, 3)),
    (GroupNorm("norm", 4, 4), (4, 5, 3)),
    *((Activation(f), (4, 5, 3)) for f in sorted(FUNCTIONS)),
    (Leaky(0.1), (4, 5, 3)),
    (Prelu("prelu", 1, False), (4, 5, 3)),
    (Prelu("prelu", 4, True), (4, 5, 3)),
    (Scale("scale", 4, 1e-6), (4, 5, 3)),
    (Scale("scale", 4, 0.5), (4,)),
    (DropUnit(0.5), (4, 5, 3)),
    (Keep(1, 2), (4, 5, 3)),
    (Select("select", 3), (4, 5, 3)),
    (Shuffle(2), (6, 5, 3)),
    (Deconv("deconv", 4, 6), (4, 5, 3)),
    (Deconv("deconv", 4, 6, 3, 2, 1, 1, 2, bias=True), (4, 5, 3)),
    (Deconv("deconv", 4, 6, (1, 5), 3, (0, 2), (1, 0), dilation=2), (4, 5, 3)),
    (Deconv("deconv", 4, 6, 4, 2, 1, dims=1), (4, 5)),
    (Deconv("deconv", 4, 6, 2, 3, dims=3), (4, 2, 3, 2)),
    *((Upsample(2, kind), (4, 5, 3)) for kind in ("nearest", "linear")),
    (Upsample(3, "linear", 1), (4, 5)),
    (Upsample(2, "linear", 3), (4, 2, 3, 2)),
    (Copies(3), (4, 5, 3)),
    (AddStreams(3), (6, 5, 3)),
    (ReadStreams("read", 3, 2, 1, dynamic=False), (6, 5, 3)),
    (ReadStreams("read", 3, 2, 1, dynamic=True), (6, 5)),
]
"""Layers of the second version of the language."""

EXAMPLES: list[tuple[Layer, Shape]] = [
    (GATE, (4, 6, 5)),
    (DENSE, (4, 6, 5)),
    (Conv("conv", 4, 6, 3, 2, 1, 2, bias=True), (4, 9, 7)),
    (Conv("conv", 4, 6, 1), (4, 5, 5)),
    (Conv("conv", 4, 6, (1, 5), 1, (0, 2)), (4, 9, 7)),
    (Conv("conv", 4, 6, 3, 2, 2, dilation=2), (4, 9, 7)),
    (Conv("conv", 4, 6, 3, 2, 1, dims=1), (4, 9)),
    (Conv("conv", 4, 6, 3, 1, 1, dims=3), (4, 3, 4, 5)),
    (Norm("norm", 4), (4, 5, 3)),
    (Norm("norm", 4, dims=0), (4,)),
    (Dropout(0.5), (4, 5, 3)),
    *((Pool(kind, 3, 2, 1), (4, 9, 7)) for kind in ("average", "max")),
    *((Pool(kind, 3, 2, 1, ceil=True), (4, 10, 8)) for kind in ("average", "max")),
    *((PoolTo(kind, 2), (4, 9, 7)) for kind in ("average", "max")),
    (Flatten(), (4, 5, 3)),
    (Linear("linear", 12, 5), (12,)),
    (Pad(9, 2), (4, 9, 7)),
    (Own.of(Doubled(), "doubled", (4, 5, 3), 1), (4, 5, 3)),
    *LATER,
]
IDS = [f"{layer.text()} of {'x'.join(map(str, shape))}" for layer, shape in EXAMPLES]
each = pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=IDS)


def test_the_oracle_and_the_examples_have_every_kind_of_layer() -> None:
    assert set(COMPUTE) == set(KINDS) == {type(layer) for layer, _ in EXAMPLES}


def run(layer: Layer, x: torch.Tensor, training: bool = False) -> torch.Tensor:
    weights = layer.state() if isinstance(layer, Weighted) else {}
    name = layer.name if isinstance(layer, Weighted) else ""
    state = {f"scope.{name}.{key}": torch.rand(shape)
             for key, shape in weights.items()}  # fmt: skip
    indices = {
        key: torch.arange(len(value)) for key, value in state.items() if key[-6:] == ".index"
    }
    return compute(layer, "scope", state | indices, x, training)


@each
def test_shape_is_what_the_oracle_computes(layer: Layer, shape: Shape) -> None:
    assert run(layer, torch.rand(2, *shape)).shape == (2, *layer.after(shape))


@each
def test_training_only_layers_and_no_others_pass_their_input_through(
    layer: Layer, shape: Shape
) -> None:
    x = torch.randn(2, *shape)
    result = run(layer, x)
    shares = result.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert (shares or torch.equal(result.flatten(), x.flatten())) == (
        layer.training_only or layer.view
    )


@each
def test_elementwise_layers_are_those_whose_gradient_is_diagonal(
    layer: Layer, shape: Shape
) -> None:
    x = torch.randn(1, *shape, dtype=torch.float32).abs() + 0.1
    if layer.after(shape) != shape:
        assert not layer.elementwise
        return
    jacobian = torch.func.jacrev(lambda x: run(layer, x))(x)
    square = torch.as_tensor(jacobian).reshape(x.numel(), x.numel())
    diagonal = bool((square - torch.diag(square.diagonal())).abs().max() == 0)
    assert diagonal == (layer.elementwise or layer.training_only)


SLIDING = [(layer, shape) for layer, shape in EXAMPLES
           if len(shape) == 3 and (layer.mixes or isinstance(layer, Pool | Pad))
           and layer.window(shape)[1] >= 1]  # fmt: skip
"""Larger maps have fractions: `test_upsampling` follows their gradients."""


@pytest.mark.parametrize(("layer", "shape"), SLIDING)
def test_window_spans_the_pixels_that_a_result_depends_on(layer: Layer, shape: Shape) -> None:
    x = torch.linspace(1, 2, shape[0] * 31 * 31).reshape(1, shape[0], 31, 31).requires_grad_()
    result = run(layer, x)
    side, stride = layer.window((shape[0], 31, 31))
    rows = []
    for place in (4, 5):
        (gradient,) = torch.autograd.grad(result[0, 0, place, place], x, retain_graph=True)
        used = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten().tolist()
        rows.append((used[0], used[-1]))
    if not isinstance(layer, Pool) or layer.kind == "average":
        assert rows[0][1] - rows[0][0] + 1 == side
    assert [after[1] - before[1] for before, after in pairwise(rows)] == [stride]
