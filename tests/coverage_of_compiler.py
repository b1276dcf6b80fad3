"""Measure which lines of the compiler its own specs reach: `make coverage`.

The measured run checks and compiles all shipped specs, and checks the good and bad specs of the
tests. It is a part of what the tests run: measuring all of them would take more than twice as long.
So these numbers are a lower bound of the tests' coverage, and a line that is not reached may still
be tested, such as one that only code of users reaches.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "language", "frontend", "ir", "lowering", "analysis", "passes", "codegen", "backends",
)  # fmt: skip
FLOOR = 91.0
"""Lowest percentage of all packages together; it may only be raised."""


def exercise() -> None:
    """Run the compiler on the specs; the tests check what it says of them."""
    from cli.commands import archdsl  # here, so that lines that run at import are measured

    archdsl("compile", "--check")
    for spec in sorted(ROOT.glob("specs/*.yaml")):
        archdsl("compile", spec, "--check", "--fuse", "-o", "absent.py")
        archdsl("compile", spec, "--check", "--memory-efficient", "-o", "absent.py")
        archdsl("compile", spec, "--check", "--backbone", "--output-stride", "8", "-o", "absent.py")
        archdsl("show", spec, "--per-layer", "--edges")
        archdsl("show", spec, "--ir", "--view", "simplified")
    for spec in sorted(ROOT.glob("tests/bad_specs/*.yaml")):
        archdsl("check", spec)
    for words in (["schema"], ["list"], ["check", "densenet-161"], ["check", "densnet-161"]):
        archdsl(*words)
    for file in sorted(ROOT.glob("compiled/*.py")):
        archdsl("show", file)


def measured() -> dict[str, tuple[int, int]]:
    """Return the lines of each package, and how many of them were reached."""
    coverage = Coverage(
        data_file=None,
        config_file=False,
        source=[str(ROOT / "archdsl" / package) for package in PACKAGES],
        omit=["*/backends/pytorch/runtime/*"],  # text for emitted files, which the tests run
    )
    if sys.version_info >= (3, 12):
        coverage.set_option("run:core", "sysmon")
    with coverage.collect():
        exercise()
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for file in coverage.get_data().measured_files():
        _, lines, _, missing, _ = coverage.analysis2(file)
        package = Path(file).relative_to(ROOT / "archdsl").parts[0]
        total, reached = counts[package]
        counts[package] = (total + len(lines), reached + len(lines) - len(missing))
    return counts


def main() -> int:
    """Print a line for each package; return 1 if all together are below `FLOOR`."""
    counts = measured()
    print("lines of the compiler that its specs reach (a lower bound of the tests' coverage)")
    for package in PACKAGES:
        total, reached = counts[package]
        print(f"  {package:<10} {reached:>6,} of {total:>6,}  {reached / total:6.1%}")
    total, reached = (sum(column) for column in zip(*counts.values(), strict=True))
    share = 100 * reached / total
    print(f"  {'all':<10} {reached:>6,} of {total:>6,}  {share:6.1f}%, at least {FLOOR}%")
    return 1 if share < FLOOR else 0


if __name__ == "__main__":
    sys.exit(main())
