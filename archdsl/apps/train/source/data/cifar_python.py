"""The files of CIFAR for Python are pickles. They are read without running code of theirs."""

from __future__ import annotations

import io
import pickle
from typing import Any

import torch
from torch import Tensor

NUMPY: tuple[str, ...] = (  # what an array in a pickle consists of
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.ndarray",
    "numpy.dtype",
)


class Pickled:
    """An array of numpy, or its type, as the arguments and the state that a pickle has for it."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


class ArrayUnpickler(pickle.Unpickler):
    """Reads text, numbers, lists, dictionaries and arrays. Every other name is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what takes the place of a part of numpy. Raises UnpicklingError for all else.

        Args:
            module: that has the name.
            name: what the pickle would call.
        """
        if f"{module}.{name}" not in NUMPY:
            raise pickle.UnpicklingError(f"it would run {module}.{name}, which is refused")
        return Pickled


def unpickled(content: bytes, key: str) -> tuple[Tensor, Tensor]:
    """Return images (n, 3072) and labels (n,). Any error means that the file is damaged.

    Args:
        content: of a file of CIFAR for Python.
        key: of the labels.
    """
    batch = ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    _, shape, kind, by_column, data = batch[b"data"].state
    if kind.arguments[0] not in ("u1", b"u1") or by_column or shape[1:] != (3072,):
        raise ValueError("its images are not rows of 3,072 bytes")
    images = torch.frombuffer(bytearray(data), dtype=torch.uint8).view(shape)
    return images, torch.tensor(batch[key.encode()], dtype=torch.int64)
