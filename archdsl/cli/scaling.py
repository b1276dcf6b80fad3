"""`archdsl scaling`: how the costs of a stage grow with its depth, next to the paper's Table 1."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from archdsl.apps.scaling.growth import Growth
from archdsl.apps.scaling.measured import Scaling, fitted, measure
from archdsl.apps.scaling.scaling import Counts
from archdsl.apps.scaling.table1 import QUANTITIES, Quantity
from archdsl.cli import files, inputs, options, terminal
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
    extend: options.Extend = (),
) -> int:
    """Count how costs grow with depth, and fit growth classes."""
    layers = powers(depths)
    if plot is not None:
        check_plot(plot, force)
    measured: list[Scaling] = []
    findings: list[Diagnostic] = []
    for path in specs:
        try:
            with Progress() as progress:
                measured.append(one(path, sets, layers, progress, limits, extend))
        except ArchdslError as error:
            findings += error.diagnostics
            continue
        if not as_json:
            head = "" if len(measured) > 1 else heading(layers) + "\n"
            print(f"{head}\n{block(measured[-1])}", flush=True)
    if as_json:
        print(json.dumps([scaling.as_dict() for scaling in measured], indent=2))
    if plot is not None and measured:
        from archdsl.apps.scaling.plot import draw

        files.write(plot, draw(measured, plot.suffix[1:]), force=force)
        terminal.say(f"wrote  {visible(str(plot), 4_096)}", sys.stderr if as_json else sys.stdout)
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def one(
    path: Path, sets: list[str] | None, depths: Sequence[int], progress: Progress, limits: Limits,
    extend: options.Extend = (),
) -> Scaling:  # fmt: skip
    """Count the costs of one spec at each depth.

    Args:
        path: the spec file.
        sets: the arguments of `--set`, or None.
        depths: numbers of layers.
        progress: shows the depth that is being counted.
        limits: how large the networks may be.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: if the spec is invalid or too large, or its depth cannot vary (A503).
    """
    spec = inputs.load(path, options.settings(sets), extend=extend)

    def show(row: Counts) -> None:
        progress.show(f"{spec.name}: N = {row.depth:,}")

    return measure(spec, depths, show, limits)


def powers(text: str) -> list[int]:
    """Return the powers of two in a range `FIRST:LAST`. Raise A414 if there are none.

    >>> powers("16:100")
    [16, 32, 64]
    """
    first, _, last = text.partition(":")
    low, high = (int(end) if end.isdecimal() and len(end) < 10 else 0 for end in (first, last))
    depths = [2**power for power in range(DEEPEST.bit_length()) if low <= 2**power <= high]
    if not 0 < low <= high <= DEEPEST or not depths:
        raise fail(
            "A414",
            f"`{text[:40]}` is not a range of depths with a power of two, 1 to {DEEPEST:,}",
            help="write --depths 16:16384",
        )
    return depths


def heading(depths: Sequence[int]) -> str:
    """Return what varies and what is fitted, and the heads of the columns."""
    values = ", ".join(f"{depth:,}" for depth in depths[:2])
    values += f", ..., {depths[-1]:,}" if len(depths) > 2 else ""
    intro = (
        f"One stage of N layers, all else as its spec says; N = {values}. Growth is fitted to the "
        f"{fitted(depths)} deepest, with the largest relative residual."
    )
    return f"{fill(intro, WIDTH)}\n\n{line(*HEADS)}"


def block(measured: Scaling) -> str:
    """Return the fitted growth of a spec, the paper's, and the counts at the largest depth."""
    paper = f"; in the paper {measured.claim.name}" if measured.claim else ""
    rows = [
        line("  growth", *(grown(measured.growths[quantity]) for quantity in QUANTITIES)),
        line("  the paper", *(claimed(measured, quantity) for quantity in QUANTITIES)),
        line(
            f"  at N = {measured.counts[-1].depth:,}",
            *(counted(getattr(measured.counts[-1], quantity)) for quantity in QUANTITIES),
        ),
    ]
    title = fill(f"{measured.name}: {measured.topology}{paper}", WIDTH, subsequent_indent="  ")
    return "\n".join([title, *(rows if measured.claim else rows[::2]), *notes(measured)])


def notes(measured: Scaling) -> list[str]:
    """Return remarks on the numbers of a block."""
    lines = []
    if measured.depth_is == "rows":
        lines.append("  N is the depth of the block in rows; it has 2 N - 1 layers.")
    shortest = measured.values("shortest_gradient_path")
    if len(shortest) < len(measured.counts):
        lines.append(f"  The shortest path is counted to N = {max(shortest, default=0):,}.")
    return lines


def grown(growth: Growth | None) -> str:
    """Return a growth class with its residual, such as `N log N 0.12%`; `-` if there is none."""
    if growth is None:
        return "-"
    if growth.residual < 1e-9:
        return f"{growth.name}  exact"
    rounded = f"{growth.residual:.2%}"
    return f"{growth.name} {'<0.01%' if rounded == '0.00%' else rounded}"


def claimed(measured: Scaling, quantity: Quantity) -> str:
    """Return the paper's growth class of a quantity, such as `O(N)`; `-` if it has none.

    The paper counts the features that layer l aggregates; here l = N, the deepest layer.

    Args:
        measured: the counts of a spec, and the row of Table 1 that it belongs to.
        quantity: a column of the table.
    """
    claim = measured.claim.classes.get(quantity) if measured.claim else None
    return f"O({claim})" if claim else "-"


def counted(count: int | None) -> str:
    """Return a count with separated thousands; `not counted` for None."""
    return "not counted" if count is None else f"{count:,}"


def line(label: str, *cells: str) -> str:
    """Return a line of the table, with the cells under their heads."""
    placed = (cell.rjust(width) for cell, width in zip(cells, WIDTHS[1:], strict=True))
    return " ".join([label.ljust(WIDTHS[0]), *placed]).rstrip()


def check_plot(path: Path, force: bool) -> None:
    """Raise, before anything is counted, the errors that writing the plot would raise.

    Args:
        path: the file to write.
        force: allow to overwrite a file that archdsl did not generate.

    Raises:
        ArchdslError: A411 or A412 if the file cannot be written, A414 for an unknown suffix, A422
            without matplotlib.
    """
    files.form(path, FORMS, "--plot")
    files.allowed(path, force=force)
    require("matplotlib")
