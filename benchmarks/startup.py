"""How long archdsl takes to start, and how the compiler's own time grows with depth.

    python benchmarks/startup.py [--rounds 15] [--json]

First whole processes: `archdsl --help`, and `archdsl show` and `archdsl compile` of a SparseNet-BC
of depth 1001, relative to an interpreter that only imports what `archdsl show` uses of its
dependencies. All commands take turns in one run, another one first in every round. Then, in this
process, `load`, `check` and `emit` of the same network at two depths, and the refusal of one that
is too large.

Beside each measurement a fixed piece of Python is timed, the probe. A round whose probes took more
than 15% longer than those of the best round shared its cores with something else: it is discarded,
counted, and made up for by another one. Processor time, which waiting for a core leaves alone, is
measured beside the clock. Only `sys.executable` is started, all that is written goes to a temporary
folder, and the system is a Unix.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from archdsl import api
from archdsl.errors import ArchdslError
from archdsl.version import __version__

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "specs" / "sparsenet-bc-cifar.yaml"
SETTINGS = {"growth": 12, "stem": 12}  # those of the depth-1001 row of Zhu et al. 2018, Table 3
DEPTHS = (1_001, 10_001)
REFUSED = 2_000_000_010
IMPORTS = "import typer, yaml; from pydantic import BaseModel, Field, create_model"
TOLERANCE = 1.15
MOST_ROUNDS = 6  # rounds that are tried for each one that is wanted

Seconds = tuple[float, float]  # by the clock, and of a processor
Sample = dict[str, Seconds]
Measured = Callable[[], Seconds]


@dataclass(frozen=True)
class Row:
    """One line of a table, in seconds. Ratios are those of medians, to the first row's."""

    name: str
    median: float
    low: float
    high: float
    ratio: float
    processor: float
    processor_ratio: float


@dataclass(frozen=True)
class Result:
    """What one interleaved run found. `probe` is the best round's, per measurement."""

    rows: tuple[Row, ...]
    kept: int
    discarded: int
    probe: float


def probe() -> float:
    """Seconds that a fixed piece of Python takes now."""
    start = time.perf_counter()
    total = 0
    for number in range(300_000):
        total += number * number % 7
    return time.perf_counter() - start


def interleaved(measured: Mapping[str, Measured], rounds: int) -> Result:
    """Measure everything by turns until enough rounds were quiet."""
    names = list(measured)
    samples: list[tuple[float, Sample]] = []
    quiet: list[Sample] = []
    while len(quiet) < rounds and len(samples) < MOST_ROUNDS * rounds:
        turn = len(samples) % len(names)
        noise, sample = 0.0, Sample()
        for name in names[turn:] + names[:turn]:
            noise += probe()
            sample[name] = measured[name]()
        samples.append((noise, sample))
        best = min(noise for noise, _ in samples)
        quiet = [sample for noise, sample in samples if noise <= TOLERANCE * best]
    rows: list[Row] = []
    for name in names:
        rows.append(_row(name, [sample[name] for sample in quiet], rows[0] if rows else None))
    return Result(tuple(rows), len(quiet), len(samples) - len(quiet), best / len(names))


def _row(name: str, seconds: Sequence[Seconds], base: Row | None) -> Row:
    clock, processor = zip(*seconds, strict=True)
    low, middle, high = quantiles(clock, n=4, method="inclusive") if len(clock) > 1 else 3 * clock
    worked = median(processor)
    ratios = (middle / base.median, worked / base.processor) if base else (1.0, 1.0)
    return Row(name, middle, low, high, ratios[0], worked, ratios[1])


