"""The kernels of 1x1 convolutions against plain torch and float64, in Triton's interpreter."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from archdsl.backends.pytorch.runtime.memory_efficient import products
from archdsl.backends.pytorch.runtime.memory_efficient.fused import StageTable
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow
from archdsl.backends.pytorch.runtime.memory_efficient.products import (
    StageProductRead,
    stage_high,
    stage_power,
    stage_precision,
    stage_share,
)
from archdsl.backends.pytorch.runtime.memory_efficient.read import (
    StageNorm,
    StageRead,
    StageTotals,
)
from runtime.stage_reads import (
    ROUNDING,
    RUNS,
    Runs,
    assert_near,
    exact,
    maps,
    norm_of,
    width,
)

pytest.importorskip("triton", reason="Triton is not installed")

READERS = (StageRead, StageProductRead)
CASES = [
    ("batch", True, 20, True),
    ("batch", False, 1, False),
    ("running", True, 150, False),
    ("none", True, 20, False),
    ("none", False, 70, True),
]
"""Kinds of norms, whether a ReLU follows, outputs of the convolution, and whether it has a bias."""
PLAIN = StageWindow((0, 0), (1, 1))
pytestmark = pytest.mark.usefixtures("poisoned")


def factor(outputs: int, runs: Runs, dtype: torch.dtype) -> Tensor:
    """The weight of a 1x1 convolution; results are of the size of what is read."""
    channels = width(runs)
    return torch.randn(outputs, channels, 1, 1).div(channels**0.5).to(dtype)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("case", CASES)
def test_convolutions(runs: str, dtype: torch.dtype, case: tuple[str, bool, int, bool]) -> None:
    kind, relu, outputs, biased = case
    channels, places = RUNS[runs]
    x = maps(channels, dtype) + 1
    norm, weight = norm_of(x, width(places), kind), factor(outputs, places, dtype)
    bias = torch.randn(outputs).to(dtype) if biased else None
    y, _ = exact(x.double(), places, norm, relu)
    wanted = functional.conv2d(y, weight.double(), None if bias is None else bias.double())
    for reader in READERS:
        result = reader(StageOutputs(x), places, norm, "relu" * relu).convolve(weight, bias, PLAIN)
        assert result.is_contiguous(memory_format=torch.channels_last)
        assert_near([result], wanted, dtype)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("case", CASES)
def test_the_way_back_to_one_reader(
    runs: str, dtype: torch.dtype, case: tuple[str, bool, int, bool]
) -> None:
    kind, relu, outputs, _ = case
    channels = RUNS[runs][0]
    x, gradient = maps(channels, dtype) + 1, maps(outputs, dtype)
    everything = ((0, channels),)
    norm, weight = norm_of(x, channels, kind), factor(outputs, everything, dtype)
    exactly, factors = x.double().requires_grad_(), weight.double().requires_grad_()
    bias = torch.zeros(outputs).double().requires_grad_()
    y, weights = exact(exactly, everything, norm, relu)
    output = functional.conv2d(y, factors, bias)
    inputs = [factors, bias, exactly, *weights]
    wanted = torch.autograd.grad(output, inputs, gradient.double())
    for reader in READERS:
        read = reader(StageOutputs(x), everything, norm, "relu" * relu)
        upstream, *of_weights = read.convolution_backward(gradient, weight, PLAIN, bias=True)
        for result, one in zip([*of_weights, *read.backward(upstream)], wanted, strict=True):
            assert result.dtype in (dtype, torch.float32)
            assert_near([result], one, dtype, least=10.0)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("steps", [1, 4])
def test_the_way_back_to_a_buffer(
    runs: str, dtype: torch.dtype, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Norms of both kinds and a ReLU alone read a buffer that has a gradient already."""
    monkeypatch.setattr(StageTable, "steps", lambda *_: steps)
    channels, places = RUNS[runs]
    x, before = maps(channels, dtype) + 1, maps(channels, dtype)
    everything: Runs = ((0, channels),)
    reads: list[tuple[Runs, StageNorm | None, int]] = [
        (places, norm_of(x, width(places)), 12),
        (everything, norm_of(x, channels), 70),
        (places, norm_of(x, width(places), "running"), 1),
        (places, None, 36),
    ]
    weights = [factor(outputs, read, dtype) for read, _, outputs in reads]
    upstream = [maps(outputs, dtype) for *_, outputs in reads]
    exactly, factors = x.double().requires_grad_(), [w.double().requires_grad_() for w in weights]
    parts = [exact(exactly, read, norm, True) for read, norm, _ in reads]
    of_norms = [weight for _, pair in parts for weight in pair]
    results = [functional.conv2d(y, w) for (y, _), w in zip(parts, factors, strict=True)]
    inputs = [exactly, *factors, *of_norms]
    wanted = torch.autograd.grad(results, inputs, [g.double() for g in upstream])
    ends = sorted({0, channels, places[0][1]})
    for reader in READERS:
        totals = StageTotals(
            StageOutputs(before.clone()), torch.zeros(channels), torch.zeros(channels)
        )
        gradients: list[list[Tensor]] = [[], []]
        for (read, norm, _), weight, gradient in zip(reads, weights, upstream, strict=True):
            part = reader(StageOutputs(x), read, norm, "relu")
            pulled, of_weight, _ = part.convolution_backward(gradient, weight, PLAIN, bias=False)
            gradients[0].append(of_weight)
            gradients[1] += part.collect(pulled, totals)
        mean = x.double().mean((0, 2, 3)).float()
        settled = [reader.settle(StageOutputs(x), mean, totals, place) for place in pairwise(ends)]
        assert_near([torch.cat(settled, dim=1)], wanted[0] + before.double(), dtype)
        for result, one in zip(gradients[0] + gradients[1], wanted[1:], strict=True):
            assert_near([result], one, dtype, least=10.0)


