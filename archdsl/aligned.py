"""Text in columns."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[tuple[str, ...]], sides: str) -> list[str]:
    """Return one line for each row, with the cells of a column padded to the same width.

    Args:
        rows: cells; every row has as many as `sides` has characters.
        sides: for each column "<" to align it to the left, or ">" to the right.

    >>> aligned([("layer", "links"), ("1", "12")], "<>")
    ['layer  links', '1         12']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
