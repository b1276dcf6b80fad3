"""The numbers of a recipe, which may be arithmetic over its parameters until they are resolved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from archdsl.errors import ArchdslError, fail
from archdsl.language.arithmetic import Value
from archdsl.language.values import Bounds, as_pydantic


@dataclass(frozen=True)
class NumberBounds(Bounds):
    """The numbers that a key of a recipe takes. A recipe has no lists with a number per stage."""

    above: bool = False
    """Whether the lowest number is not allowed itself."""

    def validate(self, value: Any) -> Any:
        """pydantic's entry: numbers are checked now, arithmetic when it is resolved."""
        if isinstance(value, list):
            raise as_pydantic(fail("A106", "this must be a number, not a list"))
        return super().validate(value)

    def check(self, value: Value) -> int | float:
        """The number itself if it is allowed. Raises ArchdslError (A101) without a place."""
        number = super().check(value)
        if self.above and number == self.low:
            raise fail("A101", f"this must be more than {self.low}", help=self.help)
        return number

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {
            "type": "integer" if self.whole else "number",
            ("exclusiveMinimum" if self.above else "minimum"): self.low,
            ("exclusiveMaximum" if self.below_high else "maximum"): self.high,
        }
        arithmetic = "arithmetic over the recipe's parameters"
        return {"anyOf": [number, {"type": "string", "description": arithmetic}]}


@dataclass(frozen=True)
class ShareBounds(NumberBounds):
    """Shares of a training. Steps and epochs that are written in their place are explained."""

    def check(self, value: Value) -> int | float:
        """The number itself if it is allowed. Raises ArchdslError (A101) without a place."""
        try:
            return super().check(value)
        except ArchdslError as error:
            help = "a share of all steps, such as 1/2, whatever the number of epochs"
            raise ArchdslError(replace(error.diagnostics[0], help=help)) from None


Share = Annotated[float, ShareBounds(0, 1, whole=False, below_high=True)]
Part = Annotated[float, NumberBounds(0, 1, whole=False, below_high=True)]
Factor = Annotated[float, NumberBounds(0, 1, whole=False)]
Rate = Annotated[float, NumberBounds(0, 10_000, whole=False, above=True)]
Amount = Annotated[float, NumberBounds(0, 10_000, whole=False)]
Number = Annotated[int, NumberBounds(1, 1_000_000_000)]
NumberOrNone = Annotated[int, NumberBounds(0, 1_000_000_000)]
Pixels = Annotated[int, NumberBounds(1, 4_096)]
Seed = Annotated[int, NumberBounds(0, 2**31 - 1)]
Processes = Annotated[int, NumberBounds(0, 1_024)]
