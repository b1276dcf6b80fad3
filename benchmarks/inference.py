"""How fast networks run: the fused path against the plain one and against others'.

    python benchmarks/inference.py [--networks densenet-121,sparsenet-121] [--batches 1,4]
        [--variants fused,eager,...] [--rounds 15] [--threads 2] [--json]
        [--device cuda] [--dtype bfloat16]

All variants have the same weights, random statistics of norms, and the same input; the output of
each is compared with the float64 network's. Those of all networks at a batch take turns in one run,
another one first in every round, beside a probe: a matrix product of fixed size. Rounds whose probe
ran more than 15% over the best are discarded and made up for. `convolutions` is the floor: every
convolution of the network on inputs that are ready, and nothing else. A peer that is not installed,
or that fails, is left out with a note on stderr; with `--json` stdout has the rows alone.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import torch
from peers import NETWORKS, Run, moved, variants
from torch import Tensor, nn

import archdsl
from archdsl.version import __version__

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1.15
REST = 0.05  # seconds; threads of a variant before may still be spinning
MOST_ROUNDS = 5  # rounds that are tried for each one that is wanted


Key = tuple[str, str]
"""A network and a variant."""


@dataclass(frozen=True)
class Row:
    """One variant. `error` is relative to float64; none for the floor, which makes no output."""

    network: str
    batch: int
    variant: str
    median_ms: float
    iqr_ms: float
    error: float | None


def note(text: str) -> None:
    print(text, file=sys.stderr)


def randomise(network: nn.Module) -> None:
    """Statistics as training leaves them: zeros would run faster."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.5, generator=generator)


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
    runs: dict[Key, Run], rounds: int, device: str
) -> tuple[dict[Key, list[float]], int]:
    """Seconds of each variant in quiet rounds, and how many rounds were discarded."""
    names = list(runs)
    samples: list[tuple[float, dict[Key, float]]] = []
    quiet: list[dict[Key, float]] = []
    while len(quiet) < rounds and len(samples) < MOST_ROUNDS * rounds:
        turn = len(samples) % len(names)
        noise, sample = 0.0, {}
        for name in names[turn:] + names[:turn]:
            time.sleep(REST)
            noise += probe(device)
            sample[name] = timed(runs[name], device)
        samples.append((noise, sample))
        best = min(noise for noise, _ in samples)
        quiet = [sample for noise, sample in samples if noise <= TOLERANCE * best]
    seconds = {name: [sample[name] for sample in quiet] for name in names}
    return seconds, len(samples) - len(quiet)


def built(name: str, device: str, dtype: torch.dtype) -> Any:
    """A network of ours with `fuse`, in evaluation."""
    torch.manual_seed(0)
    spec = archdsl.load(ROOT / "specs" / f"{NETWORKS[name][0]}.yaml")
    network = archdsl.build(spec, fuse=True).eval()
    randomise(network)
    return network.to(device, dtype)


def measure(names: Sequence[str], batch: int, given: argparse.Namespace) -> list[Row]:
    """Every variant of every network at a batch, in turns."""
    dtype = getattr(torch, given.dtype)
    x = torch.randn(batch, 3, 224, 224).to(given.device, dtype)
    runs: dict[Key, Run] = {}
    errors: dict[Key, float | None] = {}
    for name in names:
        network = built(name, given.device, dtype)
        note(f"{name}: fuse() takes {fusing(network, given.device):.0f} ms")
        exact = copy.deepcopy(network).cpu().double()(x.cpu().double())
        for variant, run, made in ready(name, network, x, given.variants):
            runs[name, variant] = run
            errors[name, variant] = relative(made, exact) if isinstance(made, Tensor) else None
    seconds, discarded = interleaved(runs, given.rounds, given.device)
    kept = len(next(iter(seconds.values()), ()))
    note(f"batch {batch}: {kept} rounds, {discarded} discarded")
    rows = [row(key, batch, times, errors[key]) for key, times in seconds.items()]
    if given.device == "cuda":
        roof(rows, x)
    return rows


