"""How fast networks run: the fused path against the plain one and against others'.

    python benchmarks/inference.py [--networks densenet-121,sparsenet-121] [--batches 1,4]
        [--threads 1,2] [--variants fused,eager,...] [--rounds 15] [--json]
        [--device cuda] [--dtype bfloat16]

All variants have the same weights, random statistics of norms, and the same input; the output of
each is compared with the float64 network's. Those of all networks at a batch take turns in one run,
another one first in every round, beside a probe: a matrix product of fixed size. Rounds whose probe
ran more than 15% over the best are discarded and made up for. `convolutions` is the floor: every
convolution of the network on inputs that are ready, and nothing else. On a CPU each variant is a
process of its own, see `workers.py`. A peer that is not installed, or that fails, is left out with
a note on stderr; with `--json` stdout has the rows alone.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from peers import NETWORKS, Case, Run, built, images, moved, variants
from rounds import Key, Seconds, interleaved, note, probe, quiet, summary, timed, versions
from torch import Tensor
from workers import PROBE, Left, Worker


@dataclass(frozen=True)
class Row:
    """One variant.

    `ratio` is its median over that of `fused`, if that was measured; `error` is relative to
    float64, and none for the floor, which makes no output.
    """

    network: str
    batch: int
    threads: int
    variant: str
    ms: float
    iqr: float
    ratio: float | None
    error: float | None


def exact_output(network: Any, x: Tensor) -> Tensor:
    """The network's output in float64."""
    output: Tensor = copy.deepcopy(network).cpu().double()(x.cpu().double())
    return output


def wanted(name: str, device: str, only: str | None) -> list[str]:
    """The variants of a network that are asked for."""
    return [v for v in variants(name, device) if only is None or v in only.split(",")]


def on_cpu(names: Sequence[str], options: argparse.Namespace) -> Iterator[Row]:
    """Every variant of every network and batch, for each number of threads."""
    with TemporaryDirectory() as folder:
        for threads in map(int, options.threads.split(",")):
            listed = dict.fromkeys(
                v for name in names for v in wanted(name, "cpu", options.variants)
            )
            workers = {v: Worker(v, threads, Path(folder)) for v in [PROBE, *listed]}
            try:
                for batch in map(int, options.batches.split(",")):
                    yield from in_turns(names, batch, threads, workers, options)
            finally:
                for worker in workers.values():
                    worker.end()


def in_turns(
    names: Sequence[str], batch: int, threads: int, workers: dict[str, Worker],
    options: argparse.Namespace,
) -> Iterator[Row]:  # fmt: skip
    """Every variant of every network at a batch, in the processes of the variants."""
    runs: dict[Key, Seconds] = {}
    errors: dict[Key, float | None] = {}
    for name in names:
        exact = exact_output(built(name), images(batch))
        for variant in wanted(name, "cpu", options.variants):
            try:
                path = workers[variant].make(name, batch)
            except Left as why:
                note(f"{name} {variant} at batch {batch}: left out ({why})")
                continue
            runs[name, variant] = partial(workers[variant].seconds, name, batch)
            errors[name, variant] = relative(torch.load(path), exact) if path else None
    workers[PROBE].make(PROBE, 1)
    yield from rows(runs, errors, batch, threads, options, lambda: workers[PROBE].seconds(PROBE, 1))


def on_device(names: Sequence[str], batch: int, options: argparse.Namespace) -> Iterator[Row]:
    """Every variant of every network at a batch, in this process."""
    dtype = getattr(torch, options.dtype)
    runs: dict[Key, Seconds] = {}
    errors: dict[Key, float | None] = {}
    with TemporaryDirectory() as folder:
        for name in names:
            network = built(name, options.device, dtype)
            x = images(batch).to(options.device, dtype)
            exact = exact_output(network, x)
            note(f"{name}: fuse() takes {fusing(network, options.device):.0f} ms")
            for variant, run, output in ready(Case(name, network, x, Path(folder)), options):
                runs[name, variant] = partial(timed, run, options.device)
                errors[name, variant] = (
                    relative(output, exact) if isinstance(output, Tensor) else None
                )
        measured = [*rows(runs, errors, batch, 0, options, partial(probe, options.device))]
        roof(measured, x)
    yield from measured


