"""What every command prints beside its result: whether in colour, and whether at all.

The options `--quiet` and `--no-color` belong to every command. NO_COLOR and FORCE_COLOR are those
of no-color.org and force-color.org: any text that is not empty turns colour off or on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import takewhile
from typing import Annotated, Any, TextIO

import typer

from archdsl.cli.signatures import Command, option, with_options

FLAGS = frozenset({"-q", "--quiet", "--no-color"})
STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "help": "1;32", "place": "34"}
"""Part of a diagnostic to its colour, as in an escape sequence of ANSI."""


@dataclass
class Terminal:
    """What the options of the command that runs say."""

    quiet: bool = False
    plain: bool = False


CHOSEN = Terminal()
"""The options of the command that runs in this process."""


def quiet() -> bool:
    """Return whether only results and errors are printed."""
    return CHOSEN.quiet


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line about what was done, such as `wrote  net.py`, unless `--quiet` is used.

    Args:
        text: the line, which is safe to print.
        stream: where to print it; stdout if None.
    """
    if not CHOSEN.quiet:
        print(text, file=stream)


def coloured(stream: TextIO | None) -> bool:
    """Return whether text for a stream is printed in colour; None is a closed stream."""
    if stream is None or CHOSEN.plain or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO | None) -> str:
    """Return a text in the colour of a key of `STYLES`, if the stream is printed in colour.

    Args:
        text: text that is safe to print.
        style: a key of `STYLES`.
        stream: where it will be printed.
    """
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if coloured(stream) else text


def with_flags(command: Command) -> Command:
    """Return a command with the options `--quiet` and `--no-color`."""

    @wraps(command)
    def run(**arguments: Any) -> int:
        CHOSEN.quiet, CHOSEN.plain = arguments.pop("quiet"), arguments.pop("no_color")
        return command(**arguments)

    return with_options(run, command, [QUIET, NO_COLOR])


Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print results and errors only.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print without colour.")]
QUIET, NO_COLOR = option("quiet", Quiet, False), option("no_color", NoColor, False)


def command_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the flags in front of the command behind it.

    >>> command_first(["--quiet", "compile", "net.yaml"])
    ['compile', '--quiet', 'net.yaml']
    """
    flags = list(takewhile(FLAGS.__contains__, arguments))
    rest = arguments[len(flags) :]
    return [*rest[:1], *flags, *rest[1:]]
