"""Run a command again whenever one of its files changes, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from archdsl.cli.render import report, visible
from archdsl.errors import ArchdslError, Exit
from archdsl.interrupts import raised

INTERVAL = 0.3
"""Seconds between two looks at the files."""

CLEAR = "\x1b[2J\x1b[H"
"""Clears a terminal and moves to its first line."""


def watch(run: Callable[[], object], paths: Sequence[Path], form: str = "text") -> int:
    """Run a command now and after each change of a file; return when Ctrl-C is pressed.

    An error is reported, and the files are watched further: the next change may correct it.

    Args:
        run: prints the result; raises ArchdslError for a spec with a mistake.
        paths: the files to watch; one that is missing may appear later.
        form: the format of diagnostics, `text` or `json`.
    """
    names = ", ".join(visible(str(path)) for path in paths)
    try:
        with raised():
            while True:
                before = stamps(paths)
                if sys.stdout.isatty():
                    print(CLEAR, end="")
                try:
                    run()
                except ArchdslError as error:
                    report(error.diagnostics, form)
                print(f"\nwatching {names}; Ctrl-C ends", file=sys.stderr)
                sys.stdout.flush()
                while stamps(paths) == before:
                    time.sleep(INTERVAL)
    except KeyboardInterrupt:
        return Exit.FINE


def stamps(paths: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Return time of change and size of each file; None for one that cannot be read."""
    return [_stamp(path) for path in paths]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
