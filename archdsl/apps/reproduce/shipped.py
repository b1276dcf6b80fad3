"""The published networks and suites that come with archdsl."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[2]


def folder() -> Path:
    """Where they are: inside an installed package, beside a checkout."""
    inside = PACKAGE / "specs"
    return inside if inside.is_dir() else PACKAGE.parent / "specs"


def suites() -> list[Path]:
    """Suite files, by name."""
    return sorted((folder() / "paper").glob("*.yaml"))
