"""The path for accelerators on one; without one these tests are skipped, and say so."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.api import check, load
from archdsl.backends.pytorch.runtime.memory_efficient import fused
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import StageWindow
from archdsl.backends.pytorch.runtime.memory_efficient.products import StageProductRead
from archdsl.backends.pytorch.runtime.memory_efficient.read import (
    StageNorm,
    StageRead,
    StageTotals,
)
from archdsl.oracle.comparison import load_module, network_class, randomise
from cli.commands import SPECS
from runtime import operators
from runtime.fused import STATISTICS, built, ordinary, run

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no accelerator")

NAMES = ["densenet-imagenet", "sparsenet-imagenet", "resnet-imagenet", "densenet-cifar"]


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found.double().cpu() - wanted).norm() / wanted.norm())


def compared(network: Any, x: Tensor, dtype: torch.dtype) -> tuple[Any, float, float]:
    """The fused network, its error on an accelerator against float64, and the plain path's."""
    there = copy.deepcopy(network).to("cuda", dtype).to(memory_format=torch.channels_last)
    wanted = run(copy.deepcopy(there).cpu().double(), x.to(dtype).double())
    given, fast = x.to("cuda", dtype), there.fuse()
    run(fast, given)
    found = relative(run(fast, given), wanted)
    return fast, found, relative(run(there, given), wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", NAMES)
def test_networks(name: str, dtype: torch.dtype) -> None:
    network: Any = built(check(load(SPECS / f"{name}.yaml")))
    ordinary(network)
    side = 32 if "cifar" in name else 224
    _, found, plain = compared(network, torch.randn(2, 3, side, side), dtype)
    assert found <= (max(10 * plain, 1e-5) if dtype == torch.float32 else 1.3 * plain)


@pytest.mark.parametrize("statistics", STATISTICS)
def test_statistics(statistics: str) -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40})))
    STATISTICS[statistics](network)
    _, found, plain = compared(network, torch.randn(2, 3, 32, 32), torch.float32)
    assert found <= max(10 * plain, 1e-5)


def test_graphs_follow_inputs() -> None:
    network: Any = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 40}))).cuda()
    ordinary(network)
    fast = network.fuse()
    for _ in range(3):
        x = torch.randn(4, 3, 32, 32, device="cuda")
        assert torch.allclose(run(fast, x), run(network, x), rtol=1e-2, atol=1e-2)
    ((_, recording),) = fast.pool.idle
    assert type(recording).__name__ == "FusedGraph"


def test_streams_do_not_share_memory() -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40}))).cuda()
    ordinary(network)
    fast, streams = network.fuse(), [torch.cuda.Stream() for _ in range(3)]  # type: ignore[no-untyped-call]
    inputs = [torch.randn(2, 3, 32, 32, device="cuda") for _ in streams]
    wanted = [run(network, x) for x in inputs]
    torch.cuda.synchronize()
    found: list[Tensor] = []
    for _ in range(5):
        found = []
        for x, stream in zip(inputs, streams, strict=True):
            with torch.cuda.stream(stream):
                found.append(run(fast, x))
    torch.cuda.synchronize()
    for made, plain in zip(found, wanted, strict=True):
        assert torch.allclose(made, plain, rtol=1e-2, atol=1e-2)


def test_tf32_is_honoured() -> None:
    network: Any = built(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40})))
    ordinary(network)
    x, before = torch.randn(2, 3, 32, 32), torch.backends.cudnn.allow_tf32
    try:
        torch.backends.cudnn.allow_tf32 = False
        exact = compared(network, x, torch.float32)[1]
        torch.backends.cudnn.allow_tf32 = True
        rough = compared(network, x, torch.float32)[1]
    finally:
        torch.backends.cudnn.allow_tf32 = before
    assert exact < 1e-5 < rough


def trained(name: str, depth: int, dtype: torch.dtype, layout: torch.memory_format) -> Any:
    """A network in training on an accelerator whose stages are operators, which are imported."""
    checked = check(load(SPECS / f"{name}.yaml", {"depth": depth}))
    torch.manual_seed(0)
    text = checked.emit(memory_efficient=True, runtime="import")
    network: Any = network_class(load_module(text))().train()
    randomise(network)
    return network.to("cuda", dtype).to(memory_format=layout)


