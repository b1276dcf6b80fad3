"""Whether a network is still the one that was folded; pasted into emitted files."""

from __future__ import annotations

from itertools import chain
from typing import Any

from torch import Tensor, nn


class FusedWatch:
    """Tells whether weights, statistics, layers or hooks of a network have changed since.

    A write through `.data` leaves no trace, and is not seen.
    """

    def __init__(self, network: nn.Module) -> None:
        kinds = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")
        self.known: list[dict[Any, Any]] = [
            module.__dict__[kind] for module in network.modules() for kind in kinds
        ]
        # What is held cannot be freed, so that identities stay those of the same objects.
        self.held = list(chain.from_iterable(map(dict.values, self.known)))
        self.identities = self.identified()
        tensors = [value for value in self.held if isinstance(value, Tensor)]
        self.tensors = [value for value in tensors if not value.is_inference()]
        self.stamps = self.stamped()

    def changed(self) -> bool:
        """Whether anything is not what it was."""
        return self.identities != self.identified() or self.stamps != self.stamped()

    def identified(self) -> list[int]:
        """Which tensors, layers and hooks the network has."""
        return [*map(id, chain.from_iterable(map(dict.values, self.known)))]

    def stamped(self) -> list[int]:
        """How often each tensor was written to, and where it lies."""
        return [value._version for value in self.tensors] + [*map(Tensor.data_ptr, self.tensors)]
