"""Find the published networks and suites that come with archdsl."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[2]


def folder() -> Path:
    """Return their folder, in the installed package or in a checkout."""
    inside = PACKAGE / "specs"
    return inside if inside.is_dir() else PACKAGE.parent / "specs"


def suites() -> list[Path]:
    """Return the suite files, by name."""
    return sorted((folder() / "paper").glob("*.yaml"))
