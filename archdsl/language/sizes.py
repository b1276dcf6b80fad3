"""A number for all spatial dimensions of a kernel, or a number for each: `3`, `1x7`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from archdsl.language.values import Bounds

SIZES = re.compile(r"[0-9]{1,9}(x[0-9]{1,9}){1,2}\Z", re.ASCII)


class Sizes(str):
    """`1x7`: one number for each spatial dimension, height x width."""

    __slots__ = ()

    @property
    def sides(self) -> tuple[int, ...]:
        """The numbers."""
        return tuple(map(int, self.split("x")))


@dataclass(frozen=True)
class EachSide(Bounds):
    """The numbers that a field takes, alone or one for each spatial dimension."""

    def one(self, value: Any) -> Any:
        """A number, arithmetic still to be evaluated, or sizes. Raises ArchdslError (A101)."""
        if not (isinstance(value, str) and SIZES.match(value)):
            return super().one(value)
        sizes = Sizes(value)
        for side in sizes.sides:
            self.check(side)
        return sizes


Kernel = Annotated[int | Sizes, EachSide(1, 31)]
SidePadding = Annotated[int | Sizes, EachSide(0, 31)]
