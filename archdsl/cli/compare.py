"""`archdsl compare`: networks side by side, as a table or as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from archdsl import api
from archdsl.apps.compare.columns import COLUMNS, Column, chosen, filled
from archdsl.apps.compare.entries import Entry, entries, labels, vary
from archdsl.apps.compare.equal import EqualCost, first, solved
from archdsl.apps.compare.forms import FORMS, SUFFIXES
from archdsl.apps.compare.loading import load_all
from archdsl.apps.compare.model import Comparison
from archdsl.apps.compare.model import compare as compared
from archdsl.backends.pytorch.file import BANNER
from archdsl.cli import files, inputs, options
from archdsl.cli.progress import Progress, working
from archdsl.cli.render import report, visible
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

Varied = Annotated[
    list[str] | None,
    typer.Option("--vary", metavar="NAME=A,B", help="Compare one network for each value."),
]
Names = Annotated[
    str | None, typer.Option(metavar="NAME,...", help="Columns to compare; all if not given.")
]
Like = Annotated[
    Path | None, typer.Option(metavar="SPEC", help="Bring the others to the cost of this network.")
]
Over = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="The parameter to change for --like, or SPEC.NAME."),
]
Cost = Annotated[
    Literal["parameters", "macs", "activation-bytes"],
    typer.Option(help="The cost that --like makes equal."),
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures.")
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write a file; its suffix is the format."),
]


@options.limited()
def compare(
    specs: options.SpecPaths,
    sets: options.Sets = None,
    varied: Varied = None,
    columns: Names = None,
    like: Like = None,
    over: Over = None,
    by: Cost = "parameters",
    as_json: options.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX (booktabs).")] = False,
    html: Html = None,
    output: Output = None,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Compare networks in one table or page."""
    forms = {"json": as_json, "csv": as_csv, "markdown": as_markdown, "latex": as_latex}
    kind = options.one_of(forms)
    if output is not None and kind == "text":
        kind = SUFFIXES[files.form(output, list(SUFFIXES))]
    equal = equal_cost(like, over, by)
    if equal:
        specs = first(equal, specs)
    for path in filter(None, (html, output)):
        files.allowed(path, specs, force)
    if html is not None:
        files.form(html, ["html"], "--html")
        require("jinja2", "matplotlib")
    shown = COLUMNS if columns is None else chosen(columns)
    wanted = entries(specs, options.settings(sets), vary(varied or []))
    comparison, findings = read(wanted, limits, extend, equal)
    if comparison.rows:
        deliver(comparison, shown, kind, output, specs, force=force)
        if html is not None:
            page(comparison, html, specs, force=force)
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def equal_cost(like: Path | None, over: list[str] | None, by: str) -> EqualCost | None:
    """Return what `--like`, `--over` and `--by` ask for; None if they are not used.

    Args:
        like: the spec whose cost the others get.
        over: the parameters that may change.
        by: the quantity that is made equal.

    Raises:
        ArchdslError: A414 if `--like` or `--over` is missing.
    """
    if like is None and not over:
        return None
    if like is None or not over:
        raise fail("A414", "--like and --over go together", help="write --like a.yaml --over width")
    return EqualCost(like, over, by)


def read(
    wanted: Sequence[Entry],
    limits: Limits,
    extend: options.Extend = (),
    equal: EqualCost | None = None,
) -> tuple[Comparison, list[Diagnostic]]:
    """Check every network, and compare those without errors.

    Args:
        wanted: the spec files and their settings.
        limits: how large the networks may be.
        extend: custom rules, units, aggregations and layers.
        equal: the network whose cost the others get; None to compare them as they are.

    Returns:
        The comparison, and the errors of the networks that are left out of it.

    Raises:
        ArchdslError: A305 if all networks together are above the limits.
    """
    loaded, findings = load_all(wanted, inputs.load, extend)
    networks: list[tuple[Entry, api.Checked]] = []
    ratios: dict[int, float] = {}
    with Progress() as progress:
        costs: Mapping[int, float] = {}
        if equal:
            loaded, costs, unsolved = solved(loaded, equal, limits, progress.show)
            findings += unsolved
        api.refuse_together((spec for _, spec in loaded), limits)
        for index, (entry, spec) in enumerate(loaded):
            progress.show(f"{index + 1} of {len(loaded)}  {entry.path}")
            try:
                checked = api.check(spec, limits)
            except ArchdslError as error:
                findings += [finding for finding in error.diagnostics if finding not in findings]
                continue
            if index in costs:
                ratios[len(networks)] = costs[index]
            networks.append((entry, checked))
    names = labels([(checked.spec.name, entry) for entry, checked in networks])
    rows = zip(names, (checked for _, checked in networks), strict=True)
    return compared(rows, ratios), findings


def deliver(
    comparison: Comparison, columns: Sequence[Column], kind: str, output: Path | None,
    specs: Sequence[Path], *, force: bool,
) -> None:  # fmt: skip
    """Print the comparison, or write it to a file.

    Args:
        comparison: the networks.
        columns: what to show; tables omit columns without any value, JSON and CSV keep them.
        kind: a key of `FORMS`.
        output: the file; stdout if None.
        specs: files that must not be overwritten.
        force: overwrite a file that archdsl did not generate.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does.
    """
    exact = kind in {"json", "csv"}
    text = FORMS[kind](comparison, columns if exact else filled(comparison, columns))
    text = "\n".join(visible(line, 10_000) for line in text.split("\n"))
    if output is None:
        print(text, end="")
        return
    if kind == "text":
        text = f"{BANNER} compare\n{text}"
    files.deliver(output, text, spec=specs, force=force)


def page(comparison: Comparison, path: Path, specs: Sequence[Path], *, force: bool) -> None:
    """Write the comparison as an HTML page with pictures of the topologies.

    Args:
        comparison: the networks.
        path: the file to write.
        specs: files that must not be overwritten.
        force: overwrite a file that archdsl did not generate.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does.
    """
    from archdsl.apps.report import html

    with working(f"{path}: drawing"):
        content = html(comparison)
    files.deliver(path, content, spec=specs, force=force)
