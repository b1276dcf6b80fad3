"""The words of `expect`: published figures, and the settings that they hold for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from archdsl.language.values import Words


class Figure(Words):
    """One published number."""

    value: int | str = Field(description="123456, or as printed: 4.51M")
    tolerance: str | None = Field(
        None,
        description="such as 0.5%; without it, the number must round to the printed digits",
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})? *%$",
    )
    source: Annotated[str, Field(max_length=400, description="where the number is printed")]


Quantity = Literal["parameters", "macs", "flops", "depth", "layers", "links", "skip_links"]


class Expectation(Words):
    """Published figures, and the settings they hold for (all others at their defaults)."""

    when: dict[str, Any] = Field(
        default_factory=dict, description="values of the parameters for which the figures hold"
    )
    parameters: Figure | None = Field(None, description="number of parameters")
    macs: Figure | None = Field(None, description="multiply-adds for one input")
    flops: Figure | None = Field(
        None, description="floating-point operations for one input, two for each multiply-add"
    )
    depth: Figure | None = Field(
        None, description="convolutions and linear layers on the longest path"
    )
    layers: Figure | None = Field(None, description="layers of all stages")
    links: Figure | None = Field(None, description="links of all stages")
    skip_links: Figure | None = Field(
        None, description="links of all stages except those to the previous output"
    )

    def figures(self) -> list[tuple[str, Figure]]:
        """The published numbers by quantity."""
        names = ("parameters", "macs", "flops", "depth", "layers", "links", "skip_links")
        return [(name, figure) for name in names if (figure := getattr(self, name)) is not None]
