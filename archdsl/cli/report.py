"""`archdsl report`: what trainings came to, as a table or as a page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from archdsl.apps.runs.forms import FORMS
from archdsl.apps.runs.grouping import Group, grouped
from archdsl.apps.runs.reading import read_all
from archdsl.cli import files, inputs, options, render
from archdsl.cli.progress import working
from archdsl.errors import Diagnostic, Exit
from archdsl.extras import require
from archdsl.lowering.limits import Limits

Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN...", help="Folders that `archdsl train` filled.", show_default=False
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE.html", help="Write a page with curves."),
]


@options.limited(*options.BUILT)
def report(
    runs: Folders,
    output: Output = None,
    as_json: options.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Compare trainings in one table or page."""
    kind = options.one_of({"json": as_json, "csv": as_csv})
    if output is not None:
        files.form(output, ["html"])
        files.allowed(output, force=force)
        require("jinja2", "matplotlib")
    with working("reading runs"):
        read, findings = read_all(runs, partial(inputs.load, extend=extend), limits)
    groups = grouped(read)
    if groups:
        text = FORMS[kind](groups)
        print("\n".join(render.visible(line, 10_000) for line in text.split("\n")), end="")
        if output is not None:
            page(groups, findings, output, limits, force=force, quiet=kind != "text")
    render.report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def page(
    groups: Sequence[Group], findings: Sequence[Diagnostic], path: Path, limits: Limits,
    *, force: bool, quiet: bool,
) -> None:  # fmt: skip
    """Write runs as an HTML page.

    Args:
        groups: the runs.
        findings: what is wrong with their files.
        path: the file to write.
        limits: how large the networks may be.
        force: overwrite a file that archdsl did not generate.
        quiet: print nothing.

    Raises:
        ArchdslError: A411 or A412 as `files.write` does.
    """
    from archdsl.apps.report import html_of_runs

    with working(f"{path}: drawing"):
        content = html_of_runs(groups, findings, limits)
    (files.write if quiet else files.deliver)(path, content, force=force)
