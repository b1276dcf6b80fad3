"""A network's steps for one size of input, recorded once, run again; pasted into files."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class FusedTape:
    """Steps that are noted while a network is run, to be run again on inputs of the same size.

    Step i makes value i + 1 of values before it; value 0 is the input. Parts of a network take
    values that stand side by side along the channels, and give such. Maps are in channels-last
    order. Memory that is written anew in every run is the tape's: it makes one run at a time.
    """

    TYPES: tuple[torch.dtype, ...] = ()
    device = ""

    def __init__(self, plan: Any, folded: dict[Any, Any], x: Tensor) -> None:
        self.plan, self.folded = plan, folded
        self.values: list[Any] = [x]
        self.steps: list[tuple[Any, tuple[int, ...], list[int]]] = []
        self.memory: dict[str, Tensor] = {}
        self.reserved: dict[str, int] = {}
        self.owned: set[int] = set()
        self.stage = 0
        self.output = 0
        self.foreign = False  # whether a part is run as it is

    @staticmethod
    def switches(x: Tensor) -> Any:
        """What else than the input the steps depend on: how torch computes now."""
        raise NotImplementedError

    def ready(self, x: Tensor) -> Any:
        """What runs the steps, once they are recorded."""
        return self

    def run(self, x: Tensor) -> Any:
        """What the steps make of an input; values are let go after their last use."""
        values: list[Any] = [x]
        for step, reads, done in self.steps:
            values.append(step(*[values[read] for read in reads]))
            for value in done:
                values[value] = None
        return values[self.output]

    def record(self, parts: list[nn.Module], stages: Any) -> Any:
        """Note the steps of a network's parts, and what they make of the input.

        `stages` says by which function each stage is run.
        """
        passed = [self.do(fused_ordered, 0)]
        remaining = list(stages)
        for part in parts:
            if "layers" in part._modules:
                run, *numbers = remaining.pop(0)
                passed = run(self, part, passed, *numbers)
            else:
                passed = self.chain(part, passed)
        self.output = self.apart(self.join(passed))
        last = {read: place for place, (_, reads, _) in enumerate(self.steps) for read in reads}
        for value, place in last.items():
            if value != self.output:
                self.steps[place][2].append(value)
        made, self.values = self.values[self.output], []
        return made

    def do(self, step: Any, *reads: int) -> int:
        """Take a step and note it; the value that it makes."""
        self.values.append(step(*[self.values[read] for read in reads]))
        self.steps.append((step, reads, []))
        return len(self.values) - 1

    def let_go(self, values: list[int]) -> None:
        """No later step reads these: while steps are noted nothing else could tell."""
        for value in values:
            self.values[value] = None

    def chain(self, module: nn.Module, parts: list[int]) -> list[int]:
        """A unit, a stem, a transition or a head; one with a projection gives two values."""
        words = self.words(module)
        return self.take(module, parts, words) if words else self.plain(module, parts)

    def words(self, module: nn.Module) -> list[Any]:
        """The steps of a module; none if it is to be run as it is."""
        return list(self.plan.get(type(module).__name__, ())) if fused_usual(module) else []

    def take(self, module: nn.Module, parts: list[int], words: list[Any]) -> list[int]:
        """Steps one after another; what passes to the next one alone may be written over then."""
        projected: list[int] = []
        between: list[int] = []
        for (word, *more), following in zip(words, [*words[1:], ("end",)], strict=True):
            if word == "fork":
                projected = self.chain(module.get_submodule("projection"), parts)
                continue
            passing = following[0] not in {"end", "fork"} and "flatten" not in following
            parts = [self.step(word)(module, parts, passing, *more)]
            self.let_go(between)
            between = parts
        return projected + parts

    def step(self, word: str) -> Any:
        """What takes a step of the plan: of a module and values, whether it passes, numbers."""
        steps: dict[str, Any] = {
            "conv": self.conv, "norm": self.norm, "layer": self.layer, "linear": self.linear,
        }  # fmt: skip
        return steps[word]

    def conv(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A convolution with what is folded into it."""
        raise NotImplementedError

    def norm(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A norm by itself, and perhaps a ReLU."""
        raise NotImplementedError

    def layer(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A layer without weights: its kind and its numbers."""
        kind, *numbers = more
        function = fused_layer(kind)
        return self.do(lambda x: function(x, *numbers), self.join(parts))

    def linear(self, module: nn.Module, parts: list[int], passing: bool, *more: Any) -> int:
        """A fully connected layer: its name."""
        return self.do(module.get_submodule(*more), self.join(parts))

    def plain(self, module: nn.Module, parts: list[int]) -> list[int]:
        """A part that is run as it is, on values that it may keep."""
        self.foreign = True
        value = self.do(module, self.apart(self.join(parts)))
        made = self.values[value]
        if not isinstance(made, tuple):
            return [value]
        return [self.do(partial(fused_item, place), value) for place in range(len(made))]

    def added(self, module: nn.Module, total: int, relu: bool) -> int:
        """A sum to which a unit of it is added in place, and perhaps a ReLU."""
        (output,) = self.chain(module, [total])
        return self.do(fused_add_relu if relu else fused_add, total, output)

    def fold(self, make: Any, module: nn.Module, *names: str) -> Any:
        """What is made of layers of a module, once for all tapes."""
        key = (make, module, names)
        if key not in self.folded:
            self.folded[key] = make(*(module.get_submodule(n) if n else None for n in names))
        return self.folded[key]

    def join(self, parts: list[int]) -> int:
        """Values side by side as one; in channels-last order if it is a map."""
        value = parts[0] if len(parts) == 1 else self.do(fused_join, *parts)
        made = self.values[value]
        return value if fused_ordered(made) is made else self.do(fused_ordered, value)

    def constant(self, maps: Tensor) -> int:
        """A part of the tape's memory as a value."""
        return self.do(lambda: maps)

    def scratch(self, use: str, shape: tuple[int, ...]) -> Tensor:
        """Maps in a memory, zero at first; those of the same use are written over each other."""
        n, c, h, w = shape
        return self.claim(use, n * c * h * w).view(n, h, w, c).permute(0, 3, 1, 2)

    def reserve(self, use: str, value: int, channels: int) -> None:
        """Say how much of a memory will be needed: maps like a value, of so many channels."""
        made = self.values[value]
        self.reserved[use] = made.numel() // made.shape[1] * channels

    def claim(self, use: str, count: int) -> Tensor:
        """The first numbers of a memory, which is made anew if it is too small."""
        like = self.values[0]
        if use not in self.memory or self.memory[use].numel() < count:
            size = max(count, self.reserved.get(use, 0))
            self.memory[use] = torch.zeros(size, dtype=like.dtype, device=like.device)
            self.owned.add(self.memory[use].untyped_storage().data_ptr())
        return self.memory[use][:count]

    def other_stage(self) -> str:
        """The use of a stage's memory: not that of the stage before, which is still read."""
        self.stage = 1 - self.stage
        return f"stage {self.stage}"

    def apart(self, value: int) -> int:
        """The value, copied if it lies in the tape's memory."""
        owned = self.values[value].untyped_storage().data_ptr() in self.owned
        return self.do(torch.clone, value) if owned else value


def fused_layer(kind: str) -> Any:
    """The function of a layer without weights."""
    kinds = {
        "relu": torch.relu,
        "average": functional.avg_pool2d,
        "max": functional.max_pool2d,
        "average_to": functional.adaptive_avg_pool2d,
        "max_to": functional.adaptive_max_pool2d,
        "flatten": torch.flatten,
    }
    return kinds[kind]


def fused_ordered(x: Tensor) -> Tensor:
    """Maps in channels-last order; anything else as it is."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


def fused_join(*parts: Tensor) -> Tensor:
    """Parts side by side."""
    return torch.cat(parts, dim=1)


def fused_item(place: int, made: tuple[Tensor, ...]) -> Tensor:
    """One of several results."""
    return made[place]


def fused_add(total: Tensor, output: Tensor) -> Tensor:
    """A sum, in place."""
    return total.add_(output)


def fused_add_relu(total: Tensor, output: Tensor) -> Tensor:
    """A sum in place, and a ReLU."""
    return total.add_(output).relu_()


def fused_usual(module: nn.Module) -> bool:
    """Whether the steps know all layers of a module, and nothing wants to be told of them."""
    for part in module.modules():
        if part._forward_hooks or part._forward_pre_hooks:
            return False
    for name, part in module.named_children():
        norm = type(part) is nn.BatchNorm2d and part.affine and part.running_mean is not None
        conv = type(part) is nn.Conv2d and part.padding_mode == "zeros"
        if not norm and not conv and type(part) is not nn.Linear and name != "projection":
            return False
    return True
