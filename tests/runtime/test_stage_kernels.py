"""The kernels of a stage's operator against plain torch and float64, in Triton's interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.memory_efficient.fused import (
    StageFusedRead,
    StageTable,
    stage_triton,
)
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.read import (
    StageNorm,
    StageRead,
    StageTotals,
)
from archdsl.oracle.comparison import load_module, network_class, randomise
from backends.networks import apart
from cli.commands import ROOT
from runtime.operators import batch, gradients, obstacles, plain, spec, statistics
from runtime.stage_reads import (
    KINDS,
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

READERS = (StageRead, StageFusedRead)
CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("poisoned")


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize(("kind", "relu"), KINDS)
def test_what_a_part_reads(runs: str, dtype: torch.dtype, kind: str, relu: bool) -> None:
    channels, places = RUNS[runs]
    x = maps(channels, dtype) + 1
    norm = norm_of(x, width(places), kind)
    wanted, _ = exact(x.double(), places, norm, relu)
    results = [reader(StageOutputs(x), places, norm, "relu" * relu).output() for reader in READERS]
    assert_near(results, wanted, dtype)
    assert all(y.is_contiguous(memory_format=torch.channels_last) for y in results)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize(("kind", "relu"), KINDS)
def test_the_way_back_to_one_reader(runs: str, dtype: torch.dtype, kind: str, relu: bool) -> None:
    channels = RUNS[runs][0]
    x, gradient = maps(channels, dtype) + 1, maps(channels, dtype)
    everything = ((0, channels),)
    norm = norm_of(x, channels, kind)
    exactly = x.double().requires_grad_()
    output, weights = exact(exactly, everything, norm, relu)
    wanted = torch.autograd.grad(output, [exactly, *weights], gradient.double())
    results = []
    for reader in READERS:
        read = reader(StageOutputs(x), everything, norm, "relu" * relu)
        read.output()
        results.append(read.backward(gradient.clone(memory_format=torch.preserve_format)))
    for number, gradient_wanted in enumerate(wanted):
        assert_near([result[number] for result in results], gradient_wanted, dtype)


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
    readers: list[tuple[Runs, StageNorm | None]] = [
        (places, norm_of(x, width(places))),
        (((0, channels),), norm_of(x, channels)),
        (places, norm_of(x, width(places), "running")),
        (places, None),
    ]
    upstream = [maps(width(read), dtype) for read, _ in readers]
    exactly = x.double().requires_grad_()
    outputs = [exact(exactly, read, norm, True) for read, norm in readers]
    inputs = [exactly, *(weight for _, weights in outputs for weight in weights)]
    results = [y for y, _ in outputs]
    wanted = torch.autograd.grad(results, inputs, [g.double() for g in upstream])
    ends = sorted({0, channels, places[0][1]})
    for reader in READERS:
        totals = StageTotals(
            StageOutputs(before.clone()), torch.zeros(channels), torch.zeros(channels)
        )
        of_weights: list[Tensor] = []
        for (read, norm), gradient in zip(readers, upstream, strict=True):
            part = reader(StageOutputs(x), read, norm, "relu")
            part.output()
            of_weights += part.collect(gradient.clone(), totals)
        mean = x.double().mean((0, 2, 3)).float()
        settled = [reader.settle(StageOutputs(x), mean, totals, place) for place in pairwise(ends)]
        assert_near([torch.cat(settled, dim=1)], wanted[0] + before.double(), dtype)
        for found, weight in zip(of_weights, wanted[1:], strict=True):
            assert_near([found], weight, dtype)


def test_sums_over_tiles_are_deterministic_and_far_means_lose_no_digits() -> None:
    x = maps(36, torch.float32, (4, 16, 16)) + 1000
    gradient, norm = maps(36, torch.float32, (4, 16, 16)), norm_of(x, 36)
    exactly = x.double().requires_grad_()
    output, weights = exact(exactly, ((0, 36),), norm, relu=True)
    wanted = torch.autograd.grad(output, weights, gradient.double())
    first, second = (
        StageFusedRead(StageOutputs(x), ((0, 36),), norm, "relu").backward(gradient.clone())
        for _ in range(2)
    )
    assert all(map(torch.equal, first, second))
    for found, weight in zip(first[1:], wanted, strict=True):
        assert apart(found, weight) < 1e-3


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, when interpreted
def test_what_is_no_number_stays_so() -> None:
    x = maps(16, torch.float32)
    x[0, :, 0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    norm = StageNorm(
        torch.zeros(16), torch.ones(16), torch.ones(16), torch.zeros(16), 0.0, batch=True
    )
    outputs = [reader(StageOutputs(x), ((0, 16),), norm, "relu").output() for reader in READERS]
    assert outputs[0].isnan().equal(outputs[1].isnan())
    assert outputs[0].nan_to_num().equal(outputs[1].nan_to_num())


def test_distances_are_not_cut_to_32_bits() -> None:
    """The last row begins more than two thousand million numbers after the first one."""
    torch.use_deterministic_algorithms(mode=False)  # memory in between is never touched
    channels, runs = 2**27, ((16, 32),)
    x, totals = (torch.empty(1, 1, 18, channels, dtype=torch.float16).permute(0, 3, 1, 2)
                 for _ in range(2))  # fmt: skip
    values = torch.randn(1, 16, 1, 18).half()
    x[:, 16:32], totals[:, 16:32] = values, 1
    read = StageFusedRead(StageOutputs(x), runs, None, "relu")
    assert read.output().equal(values.relu())
    gradient = torch.full_like(values, 2)
    read.collect(gradient, StageTotals(StageOutputs(totals), gradient, gradient))
    assert totals[:, 16:32].equal(1 + 2 * (values > 0).half())


@pytest.mark.parametrize("runs", RUNS)
def test_tables_have_every_channel_once(runs: str) -> None:
    channels, places = RUNS[runs]
    table = StageTable(places, channels, CPU)
    assert 16 <= table.block <= 64
    assert table.channels == width(places)
    read = [source + lane for source, _, count in table.pieces for lane in range(count)]
    assert read == [channel for start, end in places for channel in range(start, end)]
    written = [first + lane for _, first, count in table.pieces for lane in range(count)]
    assert written == list(range(table.channels))
    numbers = [channels, table.channels, *(number for piece in table.pieces for number in piece)]
    assert all(number % table.even == 0 for number in numbers)


@pytest.mark.parametrize("rows", [1, 49, 3136, 200_704, 10**7])
def test_programs_add_up_more_rows_where_enough_of_them_run(rows: int) -> None:
    table = StageTable(((0, 256),), 256, CPU)
    steps = table.steps(rows, table.rows)
    programs = -(-rows // (steps * table.rows)) * len(table.pieces)
    assert steps == 1 or programs >= 4 * 132
    assert steps == 16 or programs < 8 * 132 + len(table.pieces)


def test_a_cpu_runs_plain_torch() -> None:
    assert not stage_triton(maps(16, torch.float32))


@pytest.mark.parametrize(
    ("dtype", "layout", "capability", "fits"),
    [
        (torch.bfloat16, torch.channels_last, (9, 0), True),
        (torch.float32, torch.channels_last, (8, 0), True),
        (torch.float64, torch.channels_last, (9, 0), False),
        (torch.float16, torch.contiguous_format, (9, 0), False),
        (torch.float16, torch.channels_last, (7, 5), False),
    ],
)
def test_an_accelerator_runs_kernels_where_they_fit(
    dtype: torch.dtype, layout: torch.memory_format, capability: tuple[int, int], fits: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    x = torch.zeros(2, 4, 3, 3, dtype=dtype).contiguous(memory_format=layout)
    there: Any = SimpleNamespace(
        is_cuda=True, dtype=dtype, device=None, shape=x.shape, dim=x.dim, stride=x.stride
    )
    assert stage_triton(there) == fits


@pytest.mark.parametrize("fuse", [False, True])
def test_an_emitted_file_carries_the_kernels(fuse: bool) -> None:
    """They share a name with those of inference: the one for Triton's language."""
    module: Any = load_module(spec().emit(memory_efficient=True, fuse=fuse))
    x, runs = maps(84, torch.float32), ((0, 24), (36, 48))
    norm, weight = norm_of(x, width(runs)), torch.randn(5, width(runs), 1, 1)
    window, upstream = module.StageWindow((0, 0), (1, 1)), maps(5, torch.float32)
    results = []
    for reader in (module.StageProductRead, module.StageFusedRead, module.StageRead):
        totals = StageTotals(StageOutputs(torch.zeros_like(x)), torch.zeros(84), torch.zeros(84))
        y = reader(StageOutputs(x), runs, norm, "relu").convolve(weight, None, window)
        read = reader(StageOutputs(x), runs, norm, "relu")
        gradients = read.convolution_backward(upstream, weight, window, bias=False)
        results.append(
            [
                y,
                gradients[1],
                *read.collect(gradients[0], totals),
                totals.gradients.tensor,
                *totals[1:],
            ]
        )
    for *kernels, wanted in zip(*results, strict=True):
        assert_near(kernels, wanted, torch.float32)


