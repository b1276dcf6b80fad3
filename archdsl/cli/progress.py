"""How far long work is: one changing line on a terminal's stderr."""

from __future__ import annotations

import sys
import time

from archdsl.cli.render import visible

WAIT = 1.0
"""Seconds of silence before anything is said."""


class Progress:
    """A line that says what is being done; on terminals only, and not in the first second."""

    def __init__(self) -> None:
        self.begun, self.shown = time.monotonic(), False

    def show(self, text: str) -> None:
        """Replace the line."""
        if sys.stderr.isatty() and time.monotonic() - self.begun > WAIT:
            print(f"\r\x1b[K{visible(text, 76)}", end="", file=sys.stderr, flush=True)
            self.shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self.shown = False
