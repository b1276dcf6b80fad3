"""The kernels against plain torch and float64: in Triton's interpreter, and compiled for GPUs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.api import check, load
from archdsl.backends.pytorch.runtime.fuse.launch import (
    FusedTable,
    fused_gather,
    fused_gemm,
    fused_rows,
    fused_tile,
)
from cli.commands import ROOT, SPECS
from runtime.fused import STATISTICS, assert_close, built, errors, fused, interpreted, ordinary

pytest.importorskip("triton", reason="Triton is not installed")

ERRORS = {torch.float32: 2e-6, torch.float16: 1e-3, torch.bfloat16: 8e-3}
SIZES = [
    ([32, 32, 32], (2, 4, 4)),
    ([48, 24, 24], (1, 3, 5)),
    ([12], (3, 1, 1)),
    ([1], (1, 1, 1)),
    ([7, 1, 130], (1, 9, 9)),
    ([64, 32, 32, 32], (1, 8, 10)),
]
Case = dict[str, Any]


def planar(widths: list[int], n: int, h: int, w: int, dtype: torch.dtype) -> list[Tensor]:
    """Maps in one memory, each dense and in channels-last order; between them nothing is a number.

    The last one comes first in the memory: distances may be negative.
    """
    rows = n * h * w
    memory = torch.full((rows * (sum(widths) + 16 * len(widths)),), torch.nan, dtype=dtype)
    found, start = [], 0
    for width in reversed(widths):
        numbers = memory[start : start + rows * width]
        numbers.copy_(torch.randn(rows * width))
        found.append(numbers.view(n, h, w, width).permute(0, 3, 1, 2))
        start += rows * (width + 16)
    return found[::-1]


def unwritten(n: int, channels: int, h: int, w: int, dtype: torch.dtype) -> Tensor:
    return torch.full((n, h, w, channels), torch.nan, dtype=dtype).permute(0, 3, 1, 2)


def case(widths: list[int], size: tuple[int, int, int], dtype: torch.dtype) -> tuple[Case, Tensor]:
    """What kernels are given, and all channels side by side."""
    n, h, w = size
    parts = planar(widths, n, h, w, dtype)
    channels = sum(widths)
    given = {
        "x": parts[0], "table": FusedTable(parts, 64), "scale": torch.randn(channels),
        "shift": torch.randn(channels),
    }  # fmt: skip
    return given, torch.cat([fused_rows(part) for part in parts], dim=1)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize(("widths", "size"), SIZES)
def test_gathers(
    widths: list[int], size: tuple[int, int, int], dtype: torch.dtype, relu: bool
) -> None:
    given, x = case(widths, size, dtype)
    n, h, w = size
    wanted = (x.float() * given["scale"] + given["shift"]).to(dtype)
    for triton in (False, True):
        out = unwritten(n, sum(widths), h, w, dtype)
        assert fused_gather(out=out, relu=relu, triton=triton, **given) is out
        found, expected = fused_rows(out), wanted.relu() if relu else wanted
        if triton and dtype == torch.bfloat16:  # which the interpreter cuts instead of rounding
            assert torch.allclose(found, expected, rtol=2**-7, atol=0)
        else:
            assert torch.equal(found, expected)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("width", [24, 130])
@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize(("widths", "size"), SIZES)
def test_products(
    widths: list[int], size: tuple[int, int, int], dtype: torch.dtype, width: int, relu: bool
) -> None:
    given, x = case(widths, size, dtype)
    n, h, w = size
    weight = torch.randn(sum(widths), width).to(dtype)
    after: Case = {"out_scale": torch.randn(width), "out_shift": torch.randn(width)}
    read = (x.float() * given["scale"] + given["shift"]).relu().to(dtype)
    wanted = read.double() @ weight.double() * after["out_scale"] + after["out_shift"]
    wanted = wanted.relu() if relu else wanted
    for triton in (False, True):
        out = unwritten(n, width, h, w, dtype)
        fused_gemm(
            out=out, weight=weight, relu=relu, triton=triton, precision="ieee", **after, **given
        )
        error = (fused_rows(out).double() - wanted).norm() / wanted.norm().clamp(min=1e-3)
        assert error <= ERRORS[dtype]


@pytest.mark.parametrize("triton", [False, True])
def test_results_may_be_written_where_they_were_read(triton: bool) -> None:
    (x,) = planar([40], 2, 3, 3, torch.float32)
    wanted = (2 * x - 1).relu()
    fused_gather(
        x, x, table=FusedTable([x], 128), scale=torch.full((40,), 2.0),
        shift=torch.full((40,), -1.0), relu=True, triton=triton,
    )  # fmt: skip
    assert torch.equal(x, wanted)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # numpy's, when interpreted
@pytest.mark.parametrize("triton", [False, True])
def test_what_is_no_number_stays_so(triton: bool) -> None:
    """As in a norm, a ReLU and a 1x1 convolution: also where a scale of zero meets infinity."""
    given, x = case([16], (1, 1, 4), torch.float32)
    fused_rows(given["x"])[:4] = torch.tensor([torch.nan, torch.inf, -torch.inf, 1.0])[:, None]
    given["scale"][:8] = 0
    x = fused_rows(given["x"])
    wanted = (x * given["scale"] + given["shift"]).relu()
    out = unwritten(1, 16, 1, 4, torch.float32)
    fused_gather(out=out, relu=True, triton=triton, **given)
    assert torch.equal(fused_rows(out).isnan(), wanted.isnan())
    assert torch.equal(fused_rows(out).nan_to_num(), wanted.nan_to_num())
    product = unwritten(1, 16, 1, 4, torch.float32)
    fused_gemm(
        out=product, weight=torch.eye(16), out_scale=torch.ones(16), out_shift=torch.zeros(16),
        relu=True, triton=triton, precision="ieee", **given,
    )  # fmt: skip
    assert torch.equal(fused_rows(product).isnan(), (wanted @ torch.eye(16)).isnan())


@pytest.mark.parametrize("triton", [False, True])
def test_distances_are_not_cut_to_32_bits(triton: bool) -> None:
    """Two maps two thousand million numbers apart; what lies between is never touched."""
    far = 2**31 + 64
    memory = torch.empty(far + 64, dtype=torch.float16)
    first, second = (memory[at : at + 64].view(1, 1, 4, 16).permute(0, 3, 1, 2) for at in (0, far))
    first.fill_(1)
    second.fill_(2)
    out = unwritten(1, 32, 1, 4, torch.float16)
    fused_gather(
        first, out, table=FusedTable([first, second], 16), scale=torch.ones(32),
        shift=torch.zeros(32), relu=False, triton=triton,
    )  # fmt: skip
    assert fused_rows(out).tolist() == 4 * [16 * [1.0] + 16 * [2.0]]


@pytest.mark.parametrize("widths", [[1], [12, 3], [32, 64], [33], [200, 7]])
@pytest.mark.parametrize("most", [16, 64, 128])
def test_tables_have_every_channel_once(widths: list[int], most: int) -> None:
    table = FusedTable(planar(widths, 1, 2, 2, torch.float32), most)
    assert 16 <= table.block <= most
    assert table.block & (table.block - 1) == 0
    taken = [first + i for _, _, first, count in table.pieces for i in range(count)]
    assert taken == list(range(sum(widths)))
    assert all(0 < count <= table.block for _, _, _, count in table.pieces)
    assert table.full == all(width % table.block == 0 for width in widths)
    assert all(number % table.even == 0 for piece in table.pieces for number in piece[:3])
    assert table.even == 16 or not all(width % 16 == 0 for width in widths)


@pytest.mark.parametrize("rows", [1, 49, 196, 784, 3136, 200_704, 10**7])
@pytest.mark.parametrize("width", [1, 16, 24, 128, 200, 512])
def test_tiles(rows: int, width: int) -> None:
    """Of powers of two that tensor cores take, and no smaller than it takes to keep all busy."""
    high, wide = fused_tile(rows, width)
    assert high in (32, 64, 128)
    assert wide in (16, 32, 64, 128)
    programs = -(-rows // high) * -(-width // wide)
    assert programs >= 132 or high == 32
    if rows * width >= 132 * 128 * 128:
        assert high == 128


@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "densenet-cifar"])
def test_whole_networks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statistic, by the kernels; and they are what is run."""
    network = built(check(load(SPECS / f"{name}.yaml", {"depth": 10})))
    x = torch.randn(1, 3, 8, 8)
    for statistics in STATISTICS.values():
        statistics(network)
        assert_close(network, interpreted(network, monkeypatch), x)


def test_whole_networks_in_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    network = built(check(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 10})))
    ordinary(network)
    network, x = network.half(), torch.randn(2, 3, 8, 8).half()
    twins = errors(network, fused(network, "cuda"), x)[0]
    found, plain = errors(network, interpreted(network, monkeypatch), x)
    assert found <= 1.3 * plain
    assert twins == pytest.approx(found, rel=0.2)


def test_kernels_compile_for_accelerators(tmp_path: Path) -> None:
    """To machine code of two generations; tensor cores multiply, whatever the kind of numbers."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    ran = subprocess.run(
        [sys.executable, "tests/runtime/compile_kernels.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**environment, "PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    made = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(made) == 12
    assert all(row["bytes"] > 1000 for row in made)
    for row in made:
        assert row["single_reads"] == 0
        if row["kernel"] == "gemm":
            assert row["multiplies"] == ("wgmma" if row["target"] == 90 else "mma.sync")