def rows(
    runs: dict[Key, Seconds], errors: dict[Key, float | None], batch: int, threads: int,
    options: argparse.Namespace, probed: Seconds,
) -> Iterator[Row]:  # fmt: skip
    """Run everything in turns, and yield a row for each variant."""
    seconds, discarded = interleaved(runs, options.rounds, probed)
    kept = len(next(iter(seconds.values()), ()))
    with_threads = f", {threads} threads" if threads else ""
    note(f"batch {batch}{with_threads}: {kept} rounds, {discarded} discarded")
    fused = {key[0]: median(times) for key, times in seconds.items() if key[1] == "fused"}
    for key, times in seconds.items():
        ratio = median(times) / fused[key[0]] if key[0] in fused else None
        yield Row(key[0], batch, threads, key[1], *summary(times), ratio, errors[key])


def fusing(network: Any, device: str) -> float:
    """Milliseconds of `fuse()`, the median of five."""
    return median(timed(network.fuse, device) for _ in range(5)) * 1e3


def ready(case: Case, options: argparse.Namespace) -> Iterator[tuple[str, Run, object]]:
    """Variants that can be run in this process, each with what it makes of the input."""
    for variant in wanted(case.name, options.device, options.variants):
        try:
            with quiet():
                run = variants(case.name, options.device)[variant](case)
            output = run()
            run()
        except Exception as error:  # whatever a peer does
            lines = str(error).strip().splitlines()
            why = lines[0][:100] if lines else ""
            note(f"{case.name} {variant}: left out ({type(error).__name__}: {why})")
            continue
        yield variant, run, output


def relative(made: Tensor, exact: Tensor) -> float:
    return float((made.cpu().double() - exact).norm() / exact.norm())


def roof(measured: Sequence[Row], x: Tensor) -> None:
    """Note what fraction of the memory's speed the fused paths reach."""
    block = torch.empty(2**28, dtype=torch.uint8, device=x.device)
    speed = 2 * block.numel() / min(timed(lambda: block.clone(), "cuda") for _ in range(20))
    for row in measured:
        if row.variant == "fused":
            needed = moved(built(row.network, "cuda", x.dtype), x)
            fraction = needed / speed / (row.ms / 1e3)
            note(
                f"{row.network} at batch {row.batch}: {needed / 1e6:.0f} MB at "
                f"{speed / 1e12:.2f} TB/s, {fraction:.2f} of the memory roof"
            )


def table(measured: Sequence[Row]) -> str:
    """Markdown: milliseconds, and how much longer than the fused path each variant takes."""
    lines = ["| network | batch | threads | variant | median | spread | / fused | error |",
             "|---|--:|--:|---|--:|--:|--:|--:|"]  # fmt: skip
    for row in measured:
        ratio = f"{row.ratio:.2f}" if row.ratio else ""
        error = "" if row.error is None else f"{row.error:.1e}"
        lines.append(
            f"| {row.network} | {row.batch} | {row.threads or ''} | {row.variant} "
            f"| {row.ms:.1f} ms | {row.iqr:.1f} ms | {ratio} | {error} |"
        )
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default="densenet-121,sparsenet-121")
    parser.add_argument("--batches", default="1,4")
    parser.add_argument("--variants", help="only these")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", default="2", help="on a CPU; several in one run: 1,2")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16", "float16"], default="float32")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.networks.split(",") if name not in NETWORKS]
    if unknown:
        parser.error(f"networks: {', '.join(NETWORKS)}; not {unknown[0]}")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no accelerator")
    return options


def main() -> None:
    options = arguments()
    torch.backends.cudnn.benchmark = True
    names, measured = options.networks.split(","), list[Row]()
    with torch.inference_mode(False), torch.no_grad():
        if options.device == "cpu":
            measured += on_cpu(names, options)
        else:
            for batch in map(int, options.batches.split(",")):
                measured += on_device(names, batch, options)
    if options.json:
        print(json.dumps([asdict(row) for row in measured], indent=2))
    else:
        print(table(measured))
        print(f"\n{versions(options.device)}")


if __name__ == "__main__":
    main()