def step(network: Any, x: Tensor) -> Tensor:
    """The gradients of all weights, on the CPU in float64, after a backward pass."""
    network.zero_grad()
    weight = next(network.parameters())
    network(x.to(weight.device, weight.dtype)).double().square().sum().backward()
    return operators.gradients(network).double().cpu()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "densenet-cifar"])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_stages_as_operators(
    name: str, dtype: torch.dtype, layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels run where the layout is channels-last, and are as exact as the layers."""
    network = trained(name, 40, dtype, layout)
    other, exact = operators.plain(network), operators.plain(network).double().cpu()
    x = torch.randn(8, 3, 32, 32).to(dtype).contiguous(memory_format=layout)
    launched, launch = [], fused.StageTable.launch

    def noted(table: fused.StageTable, kernel: str, *arguments: Any, **constants: Any) -> None:
        launched.append(kernel)
        launch(table, kernel, *arguments, **constants)

    monkeypatch.setattr(fused.StageTable, "launch", noted)
    wanted = step(exact, x)
    found, plain = (relative(step(each, x), wanted) for each in (network, other))
    kernels = {"activate", "collect", "sum", "settle"}
    if "bc" in name:
        kernels |= {"convolve", "weight_gradient", "collect_product"}
    assert set(launched) == (kernels if layout == torch.channels_last else set())
    assert found <= (max(10 * plain, 1e-5) if dtype == torch.float32 else 3 * plain)
    statistics = [operators.statistics(each).cpu() for each in (network, other, exact)]
    found, plain = (relative(each, statistics[2]) for each in statistics[:2])
    assert found <= 3 * plain + 1e-5


def test_products_of_stages_honour_tf32() -> None:
    network = trained("densenet-bc-cifar", 40, torch.float32, torch.channels_last)
    exact = operators.plain(network).double().cpu()
    x = torch.randn(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    wanted, before, errors = step(exact, x), torch.backends.cudnn.allow_tf32, []
    try:
        for allowed in (False, True):
            torch.backends.cudnn.allow_tf32 = allowed
            errors.append(relative(step(network, x), wanted))
    finally:
        torch.backends.cudnn.allow_tf32 = before
    assert 3 * errors[0] < errors[1]


def there_and_back(
    reader: type[StageRead], tensors: tuple[Tensor, ...], dtype: torch.dtype
) -> list[Tensor]:
    """A 1x1 convolution of what is read, and all gradients."""
    x, gradient, weight = (tensor.to(dtype) for tensor in tensors[:3])
    numbers = [tensor.to(torch.promote_types(dtype, torch.float32)) for tensor in tensors[3:]]
    runs, window = ((3, 3 + weight.shape[1]),), StageWindow((0, 0), (1, 1))
    mean, variance, scale, shift = numbers
    norm = StageNorm(mean, variance, scale, shift, 1e-3, batch=True)
    y = reader(StageOutputs(x), runs, norm, "relu").convolve(weight, None, window)
    totals = StageTotals(StageOutputs(torch.zeros_like(x)), *map(torch.zeros_like, (mean, mean)))
    read = reader(StageOutputs(x), runs, norm, "relu")
    pulled, of_weight, _ = read.convolution_backward(gradient, weight, window, bias=False)
    results = [y, of_weight, *read.collect(pulled, totals), totals.gradients.tensor, *totals[1:]]
    return [tensor.double().cpu() for tensor in results]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [(7, 36, 20), (3000, 200, 150), (9, 1, 1), (70_000, 64, 128)])
def test_products_are_as_exact_as_convolutions(
    size: tuple[int, int, int], dtype: torch.dtype
) -> None:
    """Of one tile and of many, whose sizes divide what is multiplied or not."""
    rows, channels, outputs = size
    x, gradient = (
        torch.randn(1, 3, rows, width, device="cuda").to(dtype).permute(0, 3, 1, 2)
        for width in (channels + 5, outputs)
    )
    weight = torch.randn(outputs, channels, 1, 1, device="cuda").to(dtype)
    variance, mean = torch.var_mean(x.double(), (0, 2, 3), correction=0)
    scale, shift = torch.randn(2, channels, device="cuda")
    tensors = (x, gradient, weight, mean, variance, scale, shift)
    exact = there_and_back(StageRead, tensors, torch.float64)
    plain, kernels = (there_and_back(r, tensors, dtype) for r in (StageRead, StageProductRead))
    for wanted, one, other in zip(exact, plain, kernels, strict=True):
        assert relative(other, wanted) <= 4 * relative(one, wanted) + 1e-5


def test_stages_as_operators_under_autocast() -> None:
    network = trained("densenet-bc-cifar", 40, torch.float32, torch.channels_last)
    other, exact = operators.plain(network), operators.plain(network).double().cpu()
    x = torch.randn(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    wanted = step(exact, x)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        errors = [relative(step(each, x), wanted) for each in (network, other)]
    assert errors[0] <= 3 * errors[1]


def test_stages_as_operators_are_deterministic() -> None:
    """With the algorithms of cuDNN that are: the kernels always add in the same order."""
    stage = trained("sparsenet-bc-cifar", 40, torch.bfloat16, torch.channels_last).stages[0]
    x = torch.randn(32, stage.operator.widths[0], 32, 32, device="cuda", dtype=torch.bfloat16)
    x = x.contiguous(memory_format=torch.channels_last)
    before = torch.backends.cudnn.deterministic
    try:
        torch.backends.cudnn.deterministic = True
        results = []
        for _ in range(2):
            stage.zero_grad()
            output = stage(x)
            output.square().sum().backward()
            results.append([output.detach(), operators.gradients(stage)])
    finally:
        torch.backends.cudnn.deterministic = before
    assert all(map(torch.equal, *results))


def test_stages_as_operators_keep_memory_linear_in_depth() -> None:
    """The memory that a forward pass leaves is less than a third of that of the layers."""
    kept = []
    network = trained("densenet-bc-cifar", 100, torch.float32, torch.channels_last)
    for each in (network, operators.plain(network)):
        x = torch.randn(16, 3, 32, 32, device="cuda")
        x = x.contiguous(memory_format=torch.channels_last)
        before = torch.cuda.memory_allocated()
        output = each(x)
        kept.append(torch.cuda.memory_allocated() - before)
        del output
    assert kept[0] < kept[1] / 3


def test_a_compiled_network_runs_the_kernels_of_its_stages() -> None:
    network = trained("densenet-bc-cifar", 40, torch.float32, torch.channels_last)
    other = copy.deepcopy(network)
    x = torch.randn(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    found = step(torch.compile(network, fullgraph=True), x)
    assert relative(found, step(other, x)) < 1e-2
