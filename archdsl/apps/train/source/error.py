"""What ends a training run early, with a message for people."""

from __future__ import annotations


class RunError(Exception):
    """A run cannot go on. The text says why, and what to do."""
