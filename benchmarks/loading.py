"""Whether images in memory are ready sooner than a small network needs them.

    python benchmarks/loading.py [--batch 64] [--threads 2] [--rounds 15] [--device cuda] [--json]

Each row is a number of images per second, at the size of those of CIFAR:

- `read`: the bytes of a shuffled batch, from 50,000 images on the device.
- `normalised`: the same, and normalised.
- `mirrored and shifted`: the same, and changed at random as the recipes for CIFAR do it.
- `densenet-bc-40-12`: forward and backward pass of the smallest network of specs/ for CIFAR that is
  common in papers, on a batch that is ready.

`share` is the time of a row over that of the network: the part of a step that goes into it, if
nothing overlaps. Rows take turns, as in `inference.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial

import torch
from rounds import interleaved, note, probe, summary, timed, versions
from torch import Tensor
from trained import NETWORKS, placed

from archdsl.apps.train.source.augment.mirror import mirror
from archdsl.apps.train.source.augment.shift import shift
from archdsl.apps.train.source.data.memory import InMemory

COUNT, NETWORK = 50_000, "densenet-bc-40-12"
REPEATS = 20  # batches per measurement, of which one is too short to be timed


def images(device: torch.device) -> InMemory:
    """As many random images as CIFAR has."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (COUNT, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return InMemory(pixels, torch.arange(COUNT) % 100, device)


def order(batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches with three random numbers per image."""
    for indices in torch.randperm(COUNT)[: REPEATS * batch].split(batch):
        yield indices, torch.rand(3, batch)


def loading(data: InMemory, batch: int) -> dict[str, Callable[[], None]]:
    """What is done to a batch before the network reads it, one step more in each."""
    mean, std = (
        torch.tensor(x, device=data.images.device).view(-1, 1, 1) for x in data.statistics()
    )

    def run(*, normalise: bool, change: bool) -> None:
        for pixels, _, draws in data.load(order(batch), 0):
            x = pixels.sub(mean).div(std) if normalise else pixels
            if change:
                shift(mirror(x, draws[:1]), draws[1:], 4)

    return {
        "read": partial(run, normalise=False, change=False),
        "normalised": partial(run, normalise=True, change=False),
        "mirrored and shifted": partial(run, normalise=True, change=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    trained = NETWORKS[NETWORK]
    step = placed(trained.build(), trained.images(options.batch).to(device))
    step.labels %= 10
    runs = loading(images(device), options.batch)
    timings = {
        (NETWORK, name): partial(timed, run, options.device)
        for name, run in {**runs, NETWORK: step}.items()
    }
    seconds, discarded = interleaved(timings, options.rounds, partial(probe, options.device))
    milliseconds = {
        name: summary(times)[0] / (REPEATS if name in runs else 1)
        for (_, name), times in seconds.items()
    }
    note(f"{versions(options.device)}; {options.threads} threads; {discarded} rounds discarded")
    rows = [
        {
            "row": name,
            "images_per_second": round(1e3 * options.batch / time),
            "ms_per_batch": round(time, 3),
            "share": round(time / milliseconds[NETWORK], 4),
        }
        for name, time in milliseconds.items()
    ]
    if options.json:
        print(json.dumps(rows))
        return
    print("| | images per second | ms per batch | share |\n|---|--:|--:|--:|")
    for row in rows:
        print("| {row} | {images_per_second:,} | {ms_per_batch} | {share:.2%} |".format(**row))


if __name__ == "__main__":
    main()
