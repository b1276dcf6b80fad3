"""How fast networks run on a CPU: the fused path against the plain one and against others'.

    python benchmarks/inference.py [--networks densenet-121,sparsenet-121] [--batches 1,4]
        [--variants fused,eager,...] [--rounds 15] [--threads 2] [--json]

All variants have the same weights, random statistics of norms, and the same input; the output of
each is compared with the float64 network's. They take turns in one run, another one first in every
round, beside a probe: a matrix product of fixed size. Rounds whose probe ran more than 15% over the
best are discarded and made up for. `convolutions` is the floor: every convolution of the network on
inputs that are ready, and nothing else. A peer that is not installed, or that fails, is left out
with a note on stderr; with `--json` stdout has the rows alone.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO, StringIO
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import torch
from torch import Tensor, nn

import archdsl
from archdsl.version import __version__

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = {
    "densenet-121": ("densenet-imagenet", "densenet121"),
    "sparsenet-121": ("sparsenet-imagenet", None),
    "resnet-50": ("resnet-imagenet", "resnet50"),
}
"""Ours, and the same network of torchvision and timm where they have it."""

TOLERANCE = 1.15
REST = 0.05  # seconds; threads of a variant before may still be spinning
MOST_ROUNDS = 5  # rounds that are tried for each one that is wanted
LEAVES = (nn.Conv2d, nn.BatchNorm2d, nn.Linear)
Run = Callable[[], object]


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


def leaves(network: nn.Module, x: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """Layers with weights in the order in which they run, each with its input."""
    found: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        module.register_forward_hook(lambda m, given, _: found.append((m, given[0])))
        for module in network.modules()
        if isinstance(module, LEAVES)
    ]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return found


def same_weights(other: nn.Module, network: nn.Module, x: Tensor) -> nn.Module:
    """Give another implementation our weights, layer by layer. Raises ValueError if it differs."""
    pairs = list(zip(leaves(other.eval(), x), leaves(network, x), strict=True))
    for (theirs, _), (ours, _) in pairs:
        theirs.load_state_dict(ours.state_dict(), strict=True)
    return other


def floor(network: nn.Module, x: Tensor) -> Run:
    """Every convolution on a ready channels_last input."""
    convs = [
        (module, given.contiguous(memory_format=torch.channels_last))
        for module, given in leaves(network, x)
        if isinstance(module, nn.Conv2d)
    ]
    return lambda: [module(given) for module, given in convs]


def variants(name: str, network: Any, x: Tensor) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Each variant, and what makes it ready."""
    last = copy.deepcopy(network).to(memory_format=torch.channels_last)
    dense = x.contiguous(memory_format=torch.channels_last)
    peer = NETWORKS[name][1]
    yield "fused", lambda: bound(last.fuse(), dense)
    yield "eager", lambda: bound(network, x)
    yield "eager-channels-last", lambda: bound(last, dense)
    yield "convolutions", lambda: floor(last, dense)
    yield "compile", lambda: compiled(last, dense, freezing=False)
    yield "compile-freezing", lambda: compiled(last, dense, freezing=True)
    yield "onnxruntime", lambda: onnx(network, x)
    if peer:
        yield "torchvision", lambda: bound(same_weights(torchvision(peer), network, x), x)
        yield (
            "torchvision-channels-last",
            lambda: bound(
                same_weights(torchvision(peer), network, x).to(memory_format=torch.channels_last),
                dense,
            ),
        )
        yield (
            "timm",
            lambda: bound(
                same_weights(timm(peer), network, x).to(memory_format=torch.channels_last), dense
            ),
        )


def bound(network: Any, x: Tensor) -> Run:
    return lambda: network(x)


def compiled(network: nn.Module, x: Tensor, *, freezing: bool) -> Run:
    import torch._inductor.config as config

    torch._dynamo.reset()
    config.freezing = freezing
    made = torch.compile(copy.deepcopy(network), dynamic=False)
    made(x)
    config.freezing = False
    return bound(made, x)


def onnx(network: nn.Module, x: Tensor) -> Run:
    import onnxruntime

    file = BytesIO()
    torch.onnx.export(copy.deepcopy(network), (x,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        file.getvalue(), options, providers=["CPUExecutionProvider"]
    )
    name, given = session.get_inputs()[0].name, x.numpy()
    return lambda: torch.from_numpy(session.run(None, {name: given})[0])


def torchvision(peer: str) -> nn.Module:
    if "torchvision" not in sys.modules:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):  # a build without them imports once they are declared
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        globals()["_declared"] = library
    import torchvision.models

    made: nn.Module = getattr(torchvision.models, peer)(weights=None)
    return made


