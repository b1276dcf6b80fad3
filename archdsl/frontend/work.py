"""Limit the work of arithmetic over long lists, counted before any of it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.errors import ArchdslError, fail
from archdsl.language.expression import parse

ENTRIES = 1_000_000
"""Limit on the list entries that all expressions together visit: a second or two of work."""


def long_work(
    written: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, ArchdslError]]:
    """Yield (name, A010) for each value at which the visited list entries exceed the limit.

    Args:
        written: unevaluated values by name.
        values: the parameters that they may name.
    """
    longest = max((len(v) for v in values.values() if isinstance(v, list | tuple)), default=0)
    entries = 0
    for name, raw in written.items():
        entries += longest * _lists(raw)
        if entries > ENTRIES:
            message = (
                f"with `{name[:40]}`, {entries:,} entries of lists are added up (limit {ENTRIES:,})"
            )
            help = "give the sum of a long list a name of its own in `params`, and use that"
            yield name, fail("A010", message, help=help)


def _lists(raw: Any) -> int:
    """Return how many calls in a value visit a whole list."""
    if isinstance(raw, list):
        return sum(map(_lists, raw))
    if not isinstance(raw, str):
        return 0
    try:
        return parse(raw).lists
    except ArchdslError:
        return 0
