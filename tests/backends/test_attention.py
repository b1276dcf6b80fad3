"""The aggregation `attention`: identities, the weights of readers, and the code of others."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.oracle.comparison import compare_fused, load_module
from backends.networks import assert_equals_oracle, emitted
from backends.test_version_2_aggregations import WIDER, run, spec

RULES = (
    "plain", "full", "exponential", "{rule: window, last: 3}", "{rule: offsets, offsets: [1, 3]}",
    "harmonic", "{rule: strided, step: 2}", "every",
    "entry",
    "{rule: explicit, reads: [[0], [0, 1], [2], [3, 1], [4, 0, 2], [5, 1]]}",
)  # fmt: skip
"""Rules for a stage of five layers; `fractal` is below, since its exit is in another place."""


FILE = load_module(check_text(spec("attention")).emit())


@pytest.mark.parametrize("rule", RULES)
def test_by_every_rule_equals_the_oracle(rule: str) -> None:
    text = spec("attention", rule).replace("[4, 5]", "5")
    made = emitted(text)
    assert_equals_oracle(made.network, made.graph)
    fusions = compare_fused(archdsl.build(made.checked.spec, fuse=True), made.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_by_fractal_equals_the_oracle() -> None:
    made = emitted(
        spec("attention", "{rule: fractal, columns: 3}").replace("  layers: [4, 5]\n", "")
    )
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", ["full", "exponential", "{rule: strided, step: 2}"])
def test_starts_as_the_mean(rule: str) -> None:
    """With a query of zero all scores are 0, and the softmax of equal scores is 1 / R."""
    wanted, state = run(spec("mean", rule))
    output, _ = run(spec("attention", rule), state)
    torch.testing.assert_close(output, wanted, rtol=1e-12, atol=1e-12)


def attention(outputs: list[Tensor], query: Tensor, scale: Tensor) -> Tensor:
    """Call the function as an emitted file has it."""
    joined: Tensor = FILE.attention(outputs, query, scale)
    return joined


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_large_queries_and_outputs_stay_finite(size: float) -> None:
    outputs = [size * torch.randn(2, 4, 3, 3, dtype=torch.float64) for _ in range(3)]
    query = 1e4 * torch.randn(4, dtype=torch.float64)
    assert attention(outputs, query, torch.ones(4, dtype=torch.float64)).isfinite().all()


def test_a_large_query_chooses_an_output_for_each_pixel() -> None:
    """The direction of a pixel decides; how large its output is does not."""
    near, far = torch.zeros(2, 1, 2, 1, 2).unbind()
    near[0, :, 0, 0] = torch.tensor([0.1, 0.0])
    far[0, :, 0, 0] = torch.tensor([0.0, 9.0])
    near[0, :, 0, 1] = torch.tensor([0.0, 9.0])
    far[0, :, 0, 1] = torch.tensor([0.1, 0.0])
    chosen = attention([near, far], torch.tensor([100.0, 0.0]), torch.ones(2))
    torch.testing.assert_close(chosen[0, :, 0], torch.tensor([[0.1, 0.1], [0.0, 0.0]]))


def gradients(network: torch.nn.Module, word: str) -> list[Tensor]:
    """Return the gradients of the weights of this name, after one backward pass."""
    network.zero_grad()
    network(torch.randn(3, 3, 8, 8)).square().sum().backward()
    weights = [p for name, p in network.named_parameters() if name.endswith(f".{word}")]
    return [p.grad for p in weights if p.grad is not None]


def test_scales_learn_once_the_query_is_not_zero() -> None:
    """Every query gets a gradient at first; a scale is multiplied with a query of zero."""
    network = archdsl.build(check_text(spec("attention", "exponential")).spec)
    queries, scales = gradients(network, "query"), gradients(network, "scale")
    assert len(queries) == len(scales) == 9
    assert all(bool(gradient.any()) for gradient in queries)
    assert not any(bool(gradient.any()) for gradient in scales)
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    assert all(bool(gradient.any()) for gradient in gradients(network, "scale"))


def test_each_reader_of_several_outputs_has_twice_its_channels() -> None:
    wider = spec("attention", unit=WIDER, more="  entry: projection\n")
    summed = spec("sum", unit=WIDER, more="  entry: projection\n")
    checked = check_text(wider)
    assert checked.report.parameters - check_text(summed).report.parameters == 9 * 2 * 6
    shapes = state_shapes(checked.graph)
    assert shapes["stages.0.joins.0.query"] == shapes["stages.1.exit_join.scale"] == (6,)


def test_equals_flash_linear_attention() -> None:
    """`naive_attnres` of fla takes sources of shape (..., D), the channels last."""
    naive = pytest.importorskip("fla.ops.attnres.naive", reason="flash-linear-attention is absent")
    torch.manual_seed(0)
    outputs = [size * torch.randn(2, 8, 3, 5) for size in (0.1, 1.0, 10.0)]
    query, scale = torch.randn(8), torch.rand(8) + 0.5
    theirs = naive.naive_attnres(query, [x.movedim(1, -1).contiguous() for x in outputs], scale)
    torch.testing.assert_close(attention(outputs, query, scale), theirs.movedim(-1, 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near_double_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    outputs = [size * torch.randn(2, 16, 3, 3, dtype=torch.float64) for size in (0.1, 10.0, 1e3)]
    query, scale = torch.randn(16, dtype=torch.float64), torch.ones(16, dtype=torch.float64)
    wanted = attention(outputs, query, scale)
    half = attention([output.to(dtype) for output in outputs], query.to(dtype), scale.to(dtype))
    assert half.dtype == dtype
    assert float((half - wanted).norm() / wanted.norm()) < 10 * torch.finfo(dtype).eps
