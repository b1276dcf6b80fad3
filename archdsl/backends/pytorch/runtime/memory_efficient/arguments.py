"""What the operator of a stage is given, and what its forward pass keeps."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import StagePlan, stage_plan


class StageArguments(NamedTuple):
    """What both operators are given after their first tensors, in this order.

    `convolutions`, `scales` and `shifts` are the weights of all layers, in order. Each layer's
    output is multiplied by one of `masks`, such as that of a dropout; the list may be empty. `eps`
    has the number that each norm adds to its variance, `plan` the text of a `StagePlan`.
    """

    convolutions: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]
    masks: list[Tensor]
    eps: list[float]
    plan: str

    @property
    def weights(self) -> StageWeights:
        """The weights alone."""
        return StageWeights(self.convolutions, self.scales, self.shifts)

    @property
    def stage(self) -> StagePlan:
        """The plan."""
        return stage_plan(self.plan)


class StageWeights(NamedTuple):
    """The weights of a stage in the order of its layers, or their gradients."""

    convolutions: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]


class StageKept(NamedTuple):
    """What the forward pass leaves for the backward pass.

    `means` and `variances` are first those of the buffer's channels, then those of the norms that
    read one of the `tensors`, the outputs of convolutions.
    """

    buffer: Tensor
    tensors: list[Tensor]
    means: list[Tensor]
    variances: list[Tensor]
