"""The list of the widths of a stage's outputs."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.pytorch.writer import WIDTH, Writer


def print_widths(out: Writer, parts: Sequence[str]) -> None:
    """Print the list of widths, as a sum of lists if widths repeat.

    Args:
        out: Where to print.
        parts: Lists that follow each other, such as `[channels]` and `[24] * layers`.
    """
    text = f"widths = {' + '.join(parts)}"
    if "] * " not in text:
        out.call("widths = [", [part[1:-1] for part in parts], "]")
    elif 4 * out.depth + len(text) <= WIDTH:
        out.line(text)
    else:
        out.call("widths = [", [f"*{part}" for part in parts], "]")
