"""Show the progress of long work in one changing line on a terminal's stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from archdsl.cli import terminal
from archdsl.cli.render import visible
from archdsl.interrupts import CLEANUP, raised

if TYPE_CHECKING:
    from rich.status import Status

WAIT = 1.0
"""Seconds before the line is shown."""


ERASE = "\r\x1b[K"
"""Returns to the start of a line of a terminal and erases it."""


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show what is being done and for how many seconds, while the block runs.

    For work that cannot say how far it is. As with `Progress`, the line is shown on terminals only,
    and not in the first second. The block must not print.
    """
    if not _shown():
        yield
        return
    stop = Event()
    thread = Thread(target=_tick, args=(visible(text, 60), stop), daemon=True)
    CLEANUP.append(_erase)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        CLEANUP.remove(_erase)


def _shown() -> bool:
    """Return whether progress is shown: on a terminal, unless `--quiet` is used."""
    return not terminal.quiet() and sys.stderr is not None and sys.stderr.isatty()


def _tick(text: str, stop: Event) -> None:
    """Write the line once a second until `stop` is set, then erase it."""
    begun = time.monotonic()
    if stop.wait(max(0.0, WAIT)):
        return
    while True:
        sys.stderr.write(f"{ERASE}{text}  {time.monotonic() - begun:.0f} s")
        sys.stderr.flush()
        if stop.wait(1.0):
            break
    _erase()


def _erase() -> None:
    sys.stderr.write(ERASE)
    sys.stderr.flush()


class Progress:
    """A line that says what is being done; on terminals only, and not in the first second.

    Use it with `with`, which removes the line at the end, also on Ctrl-C.
    """

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.status: Status | None = None

    def __enter__(self) -> Progress:
        self.raised = raised()
        self.raised.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self.clear()
        finally:
            self.raised.__exit__(*error)

    def show(self, text: str) -> None:
        """Replace the text of the line."""
        if not _shown() or time.monotonic() - self.begun <= WAIT:
            return
        from rich.console import Console
        from rich.text import Text

        line = Text(visible(text, 72))
        if self.status is None:
            self.status = Console(stderr=True, highlight=False).status(line)
            self.status.start()
        else:
            self.status.update(line)

    def clear(self) -> None:
        """Remove the line."""
        if self.status is not None:
            self.status.stop()
        self.status = None
