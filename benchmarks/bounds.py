"""Time and memory of every command on the largest specs that its limits accept.

    python benchmarks/bounds.py [--only WORD]

Each row is a process of its own: processor time and peak memory as the system counts them, and wall
time, which is longer where other programs keep the machine busy. Exits 1 if a row takes more than
20 seconds of processor time or 500 MB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from archdsl.lowering.limits import Limits

SECONDS, MEGABYTES = 20.0, 500
LIMITS = Limits()
HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]\n"
BASIC = "{kind: basic, width: 8, order: pre}"
LONG = "8 + 0 * (" + " + ".join(f"layer // {n}" for n in range(3, 20)) + ")"
Row = tuple[str, str, list[str]]


def spec(connect: str, aggregate: str, layers: int | str, unit: str = BASIC, **more: str) -> str:
    """A spec of one stage, or of `count` stages."""
    keys = {"count": "1", "layers": str(layers), "unit": unit, "connect": connect}
    keys |= {"aggregate": aggregate} | {k: v for k, v in more.items() if k in {"count", "exit"}}
    stage = "".join(f"  {key}: {value}\n" for key, value in keys.items() if value)
    top = "".join(f"{k}: {v}\n" for k, v in more.items() if k not in {"count", "exit"})
    start = "archdsl: 1\nname: worst\ninput: [3, 32, 32]\nstem: [{conv: {width: 8}}]\n"
    return f"{start}{top}stages:\n{stage}{HEAD}"


def long_unit(width: str, convs: int = 21) -> str:
    return f"[{', '.join([f'norm, relu, {{conv: {{width: {width}}}}}'] * convs)}, norm]"


def explicit(layers: int, links: int) -> str:
    """Every layer reads the one before it and some at random."""
    random, rows = Random(1), list[list[int]]()
    for layer in range(1, layers + 1):
        more = random.sample(range(layer - 1), min(layer - 1, links // layers))
        rows.append([layer - 1, *more])
    return f"{{rule: explicit, reads: {rows}}}"


def specs() -> dict[str, str]:
    """The largest accepted spec of each kind, by what it has much of."""
    layers, links, primitives = LIMITS.layers, LIMITS.links, LIMITS.primitives
    full = int((2 * links) ** 0.5) - 1
    offsets = f"{{rule: offsets, offsets: {[1, *range(3, 3 + 3 * (links // layers - 1), 3)]}}}"
    wide = [f"[norm, relu, {{conv: {{width: {8 + i % 13}}}}}]" for i in range(2_400)]
    return {
        "links at offsets": spec(offsets, "concat", layers),
        "links of a window": spec(f"{{rule: window, last: {links // layers}}}", "sum", layers),
        "layers, exponential": spec("exponential", "concat", layers),
        "layers in a row": spec("plain", "sum", layers),
        "links, all": spec("full", "concat", full),
        "links, all, long units": spec("full", "concat", full, long_unit("8")),
        "links, running": spec("full", "running", full, "{kind: basic, width: 8, order: post}"),
        "primitives, all alike": spec("exponential", "sum", primitives // 65, long_unit("8")),
        "primitives, all different": spec(
            "plain", "sum", primitives // 87, long_unit('"8 + layer % 9"')
        ),
        "arithmetic": spec("plain", "sum", primitives // 850, long_unit(f'"{LONG}"', 21)),
        "layers of two widths in turn": spec(
            "plain", "sum", layers, '[norm, relu, {conv: {width: "8 + layer % 9"}}]'
        ),
        "fractal": spec("{rule: fractal, columns: 15}", "mean", ""),
        "reads one by one": spec(explicit(3_900, 11_700), "concat", 3_900, exit="last"),
        "units one by one": spec("exponential", "concat", f"[{', '.join(wide)}]", ""),
        "stages": spec(
            "exponential", "concat", layers // 64, count="64",
            between="{kind: transition, width: 8, pool: none}",
        ),
        "lists": spec(
            "plain", "sum", 4,
            params=f"{{a: {[1] * 1_000}, b: [{', '.join(['sum(a)'] * 1_000)}]}}",
        ),
    }  # fmt: skip


def rows(folder: Path) -> Iterator[Row]:
    """Command, spec, arguments."""
    for name in specs():
        yield "check", name, ["check", name]
        yield "compile", name, ["compile", name, "-o", "out.py", "--force"]
    for name in ("links at offsets", "layers, exponential", "links, all, long units"):
        yield "compile --fuse", name, ["compile", name, "--fuse", "-o", "out.py", "--force"]
        for option in ("--expand", "--ir", "--plan", "--json"):
            yield f"show {option}", name, ["show", name, option]
        yield "draw", name, ["draw", name, "-o", "out.svg", "--force"]
    for view in ("paper", "overview", "arc", "focus", "matrix"):
        name = "links at offsets"
        yield f"draw --view {view}", name, ["draw", name, "--view", view, "-o", "o.svg", "--force"]
    half, many = LIMITS.layers // 2, LIMITS.layers // 64
    offsets = "{rule: offsets, offsets: [1, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42]}"
    part = spec(offsets, "concat", "depth", params=f"{{depth: {half}, growth: 1}}")
    (folder / "half").write_text(part)
    yield "diff", "half the limits each", ["diff", "half", "--to", f"depth={half - 1}"]
    depths = ",".join(str(many - place) for place in range(64))
    yield "compare", "64 networks", ["compare", "half", "--vary", f"depth={depths}"]
    wide = spec(offsets, "concat", LIMITS.layers // 5, params="{growth: 8}").replace(
        "width: 8, order", "width: growth, order"
    )
    (folder / "wide").write_text(wide)
    yield "solve", "a fifth of the limits", ["solve", "wide", "--over", "growth",
                                             "--parameters", "300M"]  # fmt: skip
    yield "reconcile", "a fifth of the limits", ["reconcile", "wide", "--parameters", "1M"]
    suite = "".join(
        f"  - {{label: row {place}, spec: half, settings: {{depth: {half - place}}}, "
        "parameters: 1M}\n"
        for place in range(4)
    )
    (folder / "suite").write_text(f"name: worst\ntitle: worst\nsource: here\nrows:\n{suite}")
    yield "reproduce", "four halves of the limits", ["reproduce", "suite"]
    yield "scaling", "links, all", ["scaling", "links, all", "--depths", "16:131072"]
    yield "scaling", "arithmetic", ["scaling", "arithmetic", "--depths", "16:1024"]


def measured(arguments: list[str], folder: Path) -> tuple[float, float, float, int]:
    """Processor seconds, wall seconds, peak megabytes (children of the child too), exit code."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'archdsl', *sys.argv[1:]],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode)\n"
    )
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    seconds, megabytes, exit_code = ran.stdout.split()
    return float(seconds), time.monotonic() - began, float(megabytes), int(exit_code)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="Rows whose command or spec has this word.")
    only = parser.parse_args().only
    over = 0
    print(f"| command | spec | processor | wall | memory |\n|---|---|{'--:|' * 3}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, text in specs().items():
            (folder / name).write_text(text, encoding="utf-8")
        for command, name, arguments in rows(folder):
            if only not in f"{command} {name}":
                continue
            seconds, wall, megabytes, code = measured(arguments, folder)
            over += seconds > SECONDS or megabytes > MEGABYTES
            exit_code = f" (exit {code})" if code not in {0, 1} else ""
            print(
                f"| `{command}` | {name}{exit_code} | {seconds:.1f} s | {wall:.1f} s "
                f"| {megabytes:.0f} MB |",
                flush=True,
            )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
