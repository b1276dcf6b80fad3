"""Files of tensors in the format safetensors: a JSON header, then the bytes of each tensor.

Written out here because the format is small: 8 bytes with the length of the header, the header with
dtype, shape and position of each tensor, and the data in little-endian order. Nothing can run.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

import torch
from torch import Tensor

from archdsl.version import __version__

HEADER = 100_000_000
"""Maximum size of a header in bytes, as in the format's own reader."""

DTYPES = {
    "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "I16": torch.int16,
    "I32": torch.int32, "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16,
    "F32": torch.float32, "F64": torch.float64, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}  # fmt: skip
"""The format's names of dtypes."""

NAMES = {dtype: name for name, dtype in DTYPES.items()}

METADATA = "__metadata__"


def parse(data: bytes) -> dict[str, Tensor]:
    """Return the tensors of a file by name.

    Args:
        data: the whole file.

    Raises:
        ValueError: if the file is not valid: a header that is too long or not JSON, an unknown
            dtype, or positions that do not cover the data one after another.
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(HEADER, len(data) - 8):
        raise ValueError("the header of a safetensors file is incomplete")
    header = json.loads(data[8 : 8 + size])
    if not isinstance(header, dict):
        raise ValueError("the header of a safetensors file is not a mapping")  # noqa: TRY004
    body = memoryview(bytearray(data[8 + size :]))  # writable, as torch wants it
    entries = {name: _entry(name, entry) for name, entry in header.items() if name != METADATA}
    _check_positions([(start, end) for _, _, start, end in entries.values()], len(body))
    return {
        name: torch.frombuffer(body[start:end], dtype=dtype).reshape(shape)
        if end > start
        else torch.zeros(shape, dtype=dtype)
        for name, (dtype, shape, start, end) in entries.items()
    }


def _entry(name: str, entry: Any) -> tuple[torch.dtype, list[int], int, int]:
    """Return dtype, shape, start and end of a tensor. Raise ValueError if they are inconsistent."""
    try:
        dtype, shape, (start, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in [*shape, start, end])
        consistent = whole and end - start == prod(shape) * dtype.itemsize
    except (KeyError, TypeError, ValueError):
        consistent = False
    if not consistent:
        raise ValueError(f"{name[:80]} has no valid dtype, shape and position")
    return dtype, shape, start, end


def _check_positions(positions: list[tuple[int, int]], size: int) -> None:
    """Raise ValueError if tensors overlap, leave gaps, or do not end with the file."""
    ordered = [(0, 0), *sorted(positions), (size, size)]
    if any(before[1] != after[0] for before, after in pairwise(ordered)):
        raise ValueError("the tensors do not cover the data of the file")


def write(tensors: Mapping[str, Tensor]) -> bytes:
    """Return the bytes of a file with these tensors, in their order.

    Args:
        tensors: dense tensors by name; each is written as if it had memory of its own.

    Raises:
        ValueError: if the format has no name for a dtype.
    """
    header: dict[str, Any] = {METADATA: {"generated_by": f"archdsl {__version__}", "format": "pt"}}
    header |= dict.fromkeys(tensors)  # in their order, wherever the data are
    parts, end = [], 0
    for name in sorted(tensors, key=lambda name: -tensors[name].itemsize):  # each is aligned
        part = _data(name, tensors[name])
        header[name] = {
            "dtype": NAMES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [end, end + len(part)],
        }
        parts.append(part)
        end += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data are aligned
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def _data(name: str, tensor: Tensor) -> bytes:
    """Return the numbers of a tensor. Raise ValueError if the format has no name for its dtype."""
    if tensor.dtype not in NAMES:
        raise ValueError(f"{name[:80]} has the dtype {tensor.dtype}")
    flat = tensor.detach().cpu().contiguous()
    return ctypes.string_at(flat.data_ptr(), flat.nbytes) if flat.numel() else b""