def fusing(network: Any, device: str) -> float:
    """Milliseconds of `fuse()`, the median of five."""
    return median(timed(network.fuse, device) for _ in range(5)) * 1e3


def ready(
    name: str, network: Any, x: Tensor, wanted: str | None
) -> Iterator[tuple[str, Run, object]]:
    """Variants that can be run, each with what it makes of the input."""
    for variant, make in variants(name, network, x):
        if wanted is not None and variant not in wanted.split(","):
            continue
        try:
            with quiet():
                run = make()
            made = run()
            run()
        except Exception as error:  # whatever a peer does
            said = str(error).strip().splitlines()
            why = said[0][:100] if said else ""
            note(f"{name} {variant}: left out ({type(error).__name__}: {why})")
            continue
        yield variant, run, made


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


def relative(made: Tensor, exact: Tensor) -> float:
    return float((made.cpu().double() - exact).norm() / exact.norm())


def roof(rows: Sequence[Row], x: Tensor) -> None:
    """Note what fraction of the memory's speed the fused paths reach."""
    block = torch.empty(2**28, dtype=torch.uint8, device=x.device)
    speed = 2 * block.numel() / min(timed(lambda: block.clone(), "cuda") for _ in range(20))
    for row in rows:
        if row.variant == "fused":
            needed = moved(built(row.network, "cuda", x.dtype), x)
            fraction = needed / speed / (row.median_ms / 1e3)
            note(
                f"{row.network} at batch {row.batch}: {needed / 1e6:.0f} MB at "
                f"{speed / 1e12:.2f} TB/s, {fraction:.2f} of the memory roof"
            )


def row(key: Key, batch: int, seconds: list[float], error: float | None) -> Row:
    low, middle, high = (
        quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else 3 * seconds
    )
    return Row(key[0], batch, key[1], middle * 1e3, (high - low) * 1e3, error)


def table(rows: Sequence[Row]) -> str:
    """Markdown: milliseconds, and how much longer than the fused path each variant takes."""
    lines = ["| network | batch | variant | median | spread | / fused | error |",
             "|---|--:|---|--:|--:|--:|--:|"]  # fmt: skip
    for row in rows:
        key = (row.network, row.batch, "fused")
        fused = [r.median_ms for r in rows if (r.network, r.batch, r.variant) == key]
        ratio = f"{row.median_ms / median(fused):.2f}" if fused else ""
        error = "" if row.error is None else f"{row.error:.1e}"
        lines.append(
            f"| {row.network} | {row.batch} | {row.variant} | {row.median_ms:.1f} ms "
            f"| {row.iqr_ms:.1f} ms | {ratio} | {error} |"
        )
    return "\n".join(lines)


def versions(device: str) -> str:
    """Of all that the times depend on."""
    found = [f"Python {platform.python_version()}", f"archdsl {__version__}"]
    for name in ("torch", "torchvision", "timm", "onnxruntime", "triton"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if device == "cuda":
        return ", ".join([*found, torch.cuda.get_device_name()])
    return ", ".join([*found, f"{torch.get_num_threads()} threads"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default="densenet-121,sparsenet-121")
    parser.add_argument("--batches", default="1,4")
    parser.add_argument("--variants", help="only these")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0, help="as torch chooses if not given")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16", "float16"], default="float32")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    unknown = [name for name in given.networks.split(",") if name not in NETWORKS]
    if unknown:
        parser.error(f"networks: {', '.join(NETWORKS)}; not {unknown[0]}")
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no accelerator")
    return given


def main() -> None:
    given = arguments()
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.backends.cudnn.benchmark = True
    rows: list[Row] = []
    with torch.inference_mode(False), torch.no_grad():
        for batch in map(int, given.batches.split(",")):
            rows += measure(given.networks.split(","), batch, given)
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(table(rows))
        print(f"\n{versions(given.device)}")


if __name__ == "__main__":
    main()
