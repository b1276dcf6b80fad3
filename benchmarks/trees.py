"""How much processor time two checkouts of archdsl need to compile the same specs, in turns.

    python benchmarks/trees.py BEFORE AFTER [--rounds 9]

BEFORE and AFTER are folders with a checkout; the specs are those of BEFORE. In each round every
checkout has one process, and the other one is first in every second round. A process compiles each
network once to warm up, and then `REPEATS` times (`load`, `check` and `emit`); the best of these
counts. The table has medians and quartiles, and the same of the ratios within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import quantiles

NETWORKS = {
    "SparseNet-BC, depth 1,001": (
        "sparsenet-bc-cifar",
        {"depth": 1_001, "growth": 12, "stem": 12},
    ),
    "SparseNet-BC, depth 10,001": (
        "sparsenet-bc-cifar",
        {"depth": 10_001, "growth": 12, "stem": 12},
    ),
    "DenseNet-121": ("densenet-imagenet", {}),
}
REPEATS = 7


def child(specs: Path) -> None:
    """Print the seconds of processor time of each network, as JSON."""
    from archdsl import api  # from the checkout in PYTHONPATH

    def compile_once(path: Path, settings: dict[str, object]) -> float:
        start = time.process_time()
        api.check(api.load(path, settings)).emit()
        return time.process_time() - start

    seconds = {}
    for name, (spec, settings) in NETWORKS.items():
        path = specs / f"{spec}.yaml"
        compile_once(path, settings)
        seconds[name] = min(compile_once(path, settings) for _ in range(REPEATS))
    print(json.dumps(seconds))


def measure(tree: Path, specs: Path) -> dict[str, float]:
    """Return the seconds of a process of one checkout, by network."""
    command = [sys.executable, __file__, "--child", str(specs)]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": ""}
    output = subprocess.run(
        command, env=environment, cwd=tree, check=True, capture_output=True, text=True
    ).stdout
    seconds: dict[str, float] = json.loads(output)
    return seconds


def table(trees: list[Path], rounds: int) -> None:
    """Print a row for each network."""
    taken: list[list[dict[str, float]]] = [[], []]
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            taken[which].append(measure(trees[which], trees[0] / "specs"))
    print("| network | before | quartiles | after | quartiles | after / before | quartiles |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in NETWORKS:
        before, after = ([round[name] for round in side] for side in taken)
        ratios = [new / old for old, new in zip(before, after, strict=True)]
        cells = [spread([1e3 * x for x in side], 1, " ms") for side in (before, after)]
        print(f"| {name} | {' | '.join([*cells, spread(ratios, 3, '')])} |")


def spread(numbers: list[float], digits: int, unit: str) -> str:
    """Return two cells: the median, and the quartiles."""
    low, middle, high = quantiles(numbers, n=4, method="inclusive")
    return f"{middle:.{digits}f}{unit} | {low:.{digits}f} to {high:.{digits}f}{unit}"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trees", nargs="*", type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
    elif len(arguments.trees) == 2:
        table([tree.resolve() for tree in arguments.trees], arguments.rounds)
    else:
        parser.error("two checkouts are needed")


if __name__ == "__main__":
    main()
