"""What became of each weight of a checkpoint, and the errors where one does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archdsl.counted import counted
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.ir.ops import Shape
from archdsl.version import __version__

LISTED = 8
"""How many names of each kind the text lists; JSON lists all."""


class Pair(NamedTuple):
    """The two names of a weight."""

    ours: str
    theirs: str

    @property
    def text(self) -> str:
        """Return the names as text: one of them if they are equal."""
        same = self.ours == self.theirs
        return self.ours if same else f"{self.ours} ({self.theirs})"


class Mismatch(NamedTuple):
    """A weight whose shape does not fit."""

    pair: Pair
    shape: Shape
    expected: Shape

    @property
    def text(self) -> str:
        """Return the names and both shapes as text."""
        return f"{self.pair.text}: {_size(self.shape)}, not {_size(self.expected)}"


@dataclass(frozen=True)
class Report:
    """How a checkpoint was converted.

    Attributes:
        network: name of the network.
        map: name of the map of names; `archdsl` for a checkpoint that has our names.
        where: the keys and prefixes above the names in the checkpoint.
        loaded: weights that were converted, those in `reshaped` too.
        reshaped: weights that got or lost sizes of 1, as a linear layer and a 1x1 convolution have.
        filled: counters of batches that the checkpoint lacks, set to 0.
        missing: weights that the checkpoint lacks.
        mismatched: weights of another shape.
        unexpected: names of tensors that the network does not have.
        ignored: names of tensors that the network does not need, by the map.
        classifier: our name of the classifier's weight, if the network ends with one.
        note: a sentence of the map.
    """

    network: str
    map: str
    where: str
    loaded: tuple[Pair, ...]
    reshaped: tuple[Pair, ...] = ()
    filled: tuple[Pair, ...] = ()
    missing: tuple[Pair, ...] = ()
    mismatched: tuple[Mismatch, ...] = ()
    unexpected: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    classifier: str = ""
    note: str = ""

    @property
    def complete(self) -> bool:
        """Return whether every weight of both sides was used."""
        return not (self.missing or self.mismatched or self.unexpected)

    def require(self) -> None:
        """Raise A445 with all names that do not fit, if there are any."""
        findings = [self._finding(*problem) for problem in self._problems()]
        if findings:
            raise ArchdslError(findings)

    def _problems(self) -> Iterator[tuple[str, Sequence[str], str | None]]:
        """Yield what is wrong, the names concerned, and what to do, for each kind of mistake."""
        if self.missing:
            names = [pair.text for pair in self.missing]
            yield "the checkpoint lacks {}", names, "convert the others with --partial"
        if self.unexpected:
            help = "leave them out with --partial"
            yield f"{self.network} does not have {{}} of the checkpoint", self.unexpected, help
        if self.mismatched:
            shapes = [mismatch.text for mismatch in self.mismatched]
            yield "the checkpoint has other shapes for {}", shapes, self._classes()

    def _finding(self, message: str, names: Sequence[str], help: str | None) -> Diagnostic:
        listed = "; ".join(name[:160] for name in names[:LISTED])
        more = f"; and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
        text = message.format(counted(len(names), "weight"))
        return Diagnostic("A445", text, note=f"{listed}{more}", help=help)

    def _classes(self) -> str:
        """Return what to type for weights of other shapes; the numbers of classes are named."""
        for mismatch in self.mismatched:
            if (
                mismatch.pair.ours == self.classifier
                and mismatch.shape[1:] == mismatch.expected[1:]
            ):
                return (
                    f"the checkpoint is for {mismatch.shape[0]:,} classes, the network for "
                    f"{mismatch.expected[0]:,}: set the spec's classes, or convert the others "
                    "with --partial"
                )
        return "convert the others with --partial"

    def text(self) -> str:
        """Return the facts as lines of text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"  names        {self.map}{f', under `{self.where[:80]}`' if self.where else ''}"
        yield f"  loaded       {counted(len(self.loaded), 'weight')}"
        groups: dict[str, Sequence[str]] = {
            "reshaped": [pair.text for pair in self.reshaped],
            "set to 0": [pair.ours for pair in self.filled],
            "missing": [pair.text for pair in self.missing],
            "mismatched": [mismatch.text for mismatch in self.mismatched],
            "unexpected": self.unexpected,
            "ignored": self.ignored,
        }
        for title, names in groups.items():
            if names:
                yield f"  {title:<12} {len(names):,}: {', '.join(names[:2])[:160]}"
        if self.note:
            yield f"  note         {self.note}"

    def as_json(self) -> str:
        """Return the facts and all names as JSON."""
        facts = {
            "archdsl": __version__,
            "network": self.network,
            "map": self.map,
            "where": self.where,
            "loaded": _pairs(self.loaded),
            "reshaped": _pairs(self.reshaped),
            "filled": _pairs(self.filled),
            "missing": _pairs(self.missing),
            "mismatched": [
                {**_pairs([m.pair])[0], "shape": m.shape, "expected": m.expected}
                for m in self.mismatched
            ],
            "unexpected": self.unexpected,
            "ignored": self.ignored,
            "note": self.note,
        }
        return json.dumps(facts, indent=2) + "\n"


def _pairs(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    return [{"name": pair.ours, "checkpoint": pair.theirs} for pair in pairs]


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a scalar"
