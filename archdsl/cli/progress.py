"""How far long work is: one changing line on a terminal's stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from archdsl.cli.render import visible
from archdsl.interrupts import raised

if TYPE_CHECKING:
    from rich.status import Status

WAIT = 1.0
"""Seconds of silence before anything is said."""


class Progress:
    """A line that says what is being done; on terminals only, and not in the first second.

    Used with `with`, which takes the line away at the end, also on Ctrl-C.
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
        """Replace the line."""
        if not sys.stderr.isatty() or time.monotonic() - self.begun <= WAIT:
            return
        from rich.console import Console
        from rich.text import Text

        said = Text(visible(text, 72))
        if self.status is None:
            self.status = Console(stderr=True, highlight=False).status(said)
            self.status.start()
        else:
            self.status.update(said)

    def clear(self) -> None:
        """Take the line away."""
        if self.status is not None:
            self.status.stop()
        self.status = None
