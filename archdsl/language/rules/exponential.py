"""`{rule: exponential, base: c}`: reads at exponentially growing distances (equation 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from archdsl.language.rule import floor_log
from archdsl.language.rules.ordered import Ordered
from archdsl.language.values import Base


def exponential(layer: int, base: int) -> list[int]:
    """The outputs that a layer reads: 1, base, base**2, ... back, nearest first.

    Args:
        layer: the number of the layer, 1 or more.
        base: the ratio of successive distances, 2 or more.
    """
    sources = []
    offset = 1
    while offset <= layer:
        sources.append(layer - offset)
        offset *= base
    return sources


class Exponential(Ordered):
    """SparseNet's topology: layer l reads y_(l - c^k) for every c^k <= l.

    With `entry: always` each layer reads y_0, too: the oldest output, and so at that end.
    """

    keys_since: ClassVar[Mapping[str, int]] = {**Ordered.keys_since, "entry": 2}
    rule: Literal["exponential"]
    base: Base = Field(2, description="c: outputs are read at the distances 1, c, c^2, ...")
    entry: Literal["rule", "always"] = Field(
        "rule", description="`always`: each layer reads y_0, too"
    )
    sources: ClassVar = staticmethod(exponential)

    @property
    def always(self) -> bool:
        """Whether each layer reads y_0."""
        return self.entry == "always"

    def arguments(self) -> tuple[int]:
        """The base."""
        return (self.base,)

    def reads(self, layer: int) -> Sequence[int]:
        """The outputs 1, c, c^2, ... back, and y_0 where the rule has it read."""
        reads = super().reads(layer)
        if self.entry == "rule" or 0 in reads:
            return reads
        return [0, *reads] if self.order == "oldest" else [*reads, 0]

    def source(self) -> str | None:
        """The reads of layers that all read y_0 are written as a table."""
        return None if self.always else super().source()

    def fan_in(self, layer: int) -> int:
        """floor(log_c l) + 1 (equation 2); y_0 adds 1 unless l is a power of c."""
        power = floor_log(self.base, layer)
        return power + 1 + (self.always and self.base**power != layer)

    def links(self, layers: int) -> int:
        """Sum over the distances c^k <= N of the N - c^k + 1 layers that have room for one.

        y_0 adds a link for each layer whose number is not a power of c.
        """
        distances = self._distances(layers)
        added = layers - len(distances) if self.always else 0
        return sum(layers - offset + 1 for offset in distances) + added

    def bound(self, layers: int) -> int:
        """N (floor(log_c N) + 1), the O(N log N) of equation 4; N more with y_0."""
        return layers * self.fan_in_bound(layers)

    def fan_in_bound(self, layer: int) -> int:
        """floor(log_c l) + 1, and 1 more with y_0."""
        return floor_log(self.base, layer) + 1 + self.always

    def offsets(self, layers: int) -> tuple[int, ...] | None:
        """c^0, c^1, ... up to `layers`; None with y_0, whose distance grows."""
        return None if self.always else self._distances(layers)

    def _distances(self, layers: int) -> tuple[int, ...]:
        """c^0, c^1, ... up to `layers`."""
        return tuple(self.base**power for power in range(floor_log(self.base, layers) + 1))

    def plain_because(self, layers: int) -> str | None:
        """No layer of two or more has room for the distance c."""
        if self.base > layers + 1 > 2 and not self.always:
            return f"base {self.base:,} is larger than the {layers} layers"
        return None

    def says(self) -> str:
        """The reads in words."""
        distances = ", ".join(str(self.base**power) for power in range(4))
        entry = " and y_0" if self.always else ""
        return f"the outputs {distances}, ... back{entry}, {self.first()}"
