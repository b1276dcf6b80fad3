"""`{rule: full}`: every layer reads all earlier outputs, oldest first (equation 3)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.rules.ordered import Ordered


def full(layer: int) -> range:
    """The outputs that a layer reads: all before it, oldest first."""
    return range(layer)


class Full(Ordered):
    """ResNet's and DenseNet's topology."""

    rule: Literal["full"]
    order: Literal["newest", "oldest"] = Field(
        "oldest", description="which of the outputs is the first where they are joined"
    )
    sources: ClassVar = staticmethod(full)
    reads_all: ClassVar[bool] = True

    def fan_in(self, layer: int) -> int:
        """l: y_0 ... y_(l-1)."""
        return layer

    def links(self, layers: int) -> int:
        """N (N + 1) / 2."""
        return layers * (layers + 1) // 2

    def offsets(self, layers: int) -> range:
        """Every distance."""
        return range(1, layers + 1)

    def says(self) -> str:
        """The reads in words."""
        return f"every earlier output, {self.first()}"
