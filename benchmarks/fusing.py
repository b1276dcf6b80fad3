"""What `fuse()` costs on a CPU: its time, memory besides the network's, and work around each call.

    python benchmarks/fusing.py [--networks densenet-121,sparsenet-121] [--batches 1,4]

`weights` are the snapshot's own, the network's in brackets. `recording` is what a snapshot keeps
for one shape of input besides them: weights in oneDNN's order, and room for intermediate results.
`first` is the first run on that shape, which records, and `call` a later one. `around` is the part
of a call that is not the recording: nn.Module's, the checks of the input, and the pool.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import torch
from peers import NETWORKS, built, images
from rounds import versions
from torch import Tensor, nn


class Nothing:
    """Stands for a recording without calls."""

    def run(self, x: Tensor) -> Tensor:
        return x


def microseconds(run: Callable[[], object], repeats: int) -> float:
    """The median time."""

    def once() -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return median(once() for _ in range(repeats)) * 1e6


def tensors(root: Any, kind: str) -> Iterator[Tensor]:
    """Tensors that an object holds, through containers and objects of the module `kind`."""
    waiting, seen = [root], set[int]()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Tensor):
            yield item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, partial):
            waiting += [item.args, item.keywords]
        elif isinstance(item, nn.Module) or type(item).__module__ == kind:
            waiting.append(vars(item))


def megabytes(root: Any) -> float:
    """The memory of the tensors that a network or a snapshot holds, each once."""
    held = {
        # Weights in oneDNN's order have no storage that torch knows.
        (id(x) if x.is_mkldnn else x.untyped_storage().data_ptr()): (
            x.numel() * 4 if x.is_mkldnn else x.untyped_storage().nbytes()
        )
        for x in tensors(root, type(root).__module__)
    }
    return sum(held.values()) / 1e6


def rows(name: str, batches: list[int]) -> Iterator[str]:
    """A row of the table for each batch."""
    network = built(name).to(memory_format=torch.channels_last)
    fusing = microseconds(network.fuse, 9) / 1e3
    for batch in batches:
        fast, x = network.fuse(), images(batch).contiguous(memory_format=torch.channels_last)
        weights = megabytes(fast)
        first = microseconds(partial(fast, x), 1) / 1e3
        recording = megabytes(fast) - weights
        call = microseconds(partial(fast, x), 15) / 1e3
        fast.pool.idle = [(key, Nothing()) for key, _ in fast.pool.idle]
        around = microseconds(partial(fast, x), 2001)
        yield (
            f"| {name} | {batch} | {fusing:.0f} ms | {weights:.1f} ({megabytes(network):.1f}) MB "
            f"| {recording:.1f} MB | {first:.1f} ms | {call:.1f} ms | {around:.1f} us |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default="densenet-121,sparsenet-121,resnet-50")
    parser.add_argument("--batches", default="1,4")
    options = parser.parse_args()
    names = options.networks.split(",")
    if unknown := [name for name in names if name not in NETWORKS]:
        parser.error(f"networks: {', '.join(NETWORKS)}; not {unknown[0]}")
    print("| network | batch | fuse() | weights | recording | first | call | around |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    with torch.no_grad():
        for name in names:
            for row in rows(name, [int(batch) for batch in options.batches.split(",")]):
                print(row, flush=True)
    print(f"\n{torch.get_num_threads()} threads; {versions('cpu')}")


if __name__ == "__main__":
    main()
