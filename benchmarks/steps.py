"""How fast the steps of a fused network are on a CPU, each by itself: what the plan rests on.

    python benchmarks/steps.py [--batches 1,4,16] [--rounds 30]

Gathers of a layer's reads, bounded: from a prefix of one buffer, as a DenseNet's layers read; from
places of 32 channels within one buffer; and from maps of 32 channels that lie apart, as a
SparseNet's layers read. In numbers gathered per nanosecond.

1x1 convolutions to 128 channels, and 3x3 convolutions of 128 channels to 32: as oneDNN's
convolution, and as a product of matrices by BLAS and by oneDNN. In microseconds. Ways take turns;
the lower quartile of each is shown, which other work on the machine moves least.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import quantiles

import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.fuse.convolution import FusedConv
from archdsl.backends.pytorch.runtime.fuse.cpu import FusedGather
from archdsl.backends.pytorch.runtime.fuse.memory import FusedMemory
from archdsl.backends.pytorch.runtime.fuse.product import FusedProduct

WIDTH = 32
SIDES = (56, 28, 14, 7)
Ways = dict[str, Callable[[], object]]


def quartiles(ways: Ways, rounds: int) -> dict[str, float]:
    """The lower quartile of each."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for place in range(rounds + 2):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if place > 1:
                found[name].append(time.perf_counter() - start)
    return {name: quantiles(times, n=4)[0] for name, times in found.items()}


def maps(batch: int, channels: int, side: int) -> Tensor:
    return torch.randn(batch, side, side, channels).permute(0, 3, 1, 2)


def gathers(batch: int, side: int, reads: int) -> Ways:
    """Three ways to read as many channels."""
    channels = WIDTH * reads
    low, made = torch.randn(channels), maps(batch, channels, side)
    buffer = maps(batch, 2 * channels, side)
    places = [buffer[:, 2 * WIDTH * i : WIDTH * (2 * i + 1)] for i in range(reads)]
    apart = [maps(batch, WIDTH, side) for _ in range(reads)]
    one = FusedGather(torch.maximum, (low,), [channels], made)
    many = FusedGather(torch.maximum, (low,), [WIDTH] * reads, made)
    return {
        "prefix": lambda: one(buffer[:, :channels]),
        "places": lambda: many(*places),
        "apart": lambda: many(*apart),
    }


def pointwise(batch: int, side: int, channels: int) -> Ways:
    """Three ways of a 1x1 convolution."""
    return convolutions(nn.Conv2d(channels, 128, 1, bias=False), maps(batch, channels, side))


def windows(batch: int, side: int, channels: int) -> Ways:
    """Three ways of a 3x3 convolution."""
    layer = nn.Conv2d(channels, 32, 3, padding=1, bias=False)
    return convolutions(layer, maps(batch, channels, side))


def convolutions(layer: nn.Conv2d, x: Tensor) -> Ways:
    """As a convolution, and as a product of matrices, by what multiplies small and large ones."""
    conv, shape, memory = FusedConv(layer, None, None), tuple(x.shape), FusedMemory(x)
    steps = {"convolution": conv.step(shape)}
    for name, most in (("BLAS", 1 << 62), ("oneDNN", 0)):
        steps[name] = type(name, (FusedProduct,), {"WORK": most})(conv, shape, memory)
    return {name: partial(step, x) for name, step in steps.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batches", default="1,4,16")
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    batches = [int(batch) for batch in given.batches.split(",")]
    with torch.inference_mode():
        print("| batch | map | reads | prefix | places | apart |\n|--:|--:|--:|--:|--:|--:|")
        for batch in batches:
            for side, reads in zip(SIDES, (3, 4, 5, 5), strict=True):
                numbers = batch * side * side * reads * WIDTH
                found = quartiles(gathers(batch, side, reads), given.rounds)
                cells = [f"{numbers / time / 1e9:.2f}" for time in found.values()]
                print(row(batch, side, reads, *cells))
        for ways, widths in ((pointwise, (96, 160, 160, 160)), (windows, (128, 128, 128, 128))):
            head = "| batch | map | rows | channels | convolution | BLAS | oneDNN |"
            print(f"\n{head}\n|--:|--:|--:|--:|--:|--:|--:|")
            for batch in batches:
                for side, channels in zip(SIDES, widths, strict=True):
                    found = quartiles(ways(batch, side, channels), given.rounds)
                    cells = [f"{time * 1e6:.0f}" for time in found.values()]
                    print(row(batch, side, batch * side * side, channels, *cells))


def row(batch: int, side: int, *cells: object) -> str:
    shown: Sequence[object] = (batch, f"{side} x {side}", *cells)
    return f"| {' | '.join(map(str, shown))} |"


if __name__ == "__main__":
    main()
