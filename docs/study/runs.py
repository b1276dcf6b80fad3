"""Train the networks of docs/study.md, each with three seeds, two at a time.

    python docs/study/runs.py RUNS [--data /usr/share/datasets/fashion-mnist]

A run that is finished is not repeated, and one that was interrupted goes on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = (0, 1, 2)
NETWORKS = {
    "densenet": ("concat.yaml", "connect=full", "growth=8"),
    "sparsenet": ("concat.yaml", "connect=exponential", "growth=10"),
    "resnet": ("sums.yaml", "connect=full", "aggregate=sum"),
    "sparsenet-sum": ("sums.yaml", "connect=exponential", "aggregate=sum"),
    "sparsenet-weighted": ("sums.yaml", "connect=exponential", "aggregate=weighted"),
    "sparsenet-attention": ("sums.yaml", "connect=exponential", "aggregate=attention"),
    "fractalnet": ("fractal.yaml", "width=22"),
}
"""Name of a network to its spec and settings: 124,000 to 136,000 parameters each."""


def run(folder: Path, data: Path, name: str, seed: int) -> int:
    """Train one network, on one core, and return the exit code."""
    spec, *settings = NETWORKS[name]
    command = [sys.executable, "-m", "archdsl", "train", str(HERE / spec)]
    command += ["--recipe", str(HERE / "recipe.yaml"), "--data", str(data), "--seed", str(seed)]
    command += [word for setting in settings for word in ("--set", setting)]
    log = folder / f"{name}-{seed}.log"
    with log.open("w") as file:
        done = subprocess.run(
            [*command, "-o", str(folder / f"{name}-{seed}")],
            env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=file, stderr=file, check=False,
        )  # fmt: skip
    print(f"{name}, seed {seed}: exit code {done.returncode}", flush=True)
    return done.returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    pairs = [(name, seed) for seed in SEEDS for name in NETWORKS]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda pair: run(given.runs, given.data, *pair), pairs))
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
