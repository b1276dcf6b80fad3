"""Calls that are recorded once for a shape of input and repeated; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.memory import FusedMemory


class FusedRecording:
    """The calls that compute a network's output for one shape of input.

    Call i makes value i + 1 from earlier values; value 0 is the input. Intermediate results live in
    memory of the recording, so it runs one input at a time.
    """

    def __init__(self, memory: FusedMemory) -> None:
        self.memory = memory
        self.calls: list[tuple[Any, tuple[int, ...], list[int]]] = []
        self.output = 0
        self.foreign = False  # whether a module is called, whose memory is not known

    def run(self, x: Tensor) -> Any:
        """Compute the output for an input; each value is freed after its last use."""
        values: list[Any] = [x]
        for function, inputs, dead in self.calls:
            values.append(function(*[values[index] for index in inputs]))
            for index in dead:
                values[index] = None
        return values[self.output]


class FusedRecorder:
    """Runs steps on an input and records their calls.

    Values are known by their index. Feature maps are in channels-last order. Several values that
    are passed together stand for their concatenation along the channels.
    """

    def __init__(self, device: str, x: Tensor) -> None:
        self.device = device
        self.values: list[Any] = [x]
        self.memory = FusedMemory(x)
        self.recording = FusedRecording(self.memory)

    def call(self, function: Any, *inputs: int) -> int:
        """Call a function of values, record the call, and return the index of its result."""
        self.values.append(function(*[self.values[index] for index in inputs]))
        self.recording.calls.append((function, inputs, []))
        return len(self.values) - 1

    def update(self, function: Any, value: int, *inputs: int) -> int:
        """Call a function that writes its result over `value`, which is not read any more.

        Args:
            function: called with the value and the inputs.
            value: index of the tensor that is written over.
            inputs: indices of other tensors that are read.
        """
        result = self.call(function, value, *inputs)
        self.free([value])
        return result

    def free(self, values: list[int]) -> None:
        """Free values that no later call reads; while recording nothing else could tell."""
        for index in values:
            self.values[index] = None

    def finish(self, values: list[int]) -> tuple[FusedRecording, Tensor]:
        """Return the recording, and its result: a tensor of the caller's own."""
        recording = self.recording
        output = recording.output = self.owned(self.join(values))
        last = {index: at for at, (_, inputs, _) in enumerate(recording.calls) for index in inputs}
        for index, at in last.items():
            if index != output:
                recording.calls[at][2].append(index)
        return recording, self.values[output]

    def join(self, values: list[int]) -> int:
        """Concatenate values; a feature map comes in channels-last order."""
        return self.ordered(
            values[0] if len(values) == 1 else self.call(fused_concatenate, *values)
        )

    def ordered(self, value: int) -> int:
        """Put a feature map into channels-last order."""
        tensor = self.values[value]
        return value if fused_ordered(tensor) is tensor else self.call(fused_ordered, value)

    def owned(self, value: int) -> int:
        """Copy a value out of the recording's memory, if it lies there."""
        inside = self.memory.holds(self.values[value])
        return self.call(torch.clone, value) if inside else value

    def constant(self, tensor: Tensor) -> int:
        """Make a part of the recording's memory a value."""
        return self.call(lambda: tensor)

    def shape(self, value: int) -> tuple[int, ...]:
        """Return the shape of a value."""
        return tuple(self.values[value].shape)


def fused_ordered(x: Tensor) -> Tensor:
    """Return a feature map in channels-last order with the strides of a dense one.

    torch calls a map with one channel or one pixel contiguous in any order, whatever the strides of
    the dimensions of size one: products and kernels compute addresses from them.
    """
    if x.dim() != 4:
        return x
    _, c, h, w = x.shape
    strides = (h * w * c, 1, w * c, c)
    if x.stride() == strides:
        return x
    return x.contiguous(memory_format=torch.channels_last).as_strided(x.shape, strides)


def fused_concatenate(*parts: Tensor) -> Tensor:
    """Concatenate along the channels."""
    return torch.cat(parts, dim=1)