PLAIN = {"activate", "collect"}
PRODUCTS = {"convolve", "weight_gradient", "collect_product"}
NORMS = {"sum", "settle"}
UNITS: dict[str, tuple[str, set[str]]] = {
    "two norms": (
        "{kind: dense-bottleneck, order: pre, width: 4, inner: 6}", PLAIN | PRODUCTS | NORMS
    ),
    "norm last": ("[{conv: {width: 4, kernel: 3}}, norm, relu]", PLAIN | NORMS),
    "relu inside": (
        "[norm, relu, {conv: {width: 5, bias: true}}, relu, {conv: {width: 4, kernel: 3}}]",
        PLAIN | NORMS,
    ),
    "no norm": ("[relu, {conv: {width: 4, kernel: 3}}]", PLAIN),
    "one channel": ("[norm, relu, {conv: {width: 1, kernel: 3}}]", PLAIN | NORMS),
    "dropout": (
        "{kind: dense-bottleneck, order: pre, width: 4, dropout: 0.4}", PLAIN | PRODUCTS | NORMS
    ),
    "1x1 alone": ("[norm, relu, {conv: {width: 4, kernel: 1}}]", PRODUCTS | NORMS),
    "1x1 without a norm": ("[relu, {conv: {width: 4, kernel: 1}}]", PRODUCTS),
    "1x1 without a relu": ("[norm, {conv: {width: 4, kernel: 1}}]", PRODUCTS | NORMS),
    "1x1 first": ("[{conv: {width: 4, kernel: 1}}, norm, relu]", PLAIN | PRODUCTS | NORMS),
    "1x1 last": (
        "[norm, relu, {conv: {width: 6, kernel: 3}}, norm, relu,"
        " {conv: {width: 4, kernel: 1, bias: true}}]",
        PLAIN | PRODUCTS | NORMS,
    ),
    "1x1 to one channel": (
        "[norm, relu, {conv: {width: 1, kernel: 1}}, norm, relu, {conv: {width: 4, kernel: 1}}]",
        PRODUCTS | NORMS,
    ),
}  # fmt: skip
"""Units, and the kernels that run them."""


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    ("unit", "connect"),
    [*((unit, "exponential") for unit in UNITS), ("two norms", "{rule: full, order: newest}")],
)
def test_whole_stages(unit: str, connect: str, frozen: bool, launched: list[str]) -> None:
    text = spec(UNITS[unit][0], connect).emit(memory_efficient=True, runtime="import")
    torch.manual_seed(0)
    made: Any = network_class(load_module(text))().train()
    randomise(made)
    for norm in [m for m in made.modules() if isinstance(m, nn.BatchNorm2d)][::2]:
        norm.train(not frozen)
    other, exact_one = plain(made), plain(made).double()
    x = batch().float().contiguous(memory_format=torch.channels_last)
    assert not obstacles(made, x)
    for each in (made, other, exact_one):
        torch.manual_seed(5)
        output = each(x.to(next(each.parameters()).dtype))
        output.square().sum().backward()
    assert set(launched) == UNITS[unit][1]
    if unit != "dropout":  # what is dropped depends on the dtype
        errors = [apart(gradients(each), gradients(exact_one)) for each in (made, other)]
        assert errors[0] < 2 * errors[1] + 2e-6
    assert apart(gradients(made), gradients(other)) < 1e-5
    if list(made.stages.buffers()):
        assert apart(statistics(made), statistics(other)) < 1e-6


