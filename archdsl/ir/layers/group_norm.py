"""Normalisation over groups of channels, and over single channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from archdsl.counted import counted, inflected
from archdsl.errors import fail
from archdsl.ir.layers.layer import (
    FLOAT,
    Kept,
    Numbers,
    Shape,
    Weighted,
    affine,
)
from archdsl.ir.layers.norms import eps_argument, refuse_single_numbers
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class GroupNorm(Weighted):
    """Normalisation of each group of channels over all pixels, with scale and shift."""

    varying: ClassVar[tuple[str, ...]] = ("features", "groups")
    normalises: ClassVar[bool] = True
    features: int
    groups: int
    eps: float = 1e-5

    @classmethod
    def of(cls, word: words.Norm, name: str, shape: Shape, stride: int) -> GroupNorm:
        """The norm for a word; an instance norm has as many groups as channels.

        Raises: ArchdslError (A103, A214, A215).
        """
        instance = word.kind == "instance"
        groups = shape[0] if instance else word.groups
        if groups is None:
            raise fail(
                "A103", "a group norm needs `groups`", help="{norm: {kind: group, groups: 32}}"
            )
        if shape[0] % groups:
            raise fail(
                "A215",
                f"{groups} groups do not divide the {counted(shape[0], 'channel')} it is given",
            )
        refuse_single_numbers(word.kind, prod(shape) // groups)
        return cls(name, shape[0], groups, float(word.eps))

    def resized(self, shape: Shape) -> GroupNorm:
        instance = self.groups == self.features
        groups = shape[0] if instance else self.groups
        if shape[0] % groups:
            raise fail(
                "A215",
                f"{groups} groups do not divide the {counted(shape[0], 'channel')} it is given",
            )
        refuse_single_numbers("instance" if instance else "group", prod(shape) // groups)
        return replace(self, name="norm", features=shape[0], groups=groups)

    def takes(self) -> int:
        return self.features

    def weights(self) -> dict[str, Shape]:
        return affine((self.features,), bias=True)

    def operations(self, before: Shape, after: Shape) -> int:
        return prod(before)

    def kept(self, before: Shape, after: Shape) -> Kept:
        # Its input, and the mean and the inverse standard deviation of each group.
        return Kept(input=True, extra=2 * FLOAT * self.groups, always=True)

    def text(self) -> str:
        return f"{self.name}:g{self.groups}" + (f"/eps{self.eps:g}" if self.eps != 1e-5 else "")

    def words(self) -> str:
        return f"group norm in {counted(self.groups, 'group')}"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        return "nn.GroupNorm", [numbers["groups"], numbers["features"], *eps_argument(self.eps)]

    def describe(self, numbers: Numbers) -> str:
        return f"group norm in {numbers['groups']} {inflected(numbers['groups'], 'group')}"
