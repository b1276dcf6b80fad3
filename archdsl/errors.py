"""Diagnostics: what is wrong, where, why, and what to type. Every step reports errors this way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, TypedDict

from archdsl.shown import described


class Exit(IntEnum):
    """Exit codes of the commands."""

    FINE = 0
    WRONG_SPEC = 1
    USAGE = 2
    LIMIT = 3
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Span:
    """A position in a source text; `line` and `column` count from 1, `width` is in characters."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its name: a spec file, or a `--set` argument."""

    name: str
    text: str


class Place(TypedDict):
    """Position of a diagnostic as keyword arguments: `Diagnostic(code, message, **place)`."""

    source: Source
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error, warning or note. `archdsl explain` explains the code; only errors fail a run."""

    code: str
    message: str
    span: Span | None = None
    source: Source | None = None
    note: str | None = None
    help: str | None = None
    level: str = "error"

    @property
    def exit(self) -> Exit:
        """Return the exit code of a command that reports this diagnostic."""
        if self.level != "error":
            return Exit.FINE
        if self.code.startswith("A3") or self.code in {"A001", "A010"}:
            return Exit.LIMIT
        usage = self.code.startswith(("A4", "A5")) and self.code not in {"A420", "A421"}
        return Exit.USAGE if usage else Exit.WRONG_SPEC

    def within(self, source: Source, span: Span | None = None) -> Diagnostic:
        """Return the diagnostic with this position; one that has a source already is unchanged.

        Args:
            source: the text that the mistake is in.
            span: line, column and width in it; used only if the diagnostic has none.
        """
        if self.source is not None:
            return self
        return replace(self, source=source, span=self.span or span)

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnostic as plain values, as `--format json` prints it."""
        place = self.span
        return {
            "level": self.level,
            "code": self.code,
            "message": self.message,
            "path": self.source.name if self.source else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "end_column": place.column + place.width if place else None,
            "note": self.note,
            "help": self.help,
        }


class ArchdslError(Exception):
    """An error in the input of archdsl; `diagnostics` holds a `Diagnostic` for each mistake."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        single = isinstance(diagnostics, Diagnostic)
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        assert single or self.diagnostics
        super().__init__("; ".join(f"[{d.code}] {d.message}" for d in self.diagnostics))

    @property
    def exit(self) -> Exit:
        """Return the largest exit code of the diagnostics."""
        return max(d.exit for d in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows instead of a traceback."""
        return described(self)

    def within(self, source: Source, span: Span | None = None) -> ArchdslError:
        """Return the error with this position for all diagnostics that have none.

        Args:
            source: the text that the mistakes are in.
            span: line, column and width in it, for diagnostics without one.
        """
        return ArchdslError([d.within(source, span) for d in self.diagnostics])


def fail(code: str, message: str, **details: Any) -> ArchdslError:
    """Return an error with one diagnostic, for the caller to raise.

    Args:
        code: a key of `archdsl.codes.TITLES`.
        message: what is wrong.
        details: further fields of `Diagnostic`.
    """
    return ArchdslError(Diagnostic(code, message, **details))
