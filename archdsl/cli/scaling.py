"""`archdsl scaling`: how what a stage costs grows with its depth, beside the paper's Table 1."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.scaling.growth import Growth
from archdsl.apps.scaling.measured import Scaling, fitted, measure
from archdsl.apps.scaling.scaling import Counts
from archdsl.apps.scaling.table1 import QUANTITIES, Quantity
from archdsl.cli import files, options
from archdsl.cli.progress import Progress
from archdsl.cli.render import report, visible
from archdsl.cli.tables import WIDTH
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

DEEPEST = 2**17
FORMS = ("svg", "png", "pdf")

WIDTHS = (18, 18, 15, 13, 12)
HEADS = ("", "parameters", "links", "shortest path", "aggregated")


@options.limited("links", "primitives")
def scaling(
    specs: options.SpecPaths,
    depths: Annotated[
        str,
        typer.Option(
            metavar="FIRST:LAST", help="Range of depths: all powers of two from FIRST to LAST."
        ),
    ] = "16:16384",
    sets: options.Sets = None,
    as_json: options.Json = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Write a plot as svg, png or pdf.")
    ] = None,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Count how costs grow with depth, and fit growth classes."""
    known = powers(depths)
    if plot is not None:
        check_plot(plot, force)
    found: list[Scaling] = []
    findings: list[Diagnostic] = []
    for path in specs:
        try:
            with Progress() as progress:
                found.append(one(path, sets, known, progress, limits))
        except ArchdslError as error:
            findings += error.diagnostics
            continue
        if not as_json:
            head = "" if len(found) > 1 else heading(known) + "\n"
            print(f"{head}\n{block(found[-1])}", flush=True)
    if as_json:
        print(json.dumps([scaling.as_dict() for scaling in found], indent=2))
    if plot is not None and found:
        from archdsl.apps.scaling.plot import draw

        files.write(plot, draw(found, plot.suffix[1:]), force=force)
        print(f"wrote  {visible(str(plot), 4_096)}", file=sys.stderr if as_json else sys.stdout)
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def one(
    path: Path, sets: list[str] | None, depths: Sequence[int], progress: Progress, limits: Limits
) -> Scaling:
    """Measure one spec."""
    spec = api.load(path, options.settings(sets))

    def told(row: Counts) -> None:
        progress.show(f"{spec.name}: N = {row.depth:,}")

    return measure(spec, depths, told, limits)


def powers(text: str) -> list[int]:
    """The powers of two of `FIRST:LAST`. Raises ArchdslError (A414)."""
    first, _, last = text.partition(":")
    low, high = (int(end) if end.isdecimal() and len(end) < 10 else 0 for end in (first, last))
    found = [2**power for power in range(DEEPEST.bit_length()) if low <= 2**power <= high]
    if not 0 < low <= high <= DEEPEST or not found:
        raise fail(
            "A414",
            f"`{text[:40]}` is not a range of depths with a power of two, 1 to {DEEPEST:,}",
            help="write --depths 16:16384",
        )
    return found


def heading(depths: Sequence[int]) -> str:
    """What varies, and the heads of the columns."""
    said = ", ".join(f"{depth:,}" for depth in depths[:2])
    said += f", ..., {depths[-1]:,}" if len(depths) > 2 else ""
    intro = (
        f"One stage of N layers, all else as its spec says; N = {said}. Growth is fitted to the "
        f"{fitted(depths)} deepest, with the largest relative residual."
    )
    return f"{fill(intro, WIDTH)}\n\n{line(*HEADS)}"


def block(found: Scaling) -> str:
    """A spec: what was fitted, what the paper says, and the counts at the deepest."""
    paper = f"; in the paper {found.claim.name}" if found.claim else ""
    rows = [
        line("  growth", *(grown(found.growths[quantity]) for quantity in QUANTITIES)),
        line("  the paper", *(claimed(found, quantity) for quantity in QUANTITIES)),
        line(
            f"  at N = {found.counts[-1].depth:,}",
            *(counted(getattr(found.counts[-1], quantity)) for quantity in QUANTITIES),
        ),
    ]
    title = fill(f"{found.name}: {found.topology}{paper}", WIDTH, subsequent_indent="  ")
    return "\n".join([title, *(rows if found.claim else rows[::2]), *notes(found)])


def notes(found: Scaling) -> list[str]:
    """What the numbers of a block do not say themselves."""
    said = []
    if found.depth_is == "rows":
        said.append("  N is the depth of the block in rows; it has 2 N - 1 layers.")
    known = found.values("shortest_gradient_path")
    if len(known) < len(found.counts):
        said.append(f"  The shortest path is counted to N = {max(known, default=0):,}.")
    return said


def grown(growth: Growth | None) -> str:
    """`N log N 0.12%`."""
    if growth is None:
        return "-"
    if growth.residual < 1e-9:
        return f"{growth.name}  exact"
    rounded = f"{growth.residual:.2%}"
    return f"{growth.name} {'<0.01%' if rounded == '0.00%' else rounded}"


def claimed(found: Scaling, quantity: Quantity) -> str:
    """A claim; features that layer l aggregates are those of the deepest layer, l = N."""
    said = found.claim.classes.get(quantity) if found.claim else None
    return f"O({said})" if said else "-"


def counted(count: int | None) -> str:
    """A count, or that there is none."""
    return "not counted" if count is None else f"{count:,}"


def line(label: str, *cells: str) -> str:
    """Cells under their heads."""
    placed = (cell.rjust(width) for cell, width in zip(cells, WIDTHS[1:], strict=True))
    return " ".join([label.ljust(WIDTHS[0]), *placed]).rstrip()


def check_plot(path: Path, force: bool) -> None:
    """Refuse, before anything is counted, a plot that cannot be made or would overwrite a file.

    Raises: ArchdslError (A411, A412, A414, A422).
    """
    files.form(path, FORMS, "--plot")
    files.allowed(path, force=force)
    require("matplotlib")
