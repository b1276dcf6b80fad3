"""`archdsl reproduce`: published tables, row by row, beside what the specs count."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from archdsl.apps.reproduce import latex, markdown
from archdsl.apps.reproduce import page as pages
from archdsl.apps.reproduce.classes import run_claim
from archdsl.apps.reproduce.facts import facts
from archdsl.apps.reproduce.reproduce import run_row
from archdsl.apps.reproduce.suite import Suite, read_suite
from archdsl.apps.reproduce.tables import Outcome, text
from archdsl.backends.pytorch.file import BANNER
from archdsl.cli import files, options
from archdsl.cli.progress import Progress
from archdsl.cli.render import report, visible
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.lowering.limits import Allowance, Limits

SuitePaths = Annotated[
    list[Path], typer.Argument(metavar="SUITE...", help="Suite files.", show_default=False)
]
Found = list[tuple[Suite, list[Outcome]]]


@options.limited(*options.BUILT)
def reproduce(
    suites: SuitePaths,
    as_json: options.Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_latex: Annotated[
        bool, typer.Option("--latex", help="Print LaTeX tables (booktabs).")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Output file; stdout if not given.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if -o is stale.")
    ] = False,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Compare published tables with computed numbers."""
    kind = options.one_of({"json": as_json, "markdown": as_markdown, "latex": as_latex})
    if check and output is None:
        raise fail("A414", "--check compares a file", help="name it with -o")
    read, mistakes = read_all(suites)
    if mistakes:
        report(mistakes, form)
        return Exit.USAGE
    found, whole = run(read, limits)
    said = page(found, kind)
    if not whole:
        print(said, end="")
        print("interrupted; nothing was written" if output else "interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    stale = deliver(said, output, suites, check=check, force=force, banner=not as_json)
    problems = [problem for _, some in found for outcome in some for problem in outcome.problems]
    report(problems, form)
    return Exit.WRONG_SPEC if problems or stale else Exit.FINE


SHOWN: dict[str, Callable[[Suite, Sequence[Outcome]], str]] = {
    "text": text,
    "markdown": lambda suite, outcomes: markdown.markdown(pages.page(suite, outcomes)),
    "latex": lambda suite, outcomes: latex.latex(pages.page(suite, outcomes)),
}


def read_all(paths: Sequence[Path]) -> tuple[list[Suite], list[Diagnostic]]:
    """Every suite, and what is wrong with those that cannot be read."""
    read: list[Suite] = []
    mistakes: list[Diagnostic] = []
    for path in paths:
        try:
            read.append(read_suite(path))
        except ArchdslError as error:
            mistakes += error.diagnostics
    return read, mistakes


def run(suites: Sequence[Suite], limits: Limits) -> tuple[Found, bool]:
    """All outcomes, and whether these are all: an interrupt keeps what was done before it."""
    found: Found = [(suite, []) for suite in suites]
    count = sum(len(suite.words.rows) + len(suite.words.claims) for suite in suites)
    places = iter(range(1, count + 1))
    allowance = Allowance(limits, times=2)
    try:
        with Progress() as progress:
            for suite, outcomes in found:
                for index, row in enumerate(suite.words.rows):
                    progress.show(f"{next(places)} of {count}  {visible(row.label, 50)}")
                    outcomes.append(run_row(suite, index, allowance))
                for index, claim in enumerate(suite.words.claims):
                    progress.show(f"{next(places)} of {count}  {visible(claim.label, 50)}")
                    outcomes.append(run_claim(suite, index, allowance))
    except KeyboardInterrupt:
        return found, False
    return found, True


def page(found: Found, kind: str) -> str:
    """All outcomes in one of the forms."""
    if kind == "json":
        return json.dumps(facts(found), indent=2) + "\n"
    said = "\n".join(SHOWN[kind](suite, outcomes) for suite, outcomes in found)
    return "\n".join(visible(line, 10_000) for line in said.split("\n"))


def deliver(
    said: str,
    output: Path | None,
    suites: Sequence[Path],
    *,
    check: bool,
    force: bool,
    banner: bool,
) -> bool:
    """Print, write or compare; whether the file is stale."""
    if output is None:
        print(said, end="")
        return False
    if banner and not said.startswith((markdown.BANNER, latex.BANNER)):
        said = f"{BANNER} reproduce\n{said}"
    if check:
        return differs(output, said)
    files.deliver(output, said, spec=suites, force=force)
    return False


def differs(path: Path, said: str) -> bool:
    """Print how a file differs from what would be written now."""
    changed = files.stale(path, said, "reproduced")
    print(f"{'stale' if changed else 'up to date'}  {path}")
    return changed
