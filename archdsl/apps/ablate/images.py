"""Read images from an array file, without running code in it."""

from __future__ import annotations

import math
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archdsl.errors import ArchdslError, fail
from archdsl.frontend.files import read_bytes
from archdsl.ir.ops import Shape

BYTES = 8 * 2**30
"""Maximum size of the arrays of a file, unpacked."""


def read_images(path: Path, shape: Shape) -> Tensor:
    """Return the images of a `.npy` or `.npz` file as float32, of shape (N, *shape).

    Args:
        path: the file; a `.npz` file has one array, or one with the name `images`.
        shape: shape of the network's input.

    Raises:
        ArchdslError: A401 to A403 if the file cannot be read, A414 if it has no images of this
            shape, or values that are not finite numbers.
    """
    read_bytes(path, 0)  # refuses folders and devices, and opens no FIFO
    try:
        array = _array(path)
    except ArchdslError:
        raise
    except Exception as error:  # a damaged file can raise almost any error
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise fail("A403", f"{path} is not an array file that can be read", note=reason) from None
    sizes = "x".join(map(str, shape))
    if array.ndim != len(shape) + 1 or array.shape[1:] != shape or not len(array):
        size = "x".join(map(str, array.shape)) or "one number"
        raise fail("A414", f"{path} is {size}; the network reads N x {sizes}")
    if array.dtype.kind not in "fiu":
        raise fail("A414", f"{path} has the dtype {array.dtype}; images are real numbers")
    images = torch.from_numpy(array.astype("float32"))
    if not bool(torch.isfinite(images).all()):
        raise fail("A414", f"{path} has values that are not finite")
    return images


def _array(path: Path) -> Any:
    """Return the array. Raise A414 if there are several, ValueError if it is too large."""
    import numpy

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(record.file_size for record in archive.infolist()) > BYTES:
                raise ValueError("its arrays are too large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = numpy.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(content, numpy.ndarray):
        if math.prod(content.shape) * content.itemsize > BYTES:
            raise ValueError("its array is too large")
        return content
    with content:
        names = content.files
        if len(names) != 1 and "images" not in names:
            listed = ", ".join(name[:40] for name in names[:6]) or "none"
            raise fail("A414", f"{path} has several arrays: {listed}", help="name one `images`")
        array = content["images" if "images" in names else names[0]]
    if not isinstance(array, numpy.ndarray):
        raise ValueError("its entry is not an array")  # noqa: TRY004
    return array
