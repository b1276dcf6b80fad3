"""`archdsl reproduce`: compare published tables with the numbers computed from specs."""

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
    results, whole = run(read, limits)
    shown = page(results, kind)
    if not whole:
        print(shown, end="")
        print("interrupted; nothing was written" if output else "interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    stale = deliver(shown, output, suites, check=check, force=force, banner=not as_json)
    problems = [problem for _, some in results for outcome in some for problem in outcome.problems]
    report(problems, form)
    return Exit.WRONG_SPEC if problems or stale else Exit.FINE


SHOWN: dict[str, Callable[[Suite, Sequence[Outcome]], str]] = {
    "text": text,
    "markdown": lambda suite, outcomes: markdown.markdown(pages.page(suite, outcomes)),
    "latex": lambda suite, outcomes: latex.latex(pages.page(suite, outcomes)),
}


def read_all(paths: Sequence[Path]) -> tuple[list[Suite], list[Diagnostic]]:
    """Return the suites, and the errors of those that cannot be read."""
    read: list[Suite] = []
    mistakes: list[Diagnostic] = []
    for path in paths:
        try:
            read.append(read_suite(path))
        except ArchdslError as error:
            mistakes += error.diagnostics
    return read, mistakes


def run(suites: Sequence[Suite], limits: Limits) -> tuple[Found, bool]:
    """Compute all rows and claims, until Ctrl-C.

    Args:
        suites: the suites, in order.
        limits: how large the networks may be; twice these limits for all of them together.

    Returns:
        The outcomes by suite, and whether they are complete: not if Ctrl-C was pressed.
    """
    results: Found = [(suite, []) for suite in suites]
    count = sum(len(suite.words.rows) + len(suite.words.claims) for suite in suites)
    numbers = iter(range(1, count + 1))
    allowance = Allowance(limits, times=2)
    try:
        with Progress() as progress:
            for suite, outcomes in results:
                for index, row in enumerate(suite.words.rows):
                    progress.show(f"{next(numbers)} of {count}  {visible(row.label, 50)}")
                    outcomes.append(run_row(suite, index, allowance))
                for index, claim in enumerate(suite.words.claims):
                    progress.show(f"{next(numbers)} of {count}  {visible(claim.label, 50)}")
                    outcomes.append(run_claim(suite, index, allowance))
    except KeyboardInterrupt:
        return results, False
    return results, True


def page(results: Found, kind: str) -> str:
    """Return all outcomes as text.

    Args:
        results: the outcomes by suite.
        kind: `json` or a key of `SHOWN`.
    """
    if kind == "json":
        return json.dumps(facts(results), indent=2) + "\n"
    pages = "\n".join(SHOWN[kind](suite, outcomes) for suite, outcomes in results)
    return "\n".join(visible(line, 10_000) for line in pages.split("\n"))


def deliver(
    text: str,
    output: Path | None,
    suites: Sequence[Path],
    *,
    check: bool,
    force: bool,
    banner: bool,
) -> bool:
    """Print a text, write it, or compare it with a file.

    Args:
        text: the outcomes.
        output: the file; stdout if None.
        suites: files that must not be overwritten.
        check: compare with the file instead of writing.
        force: overwrite a file that archdsl did not generate.
        banner: begin the file with archdsl's mark if the text does not.

    Returns:
        Whether the file is stale; False unless `check`.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does.
    """
    if output is None:
        print(text, end="")
        return False
    if banner and not text.startswith((markdown.BANNER, latex.BANNER)):
        text = f"{BANNER} reproduce\n{text}"
    if check:
        return differs(output, text)
    files.deliver(output, text, spec=suites, force=force)
    return False


def differs(path: Path, text: str) -> bool:
    """Print how a file differs from a text, and return whether it does.

    Args:
        path: the file, which may be missing.
        text: the content that it would have if it were written now.

    Raises:
        ArchdslError: A412 if it is not a regular file, or cannot be read.
    """
    changed = files.stale(path, text, "reproduced")
    print(f"{'stale' if changed else 'up to date'}  {path}")
    return changed
