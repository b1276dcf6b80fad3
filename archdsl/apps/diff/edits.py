"""Layers that were inserted, removed or replaced, in a list of units and inside each unit.

Lists are aligned by `difflib`, so a layer inserted in the middle is one edit, and the layers after
it are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby

from archdsl.apps.diff.words import layer_words
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Chain, Layer

LONGEST = 1_000
"""Most entries of a list that is aligned: the time grows with the square."""

Layers = tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Entries of a list that one network has and the other has not.

    `first` and `last` are the numbers, from 1, of the units that contain them, or of the entries
    themselves; those of the second network, or of the first one if all were removed.
    """

    first: int
    last: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


def stage_edits(
    one: tuple[Graph, Stage | None], other: tuple[Graph, Stage | None]
) -> tuple[Edit, ...]:
    """Return the edits of the units of a stage; nothing if one network lacks the stage.

    Args:
        one: the network before the change, and the stage.
        other: the network after it, and the stage.
    """
    (before, old), (after, new) = one, other
    if old is None or new is None:
        return ()
    lists = [[_layers(graph, name) for name in stage.layers]
             for graph, stage in ((before, old), (after, new))]  # fmt: skip
    return tuple(_merged(_units(*lists)))


def chain_edits(one: Layers, other: Layers) -> tuple[Edit, ...]:
    """Return the edits of a list of layers, such as a stem.

    Layers inside blocks are entries of the list too.

    Args:
        one: the layers before the change.
        other: the layers after it.
    """
    return tuple(_edits(list(_flat(one)), list(_flat(other))))


def chain_layers(graph: Graph, name: str) -> Layers:
    """Return the layers of a stem, of what lies between stages, or of a head; none without it.

    Args:
        graph: the network.
        name: the name of the node, such as `stem`.
    """
    return _layers(graph, name) if name in graph.nodes else ()


def _layers(graph: Graph, name: str) -> Layers:
    op = graph[name].op
    return op.layers if isinstance(op, Chain) else ()


def _units(one: Sequence[Layers], other: Sequence[Layers]) -> Iterator[Edit]:
    """Yield whole units that were inserted or removed, and the edits inside units that changed."""
    words = [[layer_words(layers) for layers in units] for units in (one, other)]
    for tag, i, i_end, j, j_end in _opcodes(*words):
        if tag == "replace" and i_end - i == j_end - j:
            for old, new in zip(range(i, i_end), range(j, j_end), strict=True):
                for edit in chain_edits(one[old], other[new]):
                    yield replace(edit, first=new + 1, last=new + 1)
        else:
            yield from _whole(words, (i, i_end), (j, j_end))


def _whole(
    words: Sequence[Sequence[str]], old: tuple[int, int], new: tuple[int, int]
) -> Iterator[Edit]:
    for number, text in enumerate(words[0][slice(*old)], start=old[0] + 1):
        yield Edit(number, number, (text,), ())
    for number, text in enumerate(words[1][slice(*new)], start=new[0] + 1):
        yield Edit(number, number, (), (text,))


def _merged(edits: Iterator[Edit]) -> Iterator[Edit]:
    """Join equal edits of neighbouring units."""
    changes = groupby(
        sorted(edits, key=lambda edit: (edit.removed, edit.added, edit.first)),
        key=lambda edit: (edit.removed, edit.added),
    )
    runs = [run for _, same in changes for run in _runs(list(same))]
    yield from sorted(runs, key=lambda edit: (edit.first, edit.last))


def _runs(same: Sequence[Edit]) -> Iterator[Edit]:
    for _, group in groupby(enumerate(same), key=lambda item: item[1].first - item[0]):
        run = [edit for _, edit in group]
        yield replace(run[0], last=run[-1].last)


def _edits(one: Sequence[str], other: Sequence[str]) -> Iterator[Edit]:
    for tag, i, i_end, j, j_end in _opcodes(one, other):
        first, last = (i + 1, i_end) if tag == "delete" else (j + 1, j_end)
        yield Edit(first, last, tuple(one[i:i_end]), tuple(other[j:j_end]))


def _opcodes(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return the differences of two lists; of long ones, that of whole lists."""
    if max(len(one), len(other)) > LONGEST:
        return []
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [code for code in matcher.get_opcodes() if code[0] != "equal"]


def _flat(layers: Sequence[Layer], prefix: str = "") -> Iterator[str]:
    """Yield the words of layers; those inside a block after its name: `gate: relu`."""
    for layer in layers:
        if not isinstance(layer, Block):
            yield f"{prefix}{layer.words()}"
            continue
        yield f"{prefix}{layer.name}: {layer.operator.says()}, exit {_numbers(layer.exit)}"
        for place, part in enumerate(layer.parts):
            number = "" if layer.flat else f" F{place + 1}"
            yield from _flat(part, f"{prefix}{layer.name}{number}: ")


def _numbers(reads: Sequence[int]) -> str:
    return " ".join(f"F{read}" for read in reads)
