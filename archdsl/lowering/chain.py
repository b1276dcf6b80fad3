"""Layer words to layers: widths known, padding known, names given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from archdsl.errors import ArchdslError, Diagnostic, Place
from archdsl.ir.layers import Weighted, from_word
from archdsl.ir.ops import Layer, Shape
from archdsl.language.layers import LayerWords, Nested

Made = tuple[tuple[Layer, ...], Shape]
Nest = Callable[[Nested, Shape, int], tuple[Layer, ...]]


class Layers:
    """The layers of a list, added one after another to what the layers before them return.

    Attributes:
        shape: shape that the layers so far return.
        stride: the stride that no layer has taken yet; the next layer that can, takes it.
    """

    def __init__(self, shape: Shape, stride: int, remarks: list[Diagnostic]) -> None:
        self.shape, self.stride, self.remarks = shape, stride, remarks
        self.layers: list[tuple[str, Layer | None]] = []
        self.totals: Counter[str] = Counter()

    def add(self, word: LayerWords, place: Place, nest: Nest | None = None) -> None:
        """Add the layer for a word.

        Args:
            word: the word, with all numbers known but those inside blocks.
            place: where it is written.
            nest: lowers a block, given its word, input shape and stride.

        Raises:
            ArchdslError: A2xx, one finding, located.
        """
        try:
            layers: tuple[Layer | None, ...]
            if isinstance(word, Nested):
                assert nest is not None, "a block needs the scope of its list"
                layers = nest(word, self.shape, self.stride)
            else:
                number = self.totals[word.layer] + 1
                name = f"{word.layer}{number}" if number > 1 else word.layer
                layers = (from_word(word, name, self.shape, self.stride),)
            for layer in layers:
                named = len(layers) == 1 or isinstance(layer, Weighted)  # the state has no name
                self._append(word.layer if named else "", layer, place)
        except ArchdslError as error:
            raise error.within(place["source"], place["span"]) from None
        self.stride = 1 if word.takes_stride() else self.stride
        self.totals[word.layer] += 1

    def _append(self, word: str, layer: Layer | None, place: Place) -> None:
        """Add a layer; `word` is that with which its name begins, if it can have one."""
        self.layers.append((word, layer))
        if layer:
            before, self.shape = self.shape, layer.after(self.shape)
            self.remarks += layer.remarks(before, place)

    def named(self) -> tuple[Layer, ...]:
        """Return the layers: `conv` if the list has one, else `conv1`, `conv2`, ... in order.

        A word that stands for no layer, such as a dropout of 0, has a number too.
        """
        return tuple(self._named())

    def _named(self) -> Iterator[Layer]:
        seen: Counter[str] = Counter()
        for word, layer in self.layers:
            seen[word] += 1
            name = f"{word}{seen[word]}"
            # The first layer of a word was named before the second one was known.
            if isinstance(layer, Weighted) and self.totals[word] > 1 and layer.name != name:
                yield replace(layer, name=name)
            elif layer:
                yield layer
