"""The parts of a network as steps with copied weights; pasted into emitted files."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.fuse.layers import fused_add, fused_add_relu
from archdsl.backends.pytorch.runtime.fuse.plan import Fork
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder


class FusedChain:
    """A unit, a stem, a transition or a head: its steps, and where a projection branches off."""

    def __init__(self, module: nn.Module, plan: Any, device: Any) -> None:
        steps = plan[type(module).__name__]
        forks = [index for index, step in enumerate(steps) if type(step) is Fork]
        self.fork = forks[0] if forks else -1
        self.projection: Any = None
        if forks:
            self.projection = fused_chain(module.get_submodule("projection"), plan, device)
        self.steps = [device.step(module, step) for step in steps if type(step) is not Fork]

    def record(self, recorder: FusedRecorder, values: list[int]) -> list[int]:
        """Record the steps; with a projection the results are the shortcut and the output.

        Args:
            recorder: the recording that the steps are added to.
            values: indices in the recording of the tensors that are read, side by side.

        Returns:
            The index of the output; before it that of the shortcut, if there is a projection.
        """
        shortcut, values = self.begin(recorder, values, len(self.steps))
        return shortcut + values

    def add(self, recorder: FusedRecorder, total: int, relu: bool) -> int:
        """Record the steps on a sum and add their output to it in place.

        Args:
            recorder: the recording that the steps are added to.
            total: index in the recording of the sum, which the steps read as well.
            relu: whether a ReLU follows the addition.

        Returns:
            The index of the new sum; that of the old one is not valid any more.
        """
        _, values = self.begin(recorder, [total], len(self.steps) - 1)
        return int(self.steps[-1].add(recorder, values, total, relu))

    def begin(
        self, recorder: FusedRecorder, values: list[int], count: int
    ) -> tuple[list[int], list[int]]:
        """Record the first steps; return the shortcut and what the next step reads.

        Args:
            recorder: the recording that the steps are added to.
            values: indices in the recording of the tensors that the first step reads.
            count: how many steps are recorded.

        Returns:
            The index of the shortcut, in a list that is empty if the projection branches off
            later or there is none; and the indices of what the step numbered `count` reads.
        """
        shortcut: list[int] = []
        last: list[int] = []
        for index in range(count + 1):
            if index == self.fork:
                shortcut = self.projection.record(recorder, values)
            if index < count:
                values = [self.steps[index].record(recorder, values, self.passing(index))]
                recorder.free(last)
                last = values
        return shortcut, values

    def passing(self, index: int) -> bool:
        """Whether the next step alone reads the result of this one, and makes a new tensor."""
        following = self.steps[index + 1 : index + 2]
        return bool(following) and index + 1 != self.fork and following[0].keeps_memory


class FusedModule:
    """A copy of a module that has no steps; it is called as it is."""

    def __init__(self, module: nn.Module) -> None:
        self.module = deepcopy(module).requires_grad_(False)

    def record(self, recorder: FusedRecorder, values: list[int]) -> list[int]:
        """Record the call, on a tensor that the module may keep.

        Args:
            recorder: the recording that the call is added to.
            values: indices in the recording of the tensors that are read, side by side.

        Returns:
            The index of the result, or those of all results if the module returns a tuple.
        """
        recorder.recording.foreign = True
        value = recorder.call(self.module, recorder.owned(recorder.join(values)))
        results = recorder.values[value]
        if not isinstance(results, tuple):
            return [value]
        return [recorder.call(partial(fused_item, index), value) for index in range(len(results))]

    def add(self, recorder: FusedRecorder, total: int, relu: bool) -> int:
        """Record the call on a copy of a sum, and add the output to the sum in place.

        Args:
            recorder: the recording that the calls are added to.
            total: index in the recording of the sum.
            relu: whether a ReLU follows the addition.

        Returns:
            The index of the new sum; that of the old one is not valid any more.
        """
        (output,) = self.record(recorder, [total])
        return recorder.update(fused_add_relu if relu else fused_add, total, output)


class FusedStage:
    """A stage: its units, which outputs each of them reads, and how it is run."""

    def __init__(self, stage: Any, plan: Any, device: Any, run: Any) -> None:
        self.layers = [fused_chain(layer, plan, device) for layer in stage.layers]
        self.reads = [list(sources) for sources in getattr(stage, "reads", ())]
        self.exit = list(getattr(stage, "exit", ()))
        self.run = run

    def record(self, recorder: FusedRecorder, values: list[int]) -> list[int]:
        """Record the stage on its input; return its output, which may be several values.

        Args:
            recorder: the recording that the calls are added to.
            values: indices in the recording of the tensors that make up the input, side by side.

        Returns:
            The indices of the tensors that make up the output, side by side.
        """
        outputs: list[int] = self.run.record(recorder, self, values)
        return outputs


def fused_freeze(
    network: nn.Module, parts: list[str], plan: Any, stages: Any, device: Any
) -> list[Any]:
    """Copy the parts of a network, in order, as steps for a device.

    Args:
        network: the network, as `fused_check` accepts it.
        parts: the names of its parts, in the order in which they are run.
        plan: the steps of each class, by the name of the class.
        stages: how each stage is run, in order: a record of `stages.py`, or None for as it is.
        device: the class that holds the steps of the device, such as `FusedCpu`.

    Returns:
        A `FusedChain`, `FusedStage` or `FusedModule` for each part.

    Raises:
        FusedError: if the weights of a part do not fit together.
    """
    remaining = iter(stages)
    frozen: list[Any] = []
    for name in parts:
        part = network.get_submodule(name)
        if not name.startswith("stages."):
            frozen.append(fused_chain(part, plan, device))
            continue
        run = next(remaining)
        frozen.append(FusedModule(part) if run is None else FusedStage(part, plan, device, run))
    return frozen


def fused_chain(module: nn.Module, plan: Any, device: Any) -> Any:
    """Copy a module as steps if its class has some, and as it is otherwise.

    Args:
        module: a unit, a stem, a transition, a head or a projection.
        plan: the steps of each class, by the name of the class.
        device: the class that holds the steps of the device, such as `FusedCpu`.

    Returns:
        A `FusedChain` or a `FusedModule`.
    """
    steps = plan.get(type(module).__name__)
    return FusedChain(module, plan, device) if steps else FusedModule(module)


def fused_channels(network: nn.Module, fresh: dict[str, nn.Module], default: int) -> int:
    """Return the channels of the network's input, which its constructor may let a caller choose.

    The choice shows in the modules that read the input: in a fresh network they read the default.

    Args:
        network: the network.
        fresh: the modules of a network that its class makes without arguments, by name.
        default: channels of the input of a fresh network.
    """
    for name, module in network.named_modules(remove_duplicate=False):
        channels = fused_reads(module)
        if channels != default == fused_reads(fresh[name]):
            return channels
    return default


def fused_reads(module: nn.Module) -> int:
    """Return the channels that a convolution or norm reads, by its weights; 0 for other modules."""
    if isinstance(module, nn.Conv2d):
        return module.weight.shape[1] * module.groups
    if isinstance(module, nn.ConvTranspose2d):
        return module.weight.shape[0]
    return module.num_features if isinstance(module, nn.BatchNorm2d) else 0


def fused_item(index: int, results: tuple[Tensor, ...]) -> Tensor:
    """Return one of several results.

    Args:
        index: the number of the result; the first is 0.
        results: the results of a call.
    """
    return results[index]
