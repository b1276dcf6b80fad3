"""The words for choosing and reordering channels."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.language.layers.words import LayerWords
from archdsl.language.values import WIDEST, Bounds, Width


class Keep(LayerWords):
    """Neighbouring channels; the others are left out."""

    layer: Literal["keep"] = "keep"
    since: ClassVar[int] = 2
    start: Annotated[int, Bounds(0, WIDEST)] = Field(0, description="first channel, counted from 0")
    width: Width = Field(description="number of channels")


class Select(LayerWords):
    """Channels by an index that training has learned, as in converted CondenseNets."""

    layer: Literal["select"] = "select"
    shorthand: ClassVar[str | None] = "width"
    since: ClassVar[int] = 2
    width: Width = Field(description="number of entries of the index")


class Shuffle(LayerWords):
    """Channel shuffle: one channel of every group in turn (Zhang et al. 2018)."""

    layer: Literal["shuffle"] = "shuffle"
    shorthand: ClassVar[str | None] = "groups"
    since: ClassVar[int] = 2
    groups: Width = Field(description="number of groups that the channels are in")
