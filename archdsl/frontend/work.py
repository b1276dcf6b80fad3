"""How much arithmetic over long lists may take, counted before any of it is evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.errors import ArchdslError, fail
from archdsl.language.expression import parse

ENTRIES = 1_000_000
"""Most entries of lists that all expressions together go through: a second or two."""


def long_work(
    written: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, ArchdslError]]:
    """(name, A010) for the value at which many expressions have added up too long lists.

    `written` are unevaluated values, `values` the parameters that they may name.
    """
    longest = max((len(v) for v in values.values() if isinstance(v, list | tuple)), default=0)
    entries = 0
    for name, raw in written.items():
        entries += longest * _lists(raw)
        if entries > ENTRIES:
            said = (
                f"with `{name[:40]}`, {entries:,} entries of lists are added up (limit {ENTRIES:,})"
            )
            help = "give the sum of a long list a name of its own in `params`, and use that"
            yield name, fail("A010", said, help=help)


def _lists(raw: Any) -> int:
    """How many calls in a value go through a whole list."""
    if isinstance(raw, list):
        return sum(map(_lists, raw))
    if not isinstance(raw, str):
        return 0
    try:
        return parse(raw).lists
    except ArchdslError:
        return 0
