"""Choose the map of names for a checkpoint, or for a network."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import NamedTuple

from archdsl.apps.checkpoint.wrapped import StateDict, unwrap
from archdsl.apps.weights.names import OWN, NameMap, maps, sources
from archdsl.errors import ArchdslError, fail
from archdsl.ir.ops import Shape

AUTO = "auto"
"""The source of a checkpoint of any library."""


class Choice(NamedTuple):
    """A map, and with it the other library's name of each weight by ours."""

    map: NameMap
    names: Mapping[str, str]


def for_checkpoint(
    network: str, shapes: Mapping[str, Shape], tensors: object, source: str
) -> tuple[Choice, StateDict]:
    """Return the map that most names of a checkpoint fit, and the state dict under their names.

    Args:
        network: name of the network, for the error.
        shapes: shapes of its weights by our names.
        tensors: the content of a checkpoint.
        source: a library, a map, or `auto`.

    Raises:
        ArchdslError: A440 or A443 as `unwrap` does, A446 if no map fits.
    """
    choices = _choices(shapes, source)
    candidates = [(choice, unwrap(tensors, choice.names.values())) for choice in choices]
    best = max(candidates, key=lambda pair: len(pair[1].entries), default=None)
    if best is None or not best[1].entries:
        which = "" if source == AUTO else f" of {source}"
        raise fail(
            "A446",
            f"no known names{which} fit {network} and this checkpoint",
            help=f"name the spec it was trained from, or another --from: {', '.join(sources())}",
        )
    return best


def for_network(network: str, shapes: Mapping[str, Shape], source: str) -> Choice:
    """Return the one map of a library for a network.

    If several fit, the one with the network's family is taken, and of its variants the first.

    Args:
        network: name of the network.
        shapes: shapes of its weights by our names.
        source: a library or a map.

    Raises:
        ArchdslError: A446 if there is no such map, or if several fit.
    """
    choices = _choices(shapes, source)
    plain = re.sub(r"[^a-z0-9]", "", network.lower())
    named = [c for c in choices if any(family in plain for family in c.map.families)] or choices
    files = {choice.map.name.partition("/")[0] for choice in named}
    if len(files) == 1:
        return named[0]
    if not files:
        raise fail("A446", f"there are no names of {source} for {network}", help=_offered(shapes))
    raise fail(
        "A446",
        f"{network} could have the names of {' or '.join(sorted(files))}",
        help=f"choose one with --from {min(files)}",
    )


def _choices(shapes: Mapping[str, Shape], source: str) -> list[Choice]:
    """Return the maps of a source that cover a network. Raise A414 for an unknown source."""
    wanted = [
        name_map
        for name_map in maps()
        if source in (AUTO, name_map.name, name_map.name.partition("/")[0], *name_map.sources)
    ]
    if not wanted:
        raise _unknown(source)
    pairs = ((name_map, name_map.names(shapes)) for name_map in wanted)
    return [Choice(name_map, names) for name_map, names in pairs if names is not None]


def _offered(shapes: Mapping[str, Shape]) -> str:
    """Return which libraries have names for a network, as help."""
    covering = {source for choice in _choices(shapes, AUTO) for source in choice.map.sources}
    listed = ", ".join(sorted(covering - {OWN}))
    return f"libraries with names for it: {listed}" if listed else "no library has names for it"


def _unknown(source: str) -> ArchdslError:
    near = difflib.get_close_matches(source, [AUTO, *sources(), *(m.name for m in maps())], 1)
    hint = f"did you mean `{near[0]}`?" if near else f"sources: {AUTO}, {', '.join(sources())}"
    return fail("A414", f"`{source[:80]}` is not a source of weights", help=hint)
