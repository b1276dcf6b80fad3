"""What every word for a layer answers."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.values import Words

Order = Annotated[
    Literal["pre", "post"],
    Field(description="pre: norm, relu, conv; post: conv, norm, relu"),
]


class LayerWords(Words):
    """One primitive layer as a spec writes it; `layer` holds its word."""

    layer: str
    bare: ClassVar[bool] = False
    """Whether the word may stand alone, without numbers."""

    def word(self) -> str:
        """Return the layer's word; the `kind` of a norm or a pool is another key."""
        return self.layer

    def step(self) -> Any:
        """Return how far apart the windows are, as it is written; None without a window."""
        return None

    def takes_stride(self) -> bool:
        """Return whether the layer takes the stage's stride, because it states none itself."""
        return False
