"""Read a checkpoint and its tensors."""

from __future__ import annotations

import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from archdsl.errors import ArchdslError, fail
from archdsl.extras import require
from archdsl.frontend.files import read_bytes

PACKED = 8
"""Maximum ratio of unpacked to packed bytes, so that a small file cannot fill the memory."""


def load(path: Path) -> Any:
    """Return the content of a file of weights, without running code in it.

    The file is one that `torch.save` wrote, or has the suffix `.safetensors`.

    Raises:
        ArchdslError: A401 to A403 if there is no such file, A440 if it is not a checkpoint, A422 if
            the package safetensors is needed and not installed.
    """
    read_bytes(path, 0)  # refuses folders and devices, and opens no FIFO
    # torch leaves sparse indices unchecked, and a dense copy would write outside of its memory.
    checked = torch.sparse.check_sparse_tensor_invariants(True)  # type: ignore[no-untyped-call]
    try:
        _check_size(path)
        with warnings.catch_warnings(), checked:
            warnings.simplefilter("ignore")  # torch warns before it raises an error
            if path.suffix == ".safetensors":
                return safetensors().load(path.read_bytes())
            return torch.load(path, map_location="cpu", weights_only=True)
    except ArchdslError:
        raise
    except Exception as error:  # a damaged file can raise almost any error, such as MemoryError
        lines = str(error).strip().splitlines()
        raise fail(
            "A440",
            f"{path} is not a checkpoint that can be read safely",
            note=lines[0][:200] if lines else type(error).__name__,
            help="save one with torch.save(network.state_dict(), path)",
        ) from None


def safetensors() -> ModuleType:
    """Return the module that reads and writes safetensors. Raise A422 if it is not installed."""
    require("safetensors")
    return import_module("safetensors.torch")


def _check_size(path: Path) -> None:
    """Raise ValueError if a file unpacks to much more than its size: torch does not compress."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(record.file_size for record in archive.infolist())
    if unpacked > PACKED * path.stat().st_size:
        raise ValueError(f"its records unpack to {unpacked:,} bytes")


def numbers(name: str, value: Any) -> Tensor:
    """Return a tensor of a checkpoint as dense float64, of the same shape.

    Args:
        name: the name of the tensor, for the error.
        value: a tensor of any floating dtype, dense, sparse or quantised.

    Raises:
        ArchdslError: A440 if it has no values, or values that are not real numbers.
    """
    if not (value.is_floating_point() or value.is_quantized):
        raise _unusable(name, f"has the dtype {value.dtype}, which is not floating point")
    plain = dense(name, value)
    try:
        return plain.double()
    except RuntimeError:  # a dtype without a conversion
        raise _unconvertible(name, plain) from None


def dense(name: str, value: Any) -> Tensor:
    """Return a tensor of a checkpoint as an ordinary one, of the same shape.

    Args:
        name: the name of the tensor, for the error.
        value: a tensor of real numbers, dense, sparse or quantised; the last becomes float32.

    Raises:
        ArchdslError: A440 if it has no values, is complex, or cannot be converted.
    """
    if value.is_meta:
        raise _unusable(name, "is on the meta device and has no values")
    if value.is_complex():
        raise _unusable(name, f"has the dtype {value.dtype}, which is not real")
    try:
        plain: Tensor = value.detach().dequantize() if value.is_quantized else value.detach()
        return plain if plain.layout == torch.strided else plain.to_dense()
    except RuntimeError:  # a layout or dtype without a conversion
        raise _unconvertible(name, value) from None


def shape(name: str, value: Any) -> tuple[int, ...]:
    """Return the shape of a tensor of a checkpoint.

    Args:
        name: the name of the tensor, for the error.
        value: what the checkpoint has under this name, of any type.

    Raises:
        ArchdslError: A440 if it is not a tensor, or a nested tensor, which has no single shape.
    """
    if not isinstance(value, Tensor):
        raise _unusable(name, f"is a {type(value).__name__[:40]}, not a tensor")
    if value.is_nested:
        raise _unusable(name, "is a nested tensor, which has no single shape")
    return tuple(value.shape)


def _unconvertible(name: str, value: Tensor) -> ArchdslError:
    return _unusable(name, f"is {value.layout} {value.dtype}, which cannot be converted")


def _unusable(name: str, why: str) -> ArchdslError:
    return fail(
        "A440",
        f"{name} {why}",
        help="save the state dict of the network itself: torch.save(network.state_dict(), path)",
    )
