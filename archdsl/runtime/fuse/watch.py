"""Whether a network is still the one that was folded; pasted into emitted files."""

from __future__ import annotations

from itertools import chain
from typing import Any

from torch import Tensor, nn


class FusedWatch:
    """Tells whether weights, statistics, layers or hooks of a network have changed since.

    It is asked before every run, when no cache holds any of this: it looks at what matters alone.
    A write through `.data` leaves no trace, and is not seen.
    """

    def __init__(self, network: nn.Module) -> None:
        self.weight = next(network.parameters(), None)
        self.hooks = fused_members(network, "_forward_hooks", "_forward_pre_hooks")
        self.hooked = [*map(bool, self.hooks)]
        # A layer of torch's has no use for what it gets where it had nothing at all.
        self.known = [*filter(None, fused_members(network, "_parameters", "_buffers", "_modules"))]
        # What is held cannot be freed, so that identities stay those of the same objects.
        self.held = list(chain.from_iterable(map(dict.values, self.known)))
        self.identities = self.identified()
        tensors = [value for value in self.held if isinstance(value, Tensor)]
        self.tensors = [x for x in tensors if x.is_floating_point() and not x.is_inference()]
        self.stamps = self.stamped()

    def changed(self) -> bool:
        """Whether anything is not what it was."""
        hooked = self.hooked != [*map(bool, self.hooks)]
        return hooked or self.identities != self.identified() or self.stamps != self.stamped()

    def identified(self) -> list[int]:
        """Which tensors and layers the network has."""
        return [*map(id, chain.from_iterable(map(dict.values, self.known)))]

    def stamped(self) -> list[int]:
        """How often each tensor was written to, and where it lies."""
        return [value._version for value in self.tensors] + [*map(Tensor.data_ptr, self.tensors)]


def fused_members(network: nn.Module, *kinds: str) -> list[dict[Any, Any]]:
    """What the modules of a network have of some kinds."""
    return [module.__dict__[kind] for module in network.modules() for kind in kinds]