def timm(peer: str) -> nn.Module:
    if "torchvision" not in sys.modules:
        torchvision("resnet18")
    import timm.models

    made: nn.Module = timm.create_model(peer, pretrained=False)
    return made


def probe() -> float:
    """Seconds of a matrix product of fixed size."""
    one = torch.ones(512, 512)
    start = time.perf_counter()
    for _ in range(3):
        one @ one
    return time.perf_counter() - start


def interleaved(runs: dict[str, Run], rounds: int) -> tuple[dict[str, list[float]], int]:
    """Seconds of each variant in quiet rounds, and how many rounds were discarded."""
    names = list(runs)
    samples: list[tuple[float, dict[str, float]]] = []
    quiet: list[dict[str, float]] = []
    while len(quiet) < rounds and len(samples) < MOST_ROUNDS * rounds:
        turn = len(samples) % len(names)
        noise, sample = 0.0, {}
        for name in names[turn:] + names[:turn]:
            time.sleep(REST)
            noise += probe()
            start = time.perf_counter()
            runs[name]()
            sample[name] = time.perf_counter() - start
        samples.append((noise, sample))
        best = min(noise for noise, _ in samples)
        quiet = [sample for noise, sample in samples if noise <= TOLERANCE * best]
    seconds = {name: [sample[name] for sample in quiet] for name in names}
    return seconds, len(samples) - len(quiet)


def measure(name: str, batch: int, wanted: Sequence[str] | None, rounds: int) -> list[Row]:
    """Every variant of a network at a batch."""
    torch.manual_seed(0)
    spec = archdsl.load(ROOT / "specs" / f"{NETWORKS[name][0]}.yaml")
    network = archdsl.build(spec, fuse=True).eval()
    randomise(network)
    x = torch.randn(batch, 3, 224, 224)
    exact = copy.deepcopy(network).double()(x.double())
    runs: dict[str, Run] = {}
    errors: dict[str, float | None] = {}
    for variant, make in variants(name, network, x):
        if wanted is not None and variant not in wanted:
            continue
        try:
            with redirect_stdout(StringIO()):  # an exporter prints graphs where it fails
                runs[variant] = make()
            made = runs[variant]()
            runs[variant]()
        except Exception as error:  # whatever a peer does
            said = str(error).strip().splitlines()
            why = said[0][:100] if said else ""
            note(f"{name} {variant}: left out ({type(error).__name__}: {why})")
            runs.pop(variant, None)
            continue
        errors[variant] = (
            float((made.double() - exact).norm() / exact.norm())
            if isinstance(made, Tensor)
            else None
        )
    seconds, discarded = interleaved(runs, rounds)
    kept = len(next(iter(seconds.values()), ()))
    note(f"{name} at batch {batch}: {kept} rounds, {discarded} discarded")
    return [row(name, batch, v, times, errors[v]) for v, times in seconds.items()]


def row(name: str, batch: int, variant: str, seconds: list[float], error: float | None) -> Row:
    low, middle, high = (
        quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else 3 * seconds
    )
    return Row(name, batch, variant, middle * 1e3, (high - low) * 1e3, error)


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


def versions() -> str:
    """Of all that the times depend on."""
    found = [f"Python {platform.python_version()}", f"archdsl {__version__}"]
    for name in ("torch", "torchvision", "timm", "onnxruntime"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join([*found, f"{torch.get_num_threads()} threads"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", default="densenet-121,sparsenet-121")
    parser.add_argument("--batches", default="1,4")
    parser.add_argument("--variants", help="only these")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0, help="as torch chooses if not given")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    wanted = given.variants.split(",") if given.variants else None
    unknown = [name for name in given.networks.split(",") if name not in NETWORKS]
    if unknown:
        parser.error(f"networks: {', '.join(NETWORKS)}; not {unknown[0]}")
    rows: list[Row] = []
    with torch.inference_mode(False), torch.no_grad():
        for name in given.networks.split(","):
            for batch in map(int, given.batches.split(",")):
                rows += measure(name, batch, wanted, given.rounds)
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(table(rows))
        print(f"\n{versions()}")


if __name__ == "__main__":
    main()
