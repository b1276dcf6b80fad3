"""The memory that a recording reuses in every run; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class FusedMemory:
    """Named blocks of memory. Each use writes over what the use before it left."""

    def __init__(self, like: Tensor) -> None:
        self.dtype, self.device = like.dtype, like.device
        self.blocks: dict[str, Tensor] = {}
        self.reserved: dict[str, int] = {}
        self.addresses: set[int] = set()
        self.stage = 0
        if like.device.type == "cpu":
            fused_keep_freed()

    def maps(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Return feature maps (N, C, H, W) in channels-last order, zero at first.

        Args:
            name: the name of the block of memory.
            shape: N, C, H and W.
        """
        n, c, h, w = shape
        return self.numbers(name, n * c * h * w).view(n, h, w, c).permute(0, 3, 1, 2)

    def numbers(self, name: str, count: int) -> Tensor:
        """Return the first numbers of a block, which is replaced if it is too small.

        Args:
            name: the name of the block of memory.
            count: how many numbers, of the dtype of the memory.
        """
        if name not in self.blocks or self.blocks[name].numel() < count:
            size = max(count, self.reserved.get(name, 0))
            block = torch.zeros(size, dtype=self.dtype, device=self.device)
            self.blocks[name] = block
            self.addresses.add(block.untyped_storage().data_ptr())
        return self.blocks[name][:count]

    def reserve(self, name: str, count: int) -> None:
        """Make a block at least this large when it is first used.

        Args:
            name: the name of the block of memory.
            count: the least size, in numbers.
        """
        self.reserved[name] = count

    def stage_block(self) -> str:
        """Name the block of a stage's outputs; not that of the stage before: it is still read."""
        self.stage = 1 - self.stage
        return f"stage {self.stage}"

    def holds(self, tensor: Tensor) -> bool:
        """Whether a tensor lies in this memory."""
        return tensor.untyped_storage().data_ptr() in self.addresses


def fused_keep_freed() -> None:
    """Make glibc keep memory that is freed: each run would get it back page by page, as zeros.

    It keeps twice as much as the largest block freed so far, which this is; nothing writes to it.
    """
    torch.empty((1 << 25) - (1 << 14), dtype=torch.uint8)  # glibc counts no block of over 32 MiB
