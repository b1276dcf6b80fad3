"""Choices that papers leave unstated, as changes of a spec.

Each choice is a pure function that yields the possible changes of a spec under its settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from archdsl.apps.search.changes import KNOWN, ODD, REMOVED, USUAL, Change, Start, needs, walk
from archdsl.frontend.reader import Path

GROWTHS = (12, 16, 24, 32, 36, 40, 48)
GROWTH_LISTS = ([16, 32, 64], [32, 64, 128])
NEIGHBOURS = 4
CLASSES = (10, 100, 1000)
POOLED = (1, 2, 3)
DENSE_LAYERS = ([6, 12, 24, 16], [6, 12, 32, 32], [6, 12, 48, 32], [6, 12, 64, 48], [6, 12, 64, 32])
RESIDUAL_LAYERS = ([2, 2, 2, 2], [3, 4, 6, 3], [3, 4, 23, 3], [3, 8, 36, 3])
PARTS = 4
"""Maximum number of parts that a depth omits or also counts: stem, two transitions, classifier."""


def stem(start: Start) -> Iterator[Change]:
    """Yield changes of the stem's channels: k, 2k, 16, or 24, which is twice k = 12."""
    path, k = _conv_width(start, "stem"), _growth(start)
    if path is None:
        return
    offered: list[tuple[str, int, Any]] = [
        ("stem of k channels", USUAL, f"first({k})"),
        ("stem of 2k channels", USUAL, f"2 * first({k})"),
        ("stem of 16 channels", KNOWN, 16),
        ("stem of 24 channels, twice k = 12", KNOWN, 24),
    ]
    for words, rarity, width in offered if k else offered[2:]:
        if not start.says(path, width):
            yield start.change("stem", words, rarity, path, width)


def classes(start: Start) -> Iterator[Change]:
    """Yield changes of the classes: CIFAR-10, CIFAR-100 or ImageNet."""
    for path in _layers(start, "head", "linear")[-1:]:
        for count in CLASSES:
            if not start.says((*path, "width"), count):
                words = f"{count} classes"
                yield start.change("classes", words, USUAL, (*path, "width"), count)


def head(start: Start) -> Iterator[Change]:
    """Yield changes of the feature map that the classifier reads: pooled to k x k, or whole."""
    for path in _layers(start, "head", "pool")[:1]:
        pool = start.at(path)
        for side in POOLED:
            words, rarity = f"head pooled to {side}x{side}", USUAL if side == 1 else KNOWN
            if "to" not in pool:
                new = {"kind": pool.get("kind", "average"), "to": side}
                yield Change("head", words, rarity, edits=((path, new),))
            elif not start.says((*path, "to"), side):
                yield start.change("head", words, rarity, (*path, "to"), side)
        yield Change("head", "head without pooling", KNOWN, edits=((path[:-1], REMOVED),))


def compression(start: Start) -> Iterator[Change]:
    """Yield changes of the transitions' width: all channels, or half of them."""
    path: Path | None = ("between", "width")
    if start.at(("between", "width")) is None:
        path = _conv_width(start, "between")
    if path is None:
        return
    share = [name for name in needs(start.at(path)) if _is_share(start.values.get(name))]
    for words, factor, width in (
        ("transitions without compression", 1, "incoming"),
        ("transitions compressed by half", 0.5, "incoming // 2"),
    ):
        if share and start.values[share[0]] != Fraction(factor):
            yield Change("compression", words, settings={share[0]: factor})
        elif not share and not start.says(path, width):
            yield start.change("compression", words, USUAL, path, width)


def depth(start: Start) -> Iterator[Change]:
    """Yield depths whose label omits some of stem, transitions and classifier, or adds some."""
    value = start.values.get("depth")
    if not isinstance(value, int):
        return
    for parts in range(1, PARTS + 1):
        many = f"{parts} part{'s' * (parts > 1)}"
        for other, words in (
            (value + parts, f"leaves out {many}"),
            (value - parts, f"counts {many} more"),
        ):
            if other > 0:
                yield Change("depth", f"depth {other} (label {words})", KNOWN, {"depth": other})


def bias(start: Start) -> Iterator[Change]:
    """Yield convolutions with a bias, or without."""
    paths = [(*path, "bias") for path, words in walk(start.root) if _takes_bias(path, words)]
    has = [start.at(path) is True for path in paths]
    for value, wanted in ((True, not all(has)), (False, any(has))):
        if wanted:
            words = f"convolutions {'with' if value else 'without'} a bias"
            yield Change("bias", words, KNOWN, edits=tuple((path, value) for path in paths))


