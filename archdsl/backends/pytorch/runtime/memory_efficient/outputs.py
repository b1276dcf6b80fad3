"""Where the outputs of a stage lie, and numbers of their channels."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.memory_efficient.plan import stage_merged
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_along,
    stage_layout,
    stage_room,
)


class StageOutputs:
    """The outputs of a stage, or their gradients.

    They lie side by side, (N, C, ...). With `maps` each is a dense map in channels-last order, one
    after another in a tensor (C, N, H, W): what reads few of them skips the others' memory.

    Args:
        tensor: all of them.
        maps: whether each is a map of its own.
    """

    def __init__(self, tensor: Tensor, *, maps: bool = False) -> None:
        self.tensor, self.maps = tensor, maps
        self.layout = torch.channels_last if maps else stage_layout(tensor)
        self.views: dict[tuple[int, int], Tensor] = {}

    def output(self, place: tuple[int, int]) -> Tensor:
        """Return an output as it lies, (N, channels, ...).

        Args:
            place: its channels, the first and the end.
        """
        if place not in self.views:
            here = slice(*place)
            x = self.tensor
            self.views[place] = stage_map(x[here]) if self.maps else x[:, here]
        return self.views[place]

    def read(self, places: tuple[tuple[int, int], ...]) -> list[Tensor]:
        """Return some outputs in as few tensors as there can be.

        Args:
            places: the channels of each, in the order in which they are read.
        """
        runs = places if self.maps else stage_merged(places)
        return [self.output(run) for run in runs]

    def split(self, widths: list[int]) -> list[Tensor]:
        """Return every output as it lies.

        Args:
            widths: the channels of each.
        """
        parts = self.tensor.split(widths, dim=0 if self.maps else 1)
        return [stage_map(part) for part in parts] if self.maps else list(parts)


def stage_outputs(x: Tensor, channels: int, *, maps: bool) -> StageOutputs:
    """Return uninitialised outputs of a stage.

    Args:
        x: the first of them.
        channels: of all of them.
        maps: whether each is a map of its own.
    """
    if not maps:
        return StageOutputs(stage_room(x, channels))
    return StageOutputs(x.new_empty((channels, x.shape[0], *x.shape[2:])), maps=True)


def stage_map(part: Tensor) -> Tensor:
    """Return a map in channels-last order as (N, C, H, W).

    Args:
        part: its memory as a tensor (C, N, H, W).
    """
    channels, images, height, width = part.shape
    return part.view(images, height, width, channels).permute(0, 3, 1, 2)


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
    widths = [target.shape[1] for target in targets]
    parts = gradient.split_with_sizes(widths, 1)
    if factor is None:
        for target, part in zip(targets, parts, strict=True):
            target.add_(part)
        return
    factors = stage_along(factor, gradient).split_with_sizes(widths)
    for target, part, number in zip(targets, parts, factors, strict=True):
        if number.dtype == part.dtype:
            target.addcmul_(part, number)
        else:  # the product is rounded once
            target.add_(part * number)


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
