"""Layer words to layers: widths known, padding known, names given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.ir import ops
from archdsl.ir.ops import Shape
from archdsl.language import layers as words

Made = tuple[tuple[ops.Layer, ...], Shape]


def lower_chain(
    chain: Sequence[words.LayerWords],
    shape: Shape,
    stride: int,
    places: Sequence[Place],
    remarks: list[Diagnostic],
) -> Made:
    """The layers and the shape they make of `shape`.

    `stride` is for the first convolution that writes none; `places[i]` is where word i is written.
    Warnings and notes on the layers are added to `remarks`. Raises ArchdslError (A2xx), one
    finding.
    """
    named = iter(names(chain))
    made: list[ops.Layer] = []
    for position, word in enumerate(chain):
        place = places[min(position, len(places) - 1)]
        try:
            layer, stride = lower_layer(word, next(named), shape, stride)
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


def names(chain: Sequence[words.LayerWords]) -> list[str]:
    """`conv` if there is one in the chain, else `conv1`, `conv2`, ... in order."""
    totals = Counter(word.layer for word in chain)
    seen: Counter[str] = Counter()
    found = []
    for word in chain:
        seen[word.layer] += 1
        found.append(f"{word.layer}{seen[word.layer]}" if totals[word.layer] > 1 else word.layer)
    return found


def lower_layer(
    word: words.LayerWords, name: str, shape: Shape, stride: int
) -> tuple[ops.Layer | None, int]:
    """One layer (None for a dropout of 0), and the stride that is still to be placed."""
    match word:
        case words.Conv():
            taken = word.stride is None
            return _conv(word, name, shape, stride), 1 if taken else stride
        case words.Norm():
            return ops.Norm(name, shape[0], flat=len(shape) == 1), stride
        case words.Relu() | words.Gelu() | words.Silu():
            return ops.Activation(word.layer), stride
        case words.Dropout():
            return (ops.Dropout(float(word.p)) if word.p else None), stride
        case words.Pool():
            return _pool(word), stride
        case words.Flatten():
            return ops.Flatten(), stride
        case words.Linear():
            return ops.Linear(name, shape[0], word.width, word.bias), stride
    raise AssertionError(word)


def _conv(word: words.Conv, name: str, shape: Shape, stride: int) -> ops.Conv:
    if word.padding is None and word.kernel % 2 == 0:
        raise fail(
            "A213",
            f"a kernel of {word.kernel} has no middle, so no padding keeps the size",
            help="use an odd kernel, or say `padding:`",
        )
    for count, what in ((shape[0], "channels it is given"), (word.width, "channels it makes")):
        if count % word.groups:
            raise fail("A215", f"{word.groups} groups do not divide the {count} {what}")
    padding = (word.kernel - 1) // 2 if word.padding is None else word.padding
    own = stride if word.stride is None else word.stride
    return ops.Conv(name, shape[0], word.width, word.kernel, own, padding, word.groups, word.bias)


def _pool(word: words.Pool) -> ops.Pool | ops.PoolTo:
    if word.to is not None:
        for key in ("kernel", "stride", "padding"):
            if key in word.model_fields_set:
                message = f"`to` says how large the map becomes, so `{key}` would be ignored"
                raise fail("A226", message, help=f"leave `{key}` or `to` out")
        return ops.PoolTo(word.kind, word.to)
    if word.kernel is None:
        raise fail("A103", "a pool needs either `kernel` or `to`", help="{pool: {to: 1}}")
    if word.padding > word.kernel // 2:
        raise fail("A213", f"padding {word.padding} is more than half of a kernel of {word.kernel}")
    return ops.Pool(word.kind, word.kernel, word.stride or word.kernel, word.padding)
