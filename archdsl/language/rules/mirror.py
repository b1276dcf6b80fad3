"""`{rule: mirror}`: the second half reads the first half in reverse, as in U-Net and U-ViT."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import PrivateAttr

from archdsl.language.rules.ordered import Ordered


def mirror(layer: int, layers: int) -> list[int]:
    """The outputs that a layer reads: the newest, and that of the layer opposite, nearest first.

    Args:
        layer: the number of the layer, 1 or more.
        layers: the number of layers of the stage.
    """
    opposite = layers + 1 - layer
    return [layer - 1, opposite] if opposite < layer - 1 else [layer - 1]


class Mirror(Ordered):
    """Layer N + 1 - l reads y_l as well as the newest output (Ronneberger et al. 2015)."""

    since: ClassVar[int] = 2
    rule: Literal["mirror"]
    sources: ClassVar = staticmethod(mirror)
    grows: ClassVar[bool] = False
    _layers: int = PrivateAttr(default=0)

    def for_layers(self, layers: int) -> Self:
        """The rule of a stage of N layers, whose middle is known."""
        rule = self.model_copy()
        rule._layers = layers
        return rule

    def at_depth(self, depth: int) -> tuple[Self, int]:
        """The rule of that many layers."""
        return self.for_layers(depth), depth

    def arguments(self) -> tuple[int]:
        """N."""
        return (self._layers,)

    def exit_reads(self, layers: int) -> list[int]:
        """y_N and y_0: layer N + 1 is opposite to the input."""
        return list(self.for_layers(layers).reads(layers + 1))

    def fan_in(self, layer: int) -> int:
        """2 in the second half, from layer N // 2 + 2 on; else 1."""
        return 1 + (2 * layer > self._layers + 2)

    def links(self, layers: int) -> int:
        """N + (N - 1) // 2."""
        return layers + max(0, layers - 1) // 2

    def bound(self, layers: int) -> int:
        """3 N / 2."""
        return 3 * layers // 2 + 1

    def fan_in_bound(self, layer: int) -> int:
        """2, and 1 for layers 1 and 2, which have one output to read or whose opposite is newer."""
        return min(2, max(1, layer - 1))

    def most_read(self, layers: int) -> int:
        """2, of three layers or more."""
        return 2 if layers > 2 else 1

    def plain_because(self, layers: int) -> str | None:
        """Two layers have nothing between them."""
        return None if layers > 2 else f"nothing is mirrored in {layers} layers"

    def says(self) -> str:
        """The reads in words."""
        return f"the newest output and that of the layer opposite, {self.first()}"
