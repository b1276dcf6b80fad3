"""Read images for a network from a file of numpy."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archdsl.errors import ArchdslError, fail
from archdsl.extras import require
from archdsl.frontend.files import read_bytes
from archdsl.ir.ops import Shape

MOST = 1 << 30
"""Maximum number of bytes of the array, so that a small compressed file cannot fill the memory."""


def load_images(path: Path) -> Tensor:
    """Return the array of an .npy or .npz file as float32, without running code in the file.

    Args:
        path: the file. An .npz file has one array, or one with the name `images`.

    Raises:
        ArchdslError: A401 to A403 if there is no such file, A422 without numpy, A444 if it has no
            array of floating-point numbers, or one that is too large.
    """
    read_bytes(path, 0)  # refuses folders and devices, and opens no FIFO
    require("numpy")
    try:
        array = _array(path)
    except Exception as error:  # a damaged file can raise almost any error, such as MemoryError
        lines = str(error).strip().splitlines()
        note = lines[0] if lines else type(error).__name__
        raise _unusable(f"{path} has no array", note) from None
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        note = "images are given to the network as they are, without being scaled or normalised"
        raise _unusable(f"{path} has numbers of type {array.dtype}, not floating point", note)
    return torch.from_numpy(array.astype("float32"))


def _array(path: Path) -> Any:
    """Return the array of a file. Raises ValueError if it has several, or one that is too large."""
    import numpy as np

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _check_size(sum(record.file_size for record in archive.infolist()))
        with np.load(path, allow_pickle=False) as arrays:
            names = arrays.files
            if len(names) != 1 and "images" not in names:
                raise ValueError(f"it holds {len(names)} arrays, and none is named `images`")
            return arrays["images" if "images" in names else names[0]]
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    _check_size(array.nbytes)
    return array


def _check_size(size: int) -> None:
    if size > MOST:
        raise ValueError(f"it has {size:,} bytes (limit {MOST:,})")


def check_images(images: Tensor, shape: Shape) -> None:
    """Raise A444 for images that are not finite, or that a network does not take.

    Args:
        images: tensor of shape (N, *shape).
        shape: shape of the network's input, without the batch.
    """
    if tuple(images.shape[1:]) != shape or not len(images):
        sizes = ", ".join(map(str, images.shape))
        wanted = ", ".join(map(str, shape))
        raise _unusable(f"the images have the shape ({sizes}), not (N, {wanted})")
    if not bool(torch.isfinite(images).all()):
        raise _unusable("the images have values that are not finite")


def _unusable(message: str, note: str | None = None) -> ArchdslError:
    help = 'save them with numpy.save("images.npy", images), of shape (N, *input)'
    return fail("A444", message, note=note and note[:200], help=help)
