"""The maps of names: one file for each family of networks, read as data.

A map gives the other library's name for each of archdsl's, so it works in both directions. A file
of `maps/` has the libraries (`sources`), words in the names of networks that it is for
(`families`), the rules (`names`), and where needed:

- `variants`: further rules for other spellings or sizes, each after the common ones; with `stages`,
  a variant is for networks of so many stages.
- `dimensions`: how many dimensions a weight has there, by the end of its name, where that differs
  from ours by sizes of 1: a linear layer for a 1x1 convolution.
- `mirrored`: the spec gives the other network's result for mirrored images; kernels are mirrored.
- `ignored`: beginnings of names that the other library has and our network does not need.
- `note`: what a user has to know about the outputs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from archdsl.apps.weights.rules import Rule, rewrite
from archdsl.ir.ops import Shape

OWN = "archdsl"
"""The source of a checkpoint that has our names already."""

_UNIT = re.compile(r"stages\.(\d+)\.(layers\.\d+|entry)\.")


@dataclass(frozen=True)
class NameMap:
    """How another library names the weights of a family of networks.

    Attributes:
        name: name of the file, and of the variant if there are several: `densenet/older`.
        sources: names of the libraries.
        families: words in the names of networks that it is for: `resnet`.
        rules: rules from our names to theirs.
        stages: the number of stages of the networks; None for any number.
        dimensions: numbers of dimensions of their weights by the end of their names.
        mirrored: kernels are flipped along both sides.
        ignored: beginnings of further names of theirs.
        note: a sentence for the user, or nothing.
    """

    name: str
    sources: tuple[str, ...]
    families: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    stages: int | None = None
    dimensions: Mapping[str, int] = field(default_factory=dict)
    mirrored: bool = False
    ignored: tuple[str, ...] = ()
    note: str = ""

    def names(self, ours: Collection[str]) -> dict[str, str] | None:
        """Return their name of each weight by our name, or None if the map is not for the network.

        Args:
            ours: the state-dict names of the network.
        """
        if OWN in self.sources:
            return {name: name for name in ours}
        units = _units(ours)
        if self.stages is not None and self.stages != len(units):
            return None
        names: dict[str, str] = {}
        for name in ours:
            theirs = rewrite(name, self.rules, units)
            if theirs is None:
                return None
            names[name] = theirs
        return names if len(set(names.values())) == len(names) else None

    def shape(self, theirs: str, ours: Shape) -> Shape:
        """Return the shape of a weight in the other library.

        Args:
            theirs: its name there.
            ours: its shape in our module.
        """
        ends = (count for end, count in self.dimensions.items() if theirs.endswith(end))
        count = next(ends, len(ours))
        return ours[:count] + (1,) * (count - len(ours))


def _units(names: Collection[str]) -> dict[int, int]:
    """Return the number of units of each stage, counting a first unit that is its entry."""
    units = {match.groups() for match in map(_UNIT.match, names) if match}
    stages = {int(stage) for stage, _ in units}
    return {stage: sum(int(other) == stage for other, _ in units) for stage in stages}


@cache
def maps() -> tuple[NameMap, ...]:
    """Return all maps, and first the one of our own names."""
    folder = resources.files("archdsl.apps.weights").joinpath("maps")
    files = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    read = (
        name_map
        for file in files
        if file.name.endswith(".toml")
        for name_map in _read(file.name.removesuffix(".toml"), file.read_text("utf-8"))
    )
    return (NameMap(OWN, (OWN,)), *read)


def _read(name: str, text: str) -> Iterator[NameMap]:
    """Yield the maps of a file: one for each variant, or one alone."""
    content = tomllib.loads(text)
    variants: dict[str, Any] = content.pop("variants", {"": {}})
    common = content.pop("names")
    for key in ("sources", "families", "ignored"):
        content[key] = tuple(content.pop(key, ()))
    for variant, own in variants.items():
        rules = tuple(Rule(*pair) for pair in [*common.items(), *own.get("names", {}).items()])
        further = {key: value for key, value in own.items() if key != "names"}
        yield NameMap(f"{name}/{variant}" if variant else name, rules=rules, **content, **further)


def sources() -> list[str]:
    """Return the names of all libraries, sorted."""
    return sorted({source for name_map in maps() for source in name_map.sources})
