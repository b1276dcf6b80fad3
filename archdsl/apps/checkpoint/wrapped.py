"""Find a network's state dict in what a training script saved: containers, prefixes, other entries.

Keys of nested mappings and the parts of dotted names form one path, so `checkpoint["model"]` and
names that begin with `model.` are the same case. A state dict is a place below which all names of
the network are found. Pure functions of mappings; torch is not needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archdsl.errors import fail

WRAPPERS = frozenset({
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
})  # fmt: skip
"""Parts of names that data parallelism, compilation and similar wrappers put at any place."""

NESTED = 16
"""Most mappings within each other that are looked into."""

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """A value that is not a mapping: its path, and which mapping of the checkpoint holds it."""

    path: Path
    holder: int
    value: Any

    @property
    def is_tensor(self) -> bool:
        """Whether the value is a tensor, told by its class: some tensors refuse their shape."""
        return hasattr(type(self.value), "shape")


@dataclass
class StateDict:
    """The weights found below one place of a file.

    Attributes:
        where: the keys and prefixes above the names, joined by dots; empty for a plain state dict.
        entries: the values by the network's own names.
        extra: further names of tensors in the same mapping, as they are there without `where`.
    """

    where: str = ""
    entries: dict[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


def unwrap(loaded: object, names: Collection[str]) -> StateDict:
    """Return the state dict that has the given names, whatever wraps it.

    If no place has all of them, the one with the most is returned, so that the caller can say what
    is missing.

    Args:
        loaded: what a file holds, any object.
        names: the dotted names of the network's weights.

    Raises:
        ArchdslError: A440 if there are no tensors, A443 if several places have all the names.

    >>> class Weight: shape = (1,)
    >>> saved = {"net": {"module.stem.weight": Weight()}, "epoch": 3}
    >>> unwrap(saved, ["stem.weight"]).where
    'net.module'
    """
    if not isinstance(loaded, Mapping):
        raise fail("A440", f"the checkpoint holds a {type(loaded).__name__[:40]}, not a state dict")
    leaves = list(_leaves(loaded))
    if not any(leaf.is_tensor for leaf in leaves):
        raise fail("A440", "the checkpoint holds no tensors, so it has no state dict")
    places = _places(leaves, names)
    complete = sorted(where for where, found in places.items() if len(found) == len(names))
    if len(complete) > 1:
        raise _ambiguous(complete)
    best = max(places, key=lambda where: len(places[where]), default=None)
    return StateDict() if best is None else _state_dict(best, places[best], leaves)


def _leaves(loaded: Mapping[Any, Any]) -> Iterator[Leaf]:
    """Every value that is not a mapping. A mapping that is met again is passed over."""
    waiting: list[tuple[Path, int, Mapping[Any, Any]]] = [((), 0, loaded)]
    met = {id(loaded)}
    while waiting:
        above, depth, holder = waiting.pop()
        for key, value in holder.items():
            path = (*above, *str(key).split("."))
            if not isinstance(value, Mapping):
                yield Leaf(path, id(holder), value)
            elif depth < NESTED and id(value) not in met:
                met.add(id(value))
                waiting.append((path, depth + 1, value))


def _places(leaves: list[Leaf], names: Collection[str]) -> dict[Path, dict[str, Leaf]]:
    """For each place, the network's names that are found below it."""
    wanted = {tuple(name.split(".")): name for name in names}
    longest = max(map(len, wanted), default=0)
    places: dict[Path, dict[str, Leaf]] = {}
    for leaf in leaves:
        for start, rest in _endings(leaf.path, longest):
            if rest in wanted:
                places.setdefault(leaf.path[:start], {}).setdefault(wanted[rest], leaf)
    return places


def _endings(path: Path, longest: int) -> Iterator[tuple[int, Path]]:
    """The endings of a path without wrappers, up to `longest` parts, and where each begins."""
    rest: Path = ()
    for start in range(len(path) - 1, -1, -1):
        if path[start] in WRAPPERS:
            continue
        rest = (path[start], *rest)
        if len(rest) > longest:
            return
        yield start, rest


def _state_dict(where: Path, matches: Mapping[str, Leaf], leaves: list[Leaf]) -> StateDict:
    used = {leaf.path for leaf in matches.values()}
    holders = {leaf.holder for leaf in matches.values()}
    extra = tuple(
        ".".join(leaf.path[len(where) :])
        for leaf in leaves
        if leaf.is_tensor
        and leaf.holder in holders
        and leaf.path not in used
        and leaf.path[: len(where)] == where
    )
    entries = {name: leaf.value for name, leaf in matches.items()}
    return StateDict(".".join(where), entries, extra)


def _ambiguous(places: list[Path]) -> Exception:
    listed = ", ".join(
        f"`{'.'.join(place)[:60]}`" if place else "the top level" for place in places[:6]
    )
    return fail(
        "A443",
        f"the checkpoint holds {len(places)} state dicts of this network: {listed}",
        help="save the one you mean alone: torch.save(network.state_dict(), path)",
    )