def test_whole_stages_in_half_precision(launched: list[str]) -> None:
    text = spec().emit(memory_efficient=True, runtime="import")
    torch.manual_seed(0)
    made: Any = network_class(load_module(text))().train()
    randomise(made)
    exact_one = plain(made.half()).double()
    other = plain(made)
    x = batch().half().contiguous(memory_format=torch.channels_last)
    for each in (made, other, exact_one):
        each(x.to(next(each.parameters()).dtype)).double().square().sum().backward()
    assert launched
    errors = [apart(gradients(each), gradients(exact_one)) for each in (made, other)]
    assert errors[0] < 1.5 * errors[1]


def test_kernels_compile_for_accelerators(tmp_path: Path) -> None:
    """To machine code of two generations, which reads several numbers at a time.

    Tensor cores multiply in it, and its tiles fit in the memory that programs share.
    """
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    paths = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    ran = subprocess.run(
        [sys.executable, "tests/runtime/compile_stage_kernels.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**environment, "PYTHONPATH": paths, "TRITON_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(rows) == 2 * (4 * 8 + 3 * 4)
    assert all(row["bytes"] > 1000 for row in rows)
    assert all(row["single_reads"] == 0 for row in rows)
    for row in rows:
        assert row["shared"] <= 99 * 1024  # of the smallest accelerators with capability 8
        cores = row["kernel"] in PRODUCTS and row["precision"] != "ieee"
        assert row["multiplies"] == (("mma.sync", "wgmma")[row["target"] == 90] if cores else "")
