"""Where the outputs of a stage lie, and numbers of their channels."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import stage_merged
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_along,
    stage_layout,
    stage_room,
)


class StageOutputs(NamedTuple):
    """The outputs of a stage, or their gradients: side by side, (N, C, ...)."""

    tensor: Tensor

    @classmethod
    def room(cls, x: Tensor, channels: int) -> StageOutputs:
        """Return uninitialised outputs.

        Args:
            x: the first of them.
            channels: of all of them.
        """
        return cls(stage_room(x, channels))

    @property
    def layout(self) -> torch.memory_format:
        """The memory format of all tensors of the stage."""
        return stage_layout(self.tensor)

    def output(self, place: tuple[int, int]) -> Tensor:
        """Return channels as they lie, (N, channels, ...).

        Args:
            place: the first of them and the end.
        """
        return self.tensor[:, place[0] : place[1]]

    def read(self, places: tuple[tuple[int, int], ...]) -> list[Tensor]:
        """Return the channels of some outputs in as few tensors as there can be.

        Args:
            places: of the outputs, in the order in which they are read.
        """
        return [self.output(run) for run in stage_merged(places)]


def stage_joined(pieces: list[Tensor], layout: torch.memory_format) -> Tensor:
    """Return pieces side by side, dense.

    Args:
        pieces: each (N, channels, ...).
        layout: of the result.
    """
    joined = torch.cat(pieces, dim=1) if len(pieces) > 1 else pieces[0]
    return joined.contiguous(memory_format=layout)


def stage_add(targets: list[Tensor], gradient: Tensor, factor: Tensor | None) -> None:
    """Add a layer's gradient, times a factor if any, to those of the outputs that it reads.

    Args:
        targets: the gradients of these outputs, as they lie.
        gradient: the gradient of what the layer reads.
        factor: a number for each of its channels, or nothing.
    """
    position = 0
    for target in targets:
        here = slice(position, position := position + target.shape[1])
        part = gradient[:, here]
        if factor is None:
            target.add_(part)
        elif factor.dtype == part.dtype:
            target.addcmul_(part, stage_along(factor[here], part))
        else:  # the product is rounded once
            target.add_(part * stage_along(factor[here], part))


@cache
def stage_index(places: tuple[tuple[int, int], ...], device: torch.device) -> Tensor:
    """Return the numbers of channels; copying them to a device waits for it, so it is done once.

    Args:
        places: the channels, each run by its first and its end.
        device: where the numbers are needed.
    """
    channels = [channel for start, end in places for channel in range(start, end)]
    return torch.tensor(channels, device=device)


def stage_pick(numbers: Tensor, places: tuple[tuple[int, int], ...]) -> Tensor:
    """Return the numbers of channels, in the order in which they are read.

    Args:
        numbers: one per channel of the buffer.
        places: the channels.
    """
    return numbers.index_select(0, stage_index(places, numbers.device))


def stage_spread(totals: Tensor, numbers: Tensor, places: tuple[tuple[int, int], ...]) -> None:
    """Add a layer's number of each channel that it reads to the totals.

    Args:
        totals: a number for each channel of the buffer.
        numbers: a number for each channel that the layer reads.
        places: the channels of the buffer.
    """
    totals.index_add_(0, stage_index(places, totals.device), numbers)
