"""`archdsl compare`: networks side by side, as a table or as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.compare.columns import COLUMNS, Column, chosen, filled
from archdsl.apps.compare.entries import Entry, entries, labels, vary
from archdsl.apps.compare.forms import FORMS, SUFFIXES
from archdsl.apps.compare.model import Comparison
from archdsl.apps.compare.model import compare as compared
from archdsl.backends.pytorch.file import BANNER
from archdsl.cli import files, options
from archdsl.cli.progress import Progress
from archdsl.cli.render import report, visible
from archdsl.errors import ArchdslError, Diagnostic, Exit
from archdsl.extras import require
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits


@options.limited(*options.BUILT)
def compare(
    specs: options.SpecPaths,
    sets: options.Sets = None,
    varied: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=A,B", help="Compare one network for each value."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Columns to compare; all if not given."),
    ] = None,
    as_json: options.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX (booktabs).")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write a file; its suffix is the format."
        ),
    ] = None,
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
    for path in filter(None, (html, output)):
        files.allowed(path, specs, force)
    if html is not None:
        files.form(html, ["html"], "--html")
        require("jinja2", "matplotlib")
    shown = COLUMNS if columns is None else chosen(columns)
    wanted = entries(specs, options.settings(sets), vary(varied or []))
    comparison, findings = read(wanted, limits, extend)
    if comparison.rows:
        deliver(comparison, shown, kind, output, specs, force=force)
        if html is not None:
            page(comparison, html, specs, force=force)
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def read(
    wanted: Sequence[Entry], limits: Limits | None = None, extend: options.Extend = ()
) -> tuple[Comparison, list[Diagnostic]]:
    """Check every network, and compare those without errors.

    Args:
        wanted: the spec files and their settings.
        limits: how large the networks may be; the defaults if None.
        extend: custom rules, units, aggregations and layers.

    Returns:
        The comparison, and the errors of the networks that are left out of it.

    Raises:
        ArchdslError: A305 if all networks together are above the limits.
    """
    loaded: list[tuple[Entry, Spec]] = []
    networks: list[tuple[Entry, api.Checked]] = []
    findings: list[Diagnostic] = []
    with Progress() as progress:
        for entry in wanted:
            try:
                loaded.append((entry, api.load(entry.path, entry.settings, extend=extend)))
            except ArchdslError as error:
                findings += [finding for finding in error.diagnostics if finding not in findings]
        api.refuse_together((spec for _, spec in loaded), limits)
        for index, (entry, spec) in enumerate(loaded, start=1):
            progress.show(f"{index} of {len(loaded)}  {entry.path}")
            try:
                networks.append((entry, api.check(spec, limits)))
            except ArchdslError as error:
                findings += [finding for finding in error.diagnostics if finding not in findings]
    names = labels([(checked.spec.name, entry) for entry, checked in networks])
    return compared(zip(names, (checked for _, checked in networks), strict=True)), findings


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

    files.deliver(path, html(comparison), spec=specs, force=force)
