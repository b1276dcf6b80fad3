"""MNIST and data sets with the same files: idx files, compressed by gzip or not."""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path

import torch
from torch import Tensor

from archdsl.apps.train.source.data.folder import MOST_BYTES, Folder
from archdsl.apps.train.source.data.memory import Split

MNIST: str = "http://yann.lecun.com/exdb/mnist/ or https://ossci-datasets.s3.amazonaws.com/mnist/"
FASHION_MNIST: str = "https://github.com/zalandoresearch/fashion-mnist"


def mnist(path: Path) -> tuple[Split, Split]:
    """Return the images of MNIST to train with and those to test with.

    Args:
        path: of the folder.
    """
    folder = Folder(path, "MNIST", ("MNIST/raw", "raw"), MNIST)
    return idx_split(folder, "train"), idx_split(folder, "t10k")


def fashion_mnist(path: Path) -> tuple[Split, Split]:
    """Return the images of Fashion-MNIST to train with and those to test with.

    Args:
        path: of the folder.
    """
    inner = ("FashionMNIST/raw", "raw", "fashion-mnist")
    folder = Folder(path, "Fashion-MNIST", inner, FASHION_MNIST)
    return idx_split(folder, "train"), idx_split(folder, "t10k")


def idx_split(folder: Folder, name: str) -> Split:
    """Return images and labels of a split.

    Args:
        folder: of the data set.
        name: how the names of its two files begin.
    """
    images, labels = f"{name}-images-idx3-ubyte", f"{name}-labels-idx1-ubyte"
    files = [folder.file(file, f"{file}.gz") for file in (images, labels)]
    x, y = (idx_file(folder, file, sizes) for file, sizes in zip(files, (3, 1), strict=True))
    if len(x) != len(y):
        raise folder.damaged(files[1], f"it has {len(y)} labels for {len(x)} images")
    return x.unsqueeze(1), y.long()


def idx_file(folder: Folder, file: Path, dimensions: int) -> Tensor:
    """Return what an idx file of bytes holds.

    Args:
        folder: of the data set.
        file: the file.
        dimensions: how many it has to have.
    """
    packed = file.suffix == ".gz"
    try:
        most = file.stat().st_size * (1032 if packed else 1)  # deflate packs at most so much
        with gzip.open(file) if packed else file.open("rb") as opened:
            return idx_values(opened, dimensions, min(most, MOST_BYTES))
    except Exception as error:  # a damaged file can raise almost any error
        raise folder.damaged(file, error) from None


def idx_values(file: io.BufferedIOBase, dimensions: int, most: int) -> Tensor:
    """Return the values of an idx file. Raises ValueError if it is damaged.

    Args:
        file: at its beginning.
        dimensions: how many it has to have.
        most: bytes that it can have.
    """
    magic, *shape = (int.from_bytes(file.read(4), "big") for _ in range(1 + dimensions))
    if magic != 0x800 + dimensions:  # 8 for bytes, then the number of dimensions
        raise ValueError(f"it begins with {magic:#010x} and not {0x800 + dimensions:#010x}")
    count, sizes = math.prod(shape), " x ".join(map(str, shape))
    if not 0 < count <= most:
        raise ValueError(f"it is too short for {sizes} values")
    values = bytearray(file.read(count + 1))
    if len(values) != count:
        raise ValueError(f"it does not have {sizes} values")
    return torch.frombuffer(values, dtype=torch.uint8).view(shape)
