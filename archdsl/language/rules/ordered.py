"""Rules whose reads can be written with the newest output first, or with the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from archdsl.language.rule import Rule


class Ordered(Rule):
    """A rule with the key `order`; its default is the order in which `sources` names the outputs.

    The order of the reads is that of the channels where they are concatenated.
    """

    keys_since: ClassVar[Mapping[str, int]] = {"order": 2}
    order: Literal["newest", "oldest"] = Field(
        "newest", description="which of the outputs is the first where they are joined"
    )
    usual: ClassVar[str]
    """The default of `order`."""

    @classmethod
    def __pydantic_init_subclass__(cls, **keywords: Any) -> None:
        """Keep the default of the class, which every layer's reads are compared with."""
        super().__pydantic_init_subclass__(**keywords)
        cls.usual = cls.model_fields["order"].default

    @property
    def reverses(self) -> bool:
        """Whether the order is not the default."""
        return self.order != self.usual

    @property
    def newest_first(self) -> bool:
        """Whether the key has the newest output first."""
        return self.order == "newest"

    def oldest_first(self) -> Self:
        """Return the rule with the oldest output first."""
        return self.model_copy(update={"order": "oldest"})

    def reads(self, layer: int) -> Sequence[int]:
        """The outputs that `sources` names, in the order of the key."""
        sources = super().reads(layer)
        return sources[::-1] if self.reverses else sources

    def first(self) -> str:
        """Which outputs come first: the end of a sentence on what a layer reads."""
        return "oldest first" if self.order == "oldest" else "nearest first"
