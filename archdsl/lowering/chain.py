"""Layer words to layers: widths known, padding known, names given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.ir.layers import from_word
from archdsl.ir.ops import Layer, Shape
from archdsl.language.layers import LayerWords, Nested

Made = tuple[tuple[Layer, ...], Shape]
Nest = Callable[[Nested, str, Shape, int, int], Layer]


def lower_chain(
    chain: Sequence[LayerWords],
    shape: Shape,
    stride: int,
    places: Sequence[Place],
    remarks: list[Diagnostic],
    nest: Nest | None = None,
) -> Made:
    """Return the layers of a list, and the shape that they make of `shape`.

    Args:
        chain: the words, with all numbers known but those inside blocks.
        shape: shape of the input.
        stride: stride for the first layer that takes one.
        places: `places[i]` is where word i is written.
        remarks: warnings and notes on the layers are added to it.
        nest: lowers a block, given its word, name, input shape, stride and position.

    Raises:
        ArchdslError: A2xx, one finding.
    """
    named = iter(names(chain))
    made: list[Layer] = []
    for position, word in enumerate(chain):
        place = places[min(position, len(places) - 1)]
        try:
            layer: Layer | None
            if isinstance(word, Nested):
                assert nest is not None, "a block needs the scope of its list"
                layer = nest(word, next(named), shape, stride, position)
            else:
                layer = from_word(word, next(named), shape, stride)
            stride = 1 if word.takes_stride() else stride
            if layer is None:
                continue
            after = layer.after(shape)
        except ArchdslError as error:
            raise error.within(place["source"], place["span"]) from None
        remarks += layer.remarks(shape, place)
        shape = after
        made.append(layer)
    if stride > 1:
        raise fail(
            "A225",
            f"no convolution of the unit takes the stage's stride of {stride}",
            help="leave `stride` out of one `conv`, or write `stride: stride` in one layer",
            **places[0],
        )
    return tuple(made), shape


def names(chain: Sequence[LayerWords]) -> list[str]:
    """`conv` if there is one in the chain, else `conv1`, `conv2`, ... in order."""
    totals = Counter(word.layer for word in chain)
    seen: Counter[str] = Counter()
    found = []
    for word in chain:
        seen[word.layer] += 1
        found.append(f"{word.layer}{seen[word.layer]}" if totals[word.layer] > 1 else word.layer)
    return found