def norms(start: Start) -> Iterator[Change]:
    """Yield the change that does not count the scale and shift of norms."""
    yield Change("norms", "a count without scale and shift of norms", KNOWN, norms=False)


def leaving(start: Start) -> Iterator[Change]:
    """Yield changes of a stage's exit."""
    stages = start.at(("stages",))
    several = range(len(stages)) if isinstance(stages, list) else ()
    paths: list[Path] = [("stages", index, "exit") for index in several]
    paths = paths or [("stages", "exit")]
    for word in ("rule", "all", "last"):
        if any((start.at(path) or "rule") != word for path in paths):
            edits = tuple((path, word) for path in paths)
            yield Change("exit", f"exit: {word}", KNOWN, edits=edits)


def growth(start: Start) -> Iterator[Change]:
    """Yield other growth rates k: those that papers use, and those close to k."""
    name = _growth(start)
    value = start.values[name] if name else None
    offered: list[tuple[Any, int]] = [(numbers, KNOWN) for numbers in GROWTH_LISTS]
    if isinstance(value, int):
        near = range(max(1, value - NEIGHBOURS), value + NEIGHBOURS + 1)
        offered += [(number, USUAL) for number in GROWTHS]
        offered += [(number, ODD) for number in near if number not in GROWTHS]
    for other, rarity in offered if name else ():
        if other != (list(value) if isinstance(value, tuple) else value):
            assert name is not None
            yield Change("growth", f"{name} {other}", rarity, {name: other})


def layers(start: Start) -> Iterator[Change]:
    """Yield layers per stage of other networks of the same family."""
    path: Path = ("stages", "layers")
    name, raw = start.named(path), start.at(path)
    now = start.values[name] if name else tuple(raw) if isinstance(raw, list) else None
    if not isinstance(now, tuple) or len(now) != 4:
        return
    dense = DENSE_LAYERS if now[:2] == (6, 12) else ()
    for other in RESIDUAL_LAYERS if list(now) in RESIDUAL_LAYERS else dense:
        words = f"stages of {', '.join(map(str, other))} layers"
        if tuple(other) != now and name:
            yield Change("layers", words, settings={name: other})
        elif tuple(other) != now:
            yield Change("layers", words, edits=((path, other),))


CHOICES = (stem, classes, head, compression, depth, bias, norms, leaving, growth, layers)


def changes(start: Start) -> list[Change]:
    """Return all possible changes, the most usual first."""
    offered = [change for choice in CHOICES for change in choice(start)]
    return sorted(offered, key=lambda change: change.rarity)


def _growth(start: Start) -> str | None:
    """Return the parameter that is the width of the units, or None."""
    if "growth" in start.values and "growth" not in _words(start):
        return "growth"
    widths = (start.named(("stages", "unit", key)) for key in ("width", "inner"))
    return next((name for name in widths if name), None)


def _words(start: Start) -> set[str]:
    """Return the parameters whose values are text."""
    return {name for name, value in start.values.items() if isinstance(value, str)}


def _layers(start: Start, part: str, word: str) -> list[Path]:
    """Return the paths of the layers of one kind in a list of layers, if they have arguments."""
    listed = start.at((part,))
    entries = enumerate(listed if isinstance(listed, list) else ())
    return [
        (part, index, word)
        for index, layer in entries
        if isinstance(layer, Mapping) and isinstance(layer.get(word), Mapping)
    ]


def _conv_width(start: Start, part: str) -> Path | None:
    """Return the path of the first convolution's width in a list of layers, or None."""
    convs = _layers(start, part, "conv")
    return (*convs[0], "width") if convs else None


def _is_share(value: Any) -> bool:
    return isinstance(value, int | Fraction) and 0 < value <= 1


def _takes_bias(path: Path, words: Any) -> bool:
    """Return whether a mapping is a convolution, a named unit or a transition."""
    if not isinstance(words, Mapping) or not path or path[0] in {"params", "expect"}:
        return False
    unit = path == ("between",) or path[-1] == "unit" or path[-2:-1] == ("layers",)
    return path[-1] == "conv" or (unit and "kind" in words)
