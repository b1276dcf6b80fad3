"""What the operator of a stage is given, and what its forward pass keeps."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import StagePlan, stage_plan


class StageArguments(NamedTuple):
    """What both operators are given after their first tensors, in this order.

    `convolutions`, `biases`, `scales` and `shifts` are the weights of all layers, in order. Each
    layer's output is multiplied by one of `masks`, such as that of a dropout; the list may be
    empty.
    `means` and `variances` are the running statistics of norms that normalise by these; `running`
    has the place of each norm in both lists, -1 if it normalises by the statistics of the batch.
    `eps` has the number that each norm adds to its variance, `plan` the text of a `StagePlan`.
    `maps` says how the outputs lie: see `StageOutputs`.
    """

    convolutions: list[Tensor]
    biases: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]
    masks: list[Tensor]
    means: list[Tensor]
    variances: list[Tensor]
    running: list[int]
    eps: list[float]
    plan: str
    maps: bool

    @property
    def weights(self) -> StageWeights:
        """The weights alone."""
        return StageWeights(self.convolutions, self.biases, self.scales, self.shifts)

    @property
    def stage(self) -> StagePlan:
        """The plan."""
        return stage_plan(self.plan)

    def of_batch(self, norm: int) -> bool:
        """Return whether a norm, by its place, normalises by the statistics of the batch."""
        return norm >= 0 and self.running[norm] < 0

    @property
    def normalised(self) -> bool:
        """Whether such a norm reads the buffer, so that its channels' statistics are needed."""
        return any(self.of_batch(layer.parts[0].norm) for layer in self.stage.layers)


class StageWeights(NamedTuple):
    """The weights of a stage in the order of its layers, or their gradients."""

    convolutions: list[Tensor]
    biases: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]


class StageKept(NamedTuple):
    """What the forward pass leaves for the backward pass.

    `outputs` are those of the stage as `StageOutputs` has them. `means` and `variances` are first
    those of their channels in the batch, then those of the norms that read one of the `tensors`,
    the results of convolutions. What no norm needs is empty.
    """

    outputs: Tensor
    tensors: list[Tensor]
    means: list[Tensor]
    variances: list[Tensor]
