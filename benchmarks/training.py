"""How fast networks train and in how much memory: stages as operators against all that others do.

    python benchmarks/training.py [--networks densenet-121,densenet-bc-100-12,...] [--batch 64]
        [--variants "stage*,eager*,compile-budget-0.5"] [--rounds 9] [--threads 2] [--json]
        [--device cuda] [--tf32]
    python benchmarks/training.py --depths 100,200,400

A step is a forward and a backward pass on a fixed batch, without earlier gradients. All variants
have the same weights and the same batch. Each is measured in both layouts:

- `stage`: each stage as one operator, `archdsl compile --memory-efficient`.
- `separate-kernels`: the same, but on an accelerator and in channels-last order cuDNN computes 1x1
  convolutions, between the kernels that compute what they read. Elsewhere it equals `stage`.
- `eager`: the network without it.
- `memory-efficient`: torchvision's DenseNet with `memory_efficient=True`, and for networks that
  torchvision does not have the same checkpoints in the emitted network.
- `selective-checkpoint`: the results of convolutions are kept, and all else in a stage is computed
  again, by PyTorch's selective checkpoints.
- `convolutions`: the forward and backward pass of every convolution on inputs that are ready, and
  nothing else: the floor. It has no bytes and no error.
- `compile`: `torch.compile`.
- `compile-budget-0.1` to `compile-budget-0.9`: the same within a part of its memory, by the setting
  `activation_memory_budget`, which is not public.

`separate-kernels`, `convolutions`, `compile` and the budgets are left out unless `--variants` names
them. Compiling a network takes minutes.

Variants of a network take turns as in `inference.py`, beside the same probe. `saved_bytes` is what
the forward pass leaves for the backward pass, the batch included, and `peak_bytes` the most that
exists at one time, gradients included; weights are in neither. `gradient_error` is the norm of the
difference from the plain network's gradient in float64, over the norm of that. It is up to 1e-2
in all variants, also in `eager`, where single values near zero pass a ReLU in float32 and not in
float64: compare it with that of `eager` in the same layout.

The C library keeps memory that a step frees, as under `archdsl train`; with `--release` it gives it
back, as it does unless it is told otherwise.

A variant that fails is left out with a note on stderr; with `--json` stdout has the rows alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from functools import partial

import torch
from allocated import allocated
from compared import comparison
from depths import series
from rounds import interleaved, note, probe, quiet, summary, timed, versions
from torch import Tensor
from trained import NETWORKS, VARIANTS, Floor, Step, exact, ready

from archdsl.apps.train.folder import MEMORY

MAIN = "densenet-121,densenet-bc-100-12,sparsenet-bc-100-24,sparsenet-bc-1001-12"
USUAL = "stage*,eager*,memory-efficient*,selective-checkpoint*"


@dataclass(frozen=True)
class Row:
    """One variant; of `convolutions` no bytes are counted, and it has no error."""

    network: str
    batch: int
    variant: str
    step_ms: float
    iqr_ms: float
    saved_bytes: int
    peak_bytes: int
    gradient_error: float | None


def measure(name: str, given: argparse.Namespace) -> list[Row]:
    """Every variant of a network, in turns."""
    trained = NETWORKS[name]
    batch = given.batch or trained.batch
    start = time.perf_counter()
    wanted = exact(trained, batch)
    note(f"{name} at batch {batch}: the gradient in float64 takes {since(start)}")
    steps: dict[tuple[str, str], Step | Floor] = {}
    facts: dict[str, tuple[int, int, float | None]] = {}
    for variant, step in measurable(name, batch, given):
        facts[variant] = 0, 0, None
        if isinstance(step, Step):
            error = float((step.gradient() - wanted).norm() / wanted.norm())
            facts[variant] = *memory(step, given.device), error
        steps[name, variant] = step
    start = time.perf_counter()
    runs = {key: partial(timed, step, given.device) for key, step in steps.items()}
    seconds, discarded = interleaved(runs, given.rounds, partial(probe, given.device))
    kept = len(next(iter(seconds.values()), ()))
    note(f"{name}: {kept} rounds, {discarded} discarded, in {since(start)}")
    return [
        Row(name, batch, variant, *summary(times), *facts[variant])
        for (_, variant), times in seconds.items()
    ]


def measurable(
    name: str, batch: int, given: argparse.Namespace
) -> Iterator[tuple[str, Step | Floor]]:
    """Variants that were asked for and can be run."""
    for variant in asked(given.variants):
        start = time.perf_counter()
        try:
            with quiet():
                step = ready(NETWORKS[name], variant, batch, given.device)
        except Exception as error:  # whatever a peer does
            lines = str(error).strip().splitlines() or [""]
            note(f"{name} {variant}: left out ({type(error).__name__}: {lines[0][:100]})")
            continue
        note(f"{name} {variant}: ready in {since(start)}")
        yield variant, step


def asked(patterns: str) -> list[str]:
    """Names of variants that fit one of the patterns."""
    return [v for v in VARIANTS if any(fnmatch(v, pattern) for pattern in patterns.split(","))]


def memory(step: Step, device: str) -> tuple[int, int]:
    """Bytes that a step keeps, and its peak.

    The batch is kept for the first convolution, and is not allocated by it.
    """
    step.clear()

    def backward(result: Tensor) -> None:
        step.backward(result)
        step.clear()

    found = allocated(step.forward, backward, device)
    return found.kept + step.x.nbytes, found.peak + step.x.nbytes


def since(start: float) -> str:
    return f"{time.perf_counter() - start:.1f} s"


def table(rows: Sequence[Row]) -> str:
    """Markdown. `/ counted` is what is saved over what the analysis counts."""
    head = "| network | batch | variant | step | spread | saved | / counted | peak | error |"
    lines = [head, "|---|--:|---|--:|--:|--:|--:|--:|--:|"]
    for row in rows:
        lines.append(
            f"| {row.network} | {row.batch} | {row.variant} | {row.step_ms:.1f} ms "
            f"| {row.iqr_ms:.1f} ms | {megabytes(row.saved_bytes)} | {over_counted(row)} "
            f"| {megabytes(row.peak_bytes)} "
            f"| {'' if row.gradient_error is None else f'{row.gradient_error:.1e}'} |"
        )
    return "\n".join(lines)


def megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else ""


def over_counted(row: Row) -> str:
    """Saved bytes over what the analysis counts, where it counts the variant."""
    counted = NETWORKS[row.network].counted_of(row.variant)
    return f"{row.saved_bytes / (counted * row.batch):.3f}" if counted else ""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default=MAIN)
    parser.add_argument("--batch", type=int, default=0, help="by default each network has its own")
    parser.add_argument("--variants", default=USUAL, help="names, or patterns as those of files")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0, help="as torch chooses if not given")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--tf32", action="store_true", help="convolutions in TF32 on accelerators")
    parser.add_argument("--depths", help="only what is saved at these depths, as 100,200,400")
    parser.add_argument("--release", action="store_true", help="give freed memory back")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    unknown = [name for name in given.networks.split(",") if name not in NETWORKS]
    if unknown:
        parser.error(f"--networks: {', '.join(NETWORKS)}; not {unknown[0]}")
    unknown = [pattern for pattern in given.variants.split(",") if not asked(pattern)]
    if unknown:
        parser.error(f"--variants: {', '.join(VARIANTS)}; not {unknown[0]}")
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no accelerator")
    return given


def keep_freed() -> None:
    """Start the program again as `archdsl train` starts one; glibc reads settings only then."""
    if not os.environ.keys() >= MEMORY.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MEMORY})


def main() -> None:
    given = arguments()
    if not given.release:
        keep_freed()
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = given.tf32
    if given.depths:
        print(series([int(depth) for depth in given.depths.split(",")], given.json))
        return
    rows = [row for name in given.networks.split(",") for row in measure(name, given)]
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(f"{table(rows)}\n\n{comparison(rows)}\n\n{versions(given.device)}")


if __name__ == "__main__":
    main()
