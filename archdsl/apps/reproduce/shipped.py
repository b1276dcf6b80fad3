"""The suites of papers that come with archdsl."""

from __future__ import annotations

from pathlib import Path

from archdsl.frontend.shipped import folder


def suites() -> list[Path]:
    """Return the suite files, by name."""
    return sorted((folder() / "paper").glob("*.yaml"))