def processes(folder: Path) -> dict[str, Measured]:
    """The commands by what they are called; all but the last two find their bytecode cached."""
    warm, cold = folder / "cached", folder / "not-cached"
    cached = environment(warm)
    sets = [f"--set={name}={value}" for name, value in {"depth": DEPTHS[0], **SETTINGS}.items()]
    show = ["-m", "archdsl", "show", str(SPEC), *sets]
    write = ["-m", "archdsl", "compile", str(SPEC), *sets, "-o", str(folder / "network.py")]
    usage = ["-m", "archdsl", "--help"]
    base = ["-c", IMPORTS]
    for command in (base, usage, show, write):
        run(command, cached)
    shutil.copytree(warm, cold)
    for own in [path for path in cold.rglob("archdsl") if path.is_dir()]:
        shutil.rmtree(own)
    uncached = {**environment(cold), "PYTHONDONTWRITEBYTECODE": "1"}
    return {
        "the imports of archdsl show": lambda: run(base, cached),
        "archdsl --help": lambda: run(usage, cached),
        "archdsl show": lambda: run(show, cached),
        "archdsl compile": lambda: run(write, cached),
        "archdsl show, own bytecode not cached": lambda: run(show, uncached),
        "archdsl compile, own bytecode not cached": lambda: run(write, uncached),
    }


def environment(cache: Path) -> dict[str, str]:
    """This one's, with this checkout first and bytecode kept in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cache)}


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Seconds:
    """What an interpreter takes from its start to its end. Raises SystemExit if it fails."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False
    )
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)}\n{ended.stderr}")
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compilations() -> dict[str, Measured]:
    """The compiler alone, at both depths."""

    def clock(depth: int) -> Measured:
        return lambda: timed(lambda: compile_text(depth))

    return {f"depth {depth:,}, {links(depth):,} links": clock(depth) for depth in DEPTHS}


def links(depth: int) -> int:
    return api.check(api.load(SPEC, {"depth": depth, **SETTINGS})).report.links


def compile_text(depth: int) -> str:
    """What `archdsl compile` does between reading its arguments and writing the file."""
    return api.check(api.load(SPEC, {"depth": depth, **SETTINGS})).emit()


def refusal() -> str:
    """The refusal of a network that is too large; its message says how large."""
    try:
        compile_text(REFUSED)
    except ArchdslError as error:
        return error.diagnostics[0].message
    raise AssertionError("it was compiled")


def timed(work: Callable[[], object]) -> Seconds:
    """What some work in this process takes."""
    start, before = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - before


def versions() -> dict[str, str]:
    """Of all that the times depend on."""
    names = ("pydantic", "pyyaml")
    return {
        "Python": platform.python_version(),
        "archdsl": __version__,
        **{name: version(name) for name in names},
    }


def table(title: str, result: Result) -> str:
    """A Markdown table, aligned, with what was kept and what was not."""
    cells = [("", "median", "quartiles", "ratio", "processor", "ratio")]
    cells += [
        (
            row.name,
            f"{row.median:.3f} s",
            f"{row.low:.3f} to {row.high:.3f}",
            f"{row.ratio:.2f}",
            f"{row.processor:.3f} s",
            f"{row.processor_ratio:.2f}",
        )
        for row in result.rows
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    lines = [
        "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |"
        for row in cells
    ]
    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    said = f"{result.kept} rounds kept, {result.discarded} discarded"
    said += f"; probe {1000 * result.probe:.0f} ms"
    return "\n".join([f"{title} ({said})", "", lines[0], rule, *lines[1:]])


def main() -> None:
    parser = argparse.ArgumentParser(description="Start-up and compile times of archdsl.")
    parser.add_argument("--rounds", type=int, default=15, help="quiet rounds wanted")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = interleaved(processes(Path(folder)), given.rounds)
    compiled = interleaved(compilations(), given.rounds)
    seconds = median(timed(refusal)[0] for _ in range(given.rounds))
    message = refusal()
    if given.json:
        found: dict[str, Any] = {"processes": asdict(started), "compiler": asdict(compiled)}
        found["refusal"] = {"seconds": seconds, "message": message}
        print(json.dumps({**found, "versions": versions()}, indent=2))
        return
    print(table("Whole processes", started), end="\n\n")
    print(table("load, check and emit in one process", compiled), end="\n\n")
    print(f"refused in {seconds:.3f} s: {message}")
    print(", ".join(f"{name} {number}" for name, number in versions().items()))


if __name__ == "__main__":
    main()