@pytest.mark.parametrize("share", [1, 3])
def test_sums_over_rows_are_deterministic(share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several programs add up a part of the rows each, and the last one has fewer of them."""
    monkeypatch.setattr(products, "stage_share", lambda *_: share)
    x, gradient = (maps(channels, torch.float32, (4, 15, 17)) for channels in (36, 20))
    norm, weight = norm_of(x, 36), factor(20, ((0, 36),), torch.float32)
    exactly, factors = x.double().requires_grad_(), weight.double().requires_grad_()
    y, weights = exact(exactly, ((0, 36),), norm, relu=True)
    inputs = [factors, exactly, *weights]
    wanted = torch.autograd.grad(functional.conv2d(y, factors), inputs, gradient.double())
    results = []
    for _ in range(2):
        read = StageProductRead(StageOutputs(x), ((0, 36),), norm, "relu")
        pulled, of_weight, _ = read.convolution_backward(gradient, weight, PLAIN, bias=False)
        results.append([of_weight, *read.backward(pulled)])
    assert all(map(torch.equal, *results))
    for result, one in zip(results[0], wanted, strict=True):
        assert_near([result], one, torch.float32)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, when interpreted
def test_what_is_no_number_stays_so() -> None:
    """Also in the rows of a tile that are not there, where nothing is multiplied."""
    x, gradient = maps(16, torch.float32), maps(16, torch.float32).abs()
    x[0, :8, 0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    shift = torch.zeros(16)
    shift[12] = torch.inf
    norm = StageNorm(torch.zeros(16), torch.ones(16), torch.ones(16), shift, 0.0, batch=True)
    weight, results = torch.eye(16)[:, :, None, None], []
    for reader in READERS:
        output = reader(StageOutputs(x), ((0, 16),), norm, "relu").convolve(weight, None, PLAIN)
        read = reader(StageOutputs(x), ((0, 16),), norm, "relu")
        pulled, of_weight, _ = read.convolution_backward(gradient, weight, PLAIN, bias=False)
        totals = StageTotals(StageOutputs(torch.zeros_like(x)), torch.zeros(16), torch.zeros(16))
        results.append([output, of_weight, *read.collect(pulled, totals), totals.gradients.tensor])
    for plain, kernel in zip(*results, strict=True):
        assert kernel.isnan().equal(plain.isnan())
        assert kernel.isinf().equal(plain.isinf())
    assert results[0][1][:, :, 0, 0].isnan().sum() == 16 * 8
    wanted = results[0][-1].nan_to_num()
    assert results[1][-1].nan_to_num().allclose(wanted)


def test_distances_are_not_cut_to_32_bits() -> None:
    """The last row begins more than two thousand million numbers after the first one."""
    torch.use_deterministic_algorithms(mode=False)  # memory in between is never touched
    channels, runs = 2**27, ((16, 32),)
    x, totals = (torch.empty(1, 1, 18, channels, dtype=torch.float16).permute(0, 3, 1, 2)
                 for _ in range(2))  # fmt: skip
    values = torch.randn(1, 16, 1, 18).half()
    x[:, 16:32], totals[:, 16:32] = values, 1
    weight, gradient = 2 * torch.eye(16).half()[:, :, None, None], torch.ones_like(values)
    read = StageProductRead(StageOutputs(x), runs, None, "relu")
    assert read.convolve(weight, None, PLAIN).equal(2 * values.relu())
    pulled, of_weight, _ = read.convolution_backward(gradient, weight, PLAIN, bias=False)
    assert of_weight[:, :, 0, 0].allclose(values.relu().sum((0, 2, 3)).expand(16, 16), rtol=1e-2)
    read.collect(pulled, StageTotals(StageOutputs(totals), gradient, gradient))
    assert totals[:, 16:32].equal(1 + 2 * (values > 0).half())


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((5, 36, 3, 3), StageWindow((1, 1), (1, 1))),
        ((6, 18, 1, 1), StageWindow((0, 0), (1, 1), 2)),
        ((5, 36, 1, 1), StageWindow((1, 1), (1, 1))),
        ((5, 36, 1, 3), StageWindow((0, 1), (1, 1))),
    ],
)
def test_other_convolutions_run_between_kernels(
    shape: tuple[int, ...], window: StageWindow, launched: list[str]
) -> None:
    x, weight = maps(36, torch.float32), torch.randn(shape)
    upstream = maps(shape[0], torch.float32, (3, 7, 9))
    norm, results = norm_of(x, 36), []
    for reader in (StageRead, StageProductRead):
        y = reader(StageOutputs(x), ((0, 36),), norm, "relu").convolve(weight, None, window)
        read = reader(StageOutputs(x), ((0, 36),), norm, "relu")
        gradient = upstream[..., : y.shape[2], : y.shape[3]]
        pulled, of_weight, _ = read.convolution_backward(gradient, weight, window, bias=False)
        results.append([y, of_weight, *read.backward(pulled)])
    for wanted, result in zip(*results, strict=True):
        assert_near([result], wanted, torch.float32)
    assert launched == ["activate", "activate", "collect", "sum", "settle"]


def test_dilation_of_a_1x1_convolution_is_nothing(launched: list[str]) -> None:
    x, weight = maps(36, torch.float32), torch.randn(5, 36, 1, 1)
    window = StageWindow((0, 0), (3, 2))
    y = StageProductRead(StageOutputs(x), ((0, 36),), None, "relu").convolve(weight, None, window)
    assert_near(
        [y],
        StageRead(StageOutputs(x), ((0, 36),), None, "relu").convolve(weight, None, window),
        y.dtype,
    )
    assert launched == ["convolve"]


@pytest.mark.parametrize(
    "weight", [torch.zeros(5, 36, 1, 1).half(), torch.zeros(5, 37, 1, 1), torch.zeros(5, 35, 1, 1)]
)
def test_weights_that_do_not_fit_are_refused_by_torch(weight: Tensor) -> None:
    read = StageProductRead(StageOutputs(maps(36, torch.float32)), ((0, 36),), None, "relu")
    with pytest.raises(RuntimeError):
        read.convolve(weight, None, PLAIN)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_and_weights_may_have_any_layout(layout: torch.memory_format) -> None:
    x, runs = maps(36, torch.float32), ((0, 36),)
    weight = factor(20, runs, torch.float32).contiguous(memory_format=layout)
    gradient = maps(40, torch.float32)[:, 3:23]
    results = []
    for each in (gradient, gradient.contiguous(memory_format=layout)):
        read = StageProductRead(StageOutputs(x), runs, None, "relu")
        pulled, of_weight, _ = read.convolution_backward(each, weight, PLAIN, bias=False)
        results.append([of_weight, *read.backward(pulled)])
    assert all(map(torch.equal, *results))


@pytest.mark.parametrize("allowed", [False, True])
def test_tf32_is_honoured(allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", allowed)
    there: Any = SimpleNamespace(is_cuda=True)
    assert stage_precision(there) == ("tf32" if allowed else "ieee")
    assert stage_precision(torch.zeros(1)) == "ieee"


@pytest.mark.parametrize("count", [1, 16, 17, 48, 128, 500])
@pytest.mark.parametrize("most", [32, 64, 128])
def test_tiles_are_powers_of_two(count: int, most: int) -> None:
    power = stage_power(count, most)
    assert power in (16, 32, 64, 128)
    assert power == most or count <= power
    assert power == 16 or power < 2 * count


@pytest.mark.parametrize("rows", [1, 49, 3136, 200_704, 10**7])
@pytest.mark.parametrize("across", [1, 3, 16])
def test_large_accelerators_are_kept_busy(rows: int, across: int) -> None:
    high = stage_high(rows, 128, across)
    assert high in (32, 64, 128)
    assert high == 32 or -(-rows // high) * across >= 132
    tiles = -(-rows // 64)
    steps = stage_share(tiles, across)
    splits = -(-tiles // steps)
    assert 1 <= splits <= -(-2 * 132 // across)
    assert steps == 1 or 2 * splits * across >= 132
