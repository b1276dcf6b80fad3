"""The processes that train together, and the device of each."""

from __future__ import annotations

import os
import resource
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel


class World:
    """The processes that train together: those that torchrun started, or this one alone.

    Args:
        device: `cpu` or `cuda`; an accelerator if there is one, where it is empty.
    """

    def __init__(self, device: str = "") -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self.device.type == "cuda":
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(self.device)
        if self.size > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    def wrap(self, network: nn.Module, sync_norm: bool, fsdp: bool) -> nn.Module:
        """Return the network so that gradients are averaged over all processes.

        Args:
            network: on the device of this process.
            sync_norm: whether batch norms use the statistics of all processes; on CUDA only.
            fsdp: whether each process holds a part of the weights.
        """
        if self.size == 1:
            return network
        if sync_norm and self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        if fsdp:
            fully_shard(network)  # in place
            return network
        return DistributedDataParallel(network)

    def total(self, numbers: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes."""
        if self.size > 1:
            distributed.all_reduce(numbers)
        return numbers

    def share_buffers(self, network: nn.Module) -> None:
        """Give all processes the running statistics of the first one, which checkpoints hold."""
        for buffer in network.buffers() if self.size > 1 else ():
            distributed.broadcast(buffer, 0)

    def gathered(self, item: object) -> list[Any]:
        """Return an item of each process, in the order of their ranks."""
        items = [item] * self.size
        if self.size > 1:
            distributed.all_gather_object(items, item)
        return items

    def peak_bytes(self) -> int:
        """Return the most memory that was in use: of the accelerator, or of this process."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
