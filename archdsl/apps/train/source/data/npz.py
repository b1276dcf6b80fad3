"""Arrays of a .npz file."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from archdsl.apps.train.source.data.folder import MOST_BYTES
from archdsl.apps.train.source.data.memory import Split
from archdsl.apps.train.source.error import RunError

ARRAY_NAMES: dict[str, str] = {  # the arrays, and the names that they may have instead
    "train_images": "x_train",
    "train_labels": "y_train",
    "test_images": "x_test",
    "test_labels": "y_test",
}


def npz(path: Path, layout: str = "", **names: str) -> tuple[Split, Split]:
    """Return images to train with and images to test with.

    Args:
        path: of the file.
        layout: `NHWC` or `NCHW`; empty to choose by the shape of the images.
        names: names of the arrays, for those with a name of their own.
    """
    options = [(names[key],) if key in names else (key, ARRAY_NAMES[key]) for key in ARRAY_NAMES]
    try:
        with zipfile.ZipFile(path) as archive:
            x, y, test_x, test_y = (npz_array(archive, option) for option in options)
        return npz_split(x, y, layout), npz_split(test_x, test_y, layout)
    except RunError as failure:
        raise RunError(f"{path}: {failure}") from None
    except Exception as error:  # a damaged file can raise almost any error
        raise RunError(f"{path} cannot be read as an .npz file ({error})") from None


def npz_array(archive: zipfile.ZipFile, names: tuple[str, ...]) -> tuple[str, Tensor]:
    """Return name and values of the first of these arrays that is there.

    Args:
        archive: the file.
        names: the names.
    """
    try:
        from numpy.lib import format as npy
    except ImportError:
        raise RunError("reading it needs numpy: pip install numpy") from None
    present = [name.removesuffix(".npy") for name in archive.namelist()]
    name = next((name for name in names if name in present), "")
    if not name:
        raise RunError(f"there is no array {' or '.join(names)}, only {', '.join(present)}")
    with archive.open(f"{name}.npy") as file:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = header(file)
    size = math.prod(shape) * dtype.itemsize
    if not 0 < size <= min(MOST_BYTES, archive.getinfo(f"{name}.npy").file_size):
        raise RunError(f"{name} cannot have shape {shape}: it is empty, damaged or too large")
    with archive.open(f"{name}.npy") as file:
        return name, torch.from_numpy(npy.read_array(file, allow_pickle=False))


def npz_split(x: tuple[str, Tensor], y: tuple[str, Tensor], layout: str) -> Split:
    """Return images (N, C, H, W) and labels (N,).

    Args:
        x: name and values of the images.
        y: name and values of the labels.
        layout: `NHWC` or `NCHW`; empty to choose by the shape of the images.
    """
    (name, images), (other, labels) = x, y
    if images.dtype != torch.uint8:
        raise RunError(f"{name} is {images.dtype}, and has to be uint8: values from 0 to 255")
    whole = not labels.is_floating_point() and labels.numel() == len(labels)
    if not whole or int(labels.long().min()) < 0:
        raise RunError(f"{other} has to be one class number per image, from 0")
    if len(images) != len(labels):
        raise RunError(f"{name} has {len(images)} images, and {other} has {len(labels)} labels")
    return channels_first(name, images, layout).contiguous(), labels.flatten().long()


def channels_first(name: str, images: Tensor, layout: str) -> Tensor:
    """Return images as (N, C, H, W).

    Images without channels get one. Without a layout, channels are the second or the last size,
    whichever is at most 4. If both or neither are, the images are refused.

    Args:
        name: of the images.
        images: (N, H, W), (N, H, W, C) or (N, C, H, W).
        layout: `NHWC`, `NCHW`, or empty.
    """
    sizes = " x ".join(map(str, images.shape))
    if images.ndim == 3:
        return images.unsqueeze(1)
    if images.ndim != 4:
        raise RunError(f"{name} is {sizes}, and has to have 3 or 4 dimensions")
    first, last = images.shape[1] <= 4, images.shape[3] <= 4
    if not layout and first == last:
        raise RunError(f"{name} is {sizes}: say `layout: NHWC` or `layout: NCHW` in the recipe")
    channels_last = layout == "NHWC" or (not layout and last)
    return images.permute(0, 3, 1, 2) if channels_last else images
