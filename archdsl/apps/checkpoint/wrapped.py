"""Find a network's state dict in a checkpoint with containers, prefixes and other entries.

Keys of nested mappings and the parts of dotted names form one path, so `checkpoint["model"]` and
names that begin with `model.` are the same case. A state dict is a path below which all names of
the network exist. These are pure functions of mappings that do not need torch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archdsl.errors import fail

WRAPPERS = frozenset({
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
})  # fmt: skip
"""Parts of names that data parallelism, compilation and similar wrappers add anywhere."""

RUN = frozenset({"model", "optimizer", "ema", "scaler", "settings", "epoch", "step", "best"})
"""Keys that all checkpoints of `archdsl train` have."""

NESTED = 16
"""Maximum depth of nested mappings that are searched."""

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """A value that is not a mapping, with its path and the id of the mapping that has it."""

    path: Path
    holder: int
    value: Any

    @property
    def is_tensor(self) -> bool:
        """Return whether the value is a tensor, by its class: some tensors raise for `shape`."""
        return hasattr(type(self.value), "shape")


@dataclass
class StateDict:
    """The weights below one path of a file.

    Attributes:
        where: the keys and prefixes above the names, joined by dots; empty for a plain state dict.
        entries: the values by the network's own names.
        extra: names, without `where`, of other tensors in the same mapping.
    """

    where: str = ""
    entries: dict[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


def unwrap(loaded: object, names: Collection[str]) -> StateDict:
    """Return the state dict that has the given names, whatever wraps it.

    If no path has all of them, the one with the most is returned, so that the caller can report
    what is missing.

    Args:
        loaded: the content of a file, any object.
        names: the dotted names of the network's weights.

    Raises:
        ArchdslError: A440 if there are no tensors, A443 if several paths have all the names.

    >>> class Weight: shape = (1,)
    >>> saved = {"net": {"module.stem.weight": Weight()}, "epoch": 3}
    >>> unwrap(saved, ["stem.weight"]).where
    'net.module'
    """
    if not isinstance(loaded, Mapping):
        raise fail("A440", f"the checkpoint holds a {type(loaded).__name__[:40]}, not a state dict")
    leaves = list(_leaves(_evaluated(loaded)))
    if not any(leaf.is_tensor for leaf in leaves):
        raise fail("A440", "the checkpoint holds no tensors, so it has no state dict")
    by_path = _by_path(leaves, names)
    complete = sorted(where for where, matches in by_path.items() if len(matches) == len(names))
    if len(complete) > 1:
        raise _ambiguous(complete)
    best = max(by_path, key=lambda where: len(by_path[where]), default=None)
    return StateDict() if best is None else _state_dict(best, by_path[best], leaves)


def _evaluated(loaded: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the weights that a checkpoint of `archdsl train` was evaluated with.

    Those are the averages if there are any. Any other checkpoint is returned as it is.
    """
    if not loaded.keys() >= RUN:
        return loaded
    name = "ema" if isinstance(loaded["ema"], Mapping) else "model"
    return {name: loaded[name]}


def below(loaded: object, where: str) -> dict[str, Any]:
    """Return the values below one path of a checkpoint, by the rest of their names.

    Args:
        loaded: the content of a file, any object.
        where: keys and parts of names, joined by dots: `ema`, `state_dict.model`.

    Raises:
        ArchdslError: A443 if there is nothing below this path.

    >>> below({"model": {"a.weight": 1}, "ema": {"a.weight": 2}}, "ema")
    {'a.weight': 2}
    """
    path = tuple(where.split("."))
    leaves = _leaves(loaded) if isinstance(loaded, Mapping) else ()
    entries = {
        ".".join(leaf.path[len(path) :]): leaf.value
        for leaf in leaves
        if leaf.path[: len(path)] == path
    }
    if not entries:
        raise fail("A443", f"the checkpoint has nothing under `{where[:60]}`")
    return entries


def _leaves(loaded: Mapping[Any, Any]) -> Iterator[Leaf]:
    """Yield every value that is not a mapping. A mapping that occurs again is skipped."""
    waiting: list[tuple[Path, int, Mapping[Any, Any]]] = [((), 0, loaded)]
    seen = {id(loaded)}
    while waiting:
        above, depth, holder = waiting.pop()
        for key, value in holder.items():
            path = (*above, *str(key).split("."))
            if not isinstance(value, Mapping):
                yield Leaf(path, id(holder), value)
            elif depth < NESTED and id(value) not in seen:
                seen.add(id(value))
                waiting.append((path, depth + 1, value))


def _by_path(leaves: list[Leaf], names: Collection[str]) -> dict[Path, dict[str, Leaf]]:
    """Return, for each path, the values below it that have names of the network."""
    wanted = {tuple(name.split(".")): name for name in names}
    longest = max(map(len, wanted), default=0)
    by_path: dict[Path, dict[str, Leaf]] = {}
    for leaf in leaves:
        for start, rest in _endings(leaf.path, longest):
            if rest in wanted:
                by_path.setdefault(leaf.path[:start], {}).setdefault(wanted[rest], leaf)
    return by_path


def _endings(path: Path, longest: int) -> Iterator[tuple[int, Path]]:
    """Yield the endings of a path without wrappers, of up to `longest` parts, and their start."""
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


def _ambiguous(paths: list[Path]) -> Exception:
    listed = ", ".join(
        f"`{'.'.join(path)[:60]}`" if path else "the top level" for path in paths[:6]
    )
    return fail(
        "A443",
        f"the checkpoint holds {len(paths)} state dicts of this network: {listed}",
        help="write the one you mean to a file of its own: archdsl weights --under",
    )
