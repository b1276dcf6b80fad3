"""Assignments of lists of modules: `self.layers = nn.ModuleList(...)`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from archdsl.backends.pytorch.writer import WIDTH, Writer


def listed(out: Writer, name: str, items: Sequence[str]) -> None:
    """Print modules as a list, on one line if it has room.

    Args:
        out: where to print, inside `__init__`.
        name: the attribute.
        items: an expression for each module, or for several that are built alike.
    """
    before, joined = f"self.{name} = nn.ModuleList(", f"[{', '.join(items)}]"
    if 4 * out.depth + len(before) + len(joined) + 1 <= WIDTH:
        out.line(f"{before}{joined})")
        return
    out.line(before)
    out.depth += 1
    out.call("[", items, "]")
    out.depth -= 1
    out.line(")")


def generated(out: Writer, name: str, generator: str) -> None:
    """Print modules as a generator, on one line if it has room.

    Args:
        out: where to print, inside `__init__`.
        name: the attribute.
        generator: such as `A(8) for _ in range(5)`.
    """
    before = f"self.{name} = nn.ModuleList("
    if 4 * out.depth + len(before) + len(generator) + 1 <= WIDTH:
        out.line(f"{before}{generator})")
        return
    out.line(before)
    out.generator(generator)
    out.line(")")


def grouped(calls: Iterable[str]) -> list[str]:
    """Return the items of a list in which three or more equal calls in a row are one.

    >>> grouped(["A(8)", "A(8)", "B(4)", "B(4)", "B(4)"])
    ['A(8)', 'A(8)', '*(B(4) for _ in range(3))']
    """
    runs = [(call, len([*same])) for call, same in groupby(calls)]
    items = ([f"*({call} for _ in range({n}))"] if n > 2 else [call] * n for call, n in runs)
    return [item for alike in items for item in alike]
