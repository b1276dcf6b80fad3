"""How variants are timed: in turns, beside a probe, in rounds in which the machine was quiet."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from statistics import quantiles

import torch

from archdsl.version import __version__

Run = Callable[[], object]
TOLERANCE = 1.15
REST = 0.05  # seconds; threads of a variant before may still be spinning
MOST_ROUNDS = 5  # rounds that are tried for each one that is wanted


Key = tuple[str, str]
"""A network and a variant."""

Seconds = Callable[[], float]
"""Runs something once and returns how long it took."""


def note(text: str) -> None:
    print(text, file=sys.stderr)


def timed(run: Run, device: str) -> float:
    """Seconds of one run."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def probe(device: str) -> float:
    """Seconds of a matrix product of fixed size."""
    one = torch.ones(512, 512) if device == "cpu" else torch.ones(4096, 4096, device=device)
    return timed(lambda: [one @ one for _ in range(3)], device)


def interleaved(
    runs: Mapping[Key, Seconds], rounds: int, probed: Seconds
) -> tuple[dict[Key, list[float]], int]:
    """Seconds of each variant in quiet rounds, and how many rounds were discarded."""
    names = list(runs)
    samples: list[tuple[float, dict[Key, float]]] = []
    quiet: list[dict[Key, float]] = []
    while len(quiet) < rounds and len(samples) < MOST_ROUNDS * rounds:
        turn = len(samples) % max(1, len(names))
        noise, sample = 0.0, {}
        for name in names[turn:] + names[:turn]:
            time.sleep(REST)
            noise += probed()
            sample[name] = runs[name]()
        samples.append((noise, sample))
        best = min(noise for noise, _ in samples)
        quiet = [sample for noise, sample in samples if noise <= TOLERANCE * best]
    seconds = {name: [sample[name] for sample in quiet] for name in names}
    return seconds, len(samples) - len(quiet)


def summary(seconds: list[float]) -> tuple[float, float]:
    """The median and the distance between the quartiles, in milliseconds."""
    low, middle, high = (
        quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else 3 * seconds
    )
    return middle * 1e3, (high - low) * 1e3


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed, not by native code either: an exporter prints graphs as it fails."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def versions(device: str) -> str:
    """Of all that the times depend on."""
    listed = [f"Python {platform.python_version()}", f"archdsl {__version__}"]
    for name in (
        "torch", "torchvision", "timm", "onnxruntime", "openvino", "executorch", "ncnn", "triton",
    ):  # fmt: skip
        try:
            listed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if device == "cuda":
        return ", ".join([*listed, torch.cuda.get_device_name()])
    return ", ".join(listed)
