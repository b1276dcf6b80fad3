"""How fast two emitted files with `fuse` are against each other, in turns in one process.

    python benchmarks/turns.py before.py after.py [--batches 1,4,16] [--rounds 21] [--side 224]
        [--threads 2]

Both networks get the same weights and statistics. Rounds and the probe are those of `inference.py`.
The table has medians, and median and quartiles of the ratios within a round.
"""

from __future__ import annotations

import argparse
import runpy
from collections.abc import Sequence
from functools import partial
from statistics import median, quantiles
from typing import Any

import torch
from inference import fusing, relative
from peers import randomise
from rounds import interleaved, note, probe, timed


def network(path: str) -> Any:
    """The network of an emitted file, in eval mode and in channels-last order."""
    names = runpy.run_path(path)
    torch.manual_seed(0)
    made = names[names["__all__"][0]]().eval()
    randomise(made)
    return made.to(memory_format=torch.channels_last)


def row(networks: Sequence[Any], batch: int, side: int, rounds: int) -> str:
    x = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    fast = [made.fuse() for made in networks]
    before, after = (run(x) for run in fast)
    error = relative(after, before.double())
    runs = {
        ("", name): partial(timed, partial(run, x), "cpu")
        for name, run in zip("ab", fast, strict=True)
    }
    for run in runs.values():
        run()
    seconds, discarded = interleaved(runs, rounds, partial(probe, "cpu"))
    note(f"batch {batch}: {discarded} rounds discarded")
    pairs = list(zip(*seconds.values(), strict=True))
    ratios = [after / before for before, after in pairs]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    times = [f"{median(column) * 1e3:.1f} ms" for column in zip(*pairs, strict=True)]
    return (
        f"| {batch} | {' | '.join(times)} | {middle:.3f} | {low:.3f} to {high:.3f} | {error:.0e} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--batches", default="1,4,16")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--side", type=int, default=224, help="of the images, in pixels")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    networks = [network(path) for path in (given.before, given.after)]
    with torch.inference_mode(False), torch.no_grad():
        for path, made in zip((given.before, given.after), networks, strict=True):
            note(f"{path}: fuse() takes {fusing(made, 'cpu'):.0f} ms")
        print("| batch | before | after | after / before | quartiles | difference |")
        print("|--:|--:|--:|--:|--:|--:|")
        for batch in map(int, given.batches.split(",")):
            print(row(networks, batch, given.side, given.rounds), flush=True)


if __name__ == "__main__":
    main()
