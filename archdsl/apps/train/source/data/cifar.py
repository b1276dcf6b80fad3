"""CIFAR-10 and CIFAR-100, from their binary files or from those for Python."""

from __future__ import annotations

from pathlib import Path

import torch

from archdsl.apps.train.source.data.cifar_python import unpickled
from archdsl.apps.train.source.data.folder import Folder
from archdsl.apps.train.source.data.memory import Split

CIFAR: str = "https://www.cs.toronto.edu/~kriz/cifar.html"


def cifar10(path: Path) -> tuple[Split, Split]:
    """Return the images of CIFAR-10 to train with and those to test with.

    Args:
        path: of the folder.
    """
    folder = Folder(path, "CIFAR-10", ("cifar-10-batches-bin", "cifar-10-batches-py"), CIFAR)
    names = [f"data_batch_{number}" for number in range(1, 6)]
    images, labels = zip(*(cifar_file(folder, name, ["labels"], 10) for name in names), strict=True)
    return (torch.cat(images), torch.cat(labels)), cifar_file(folder, "test_batch", ["labels"], 10)


def cifar100(path: Path, coarse: bool = False) -> tuple[Split, Split]:
    """Return the images of CIFAR-100 to train with and those to test with.

    Args:
        path: of the folder.
        coarse: whether labels are those of the 20 superclasses.
    """
    folder = Folder(path, "CIFAR-100", ("cifar-100-binary", "cifar-100-python"), CIFAR)
    keys, classes = (["coarse_labels"], 20) if coarse else (["coarse_labels", "fine_labels"], 100)
    train, test = (cifar_file(folder, name, keys, classes, 2) for name in ("train", "test"))
    return train, test


def cifar_file(folder: Folder, name: str, keys: list[str], classes: int, columns: int = 1) -> Split:
    """Return images and labels of one file, binary or for Python.

    Args:
        folder: of the data set.
        name: of the file, without `.bin`.
        keys: labels of an image in the order of a binary file, up to those that are returned.
        classes: number of classes.
        columns: labels per image in a binary file.
    """
    file = folder.file(f"{name}.bin", name)
    try:
        content = file.read_bytes()
        if file.suffix == ".bin":
            images, labels = cifar_records(content, columns, len(keys) - 1)
        else:
            images, labels = unpickled(content, keys[-1])
        right = len(labels) == len(images) and 0 <= int(labels.min()) <= int(labels.max()) < classes
    except Exception as error:  # a damaged file can raise almost any error
        raise folder.damaged(file, error) from None
    if not right:
        reason = f"it needs a label below {classes} for each of {len(images)} images"
        raise folder.damaged(file, reason)
    return images.reshape(-1, 3, 32, 32), labels


def cifar_records(content: bytes, columns: int, column: int) -> Split:
    """Return images (n, 3072) and labels (n,) of a binary file.

    Args:
        content: records of labels, and the bytes of three channels of 32 x 32.
        columns: labels per record.
        column: which of them are returned.
    """
    if not content or len(content) % (columns + 3072):
        raise ValueError(f"{len(content)} bytes are not records of {columns + 3072}")
    records = torch.frombuffer(bytearray(content), dtype=torch.uint8).view(-1, columns + 3072)
    return records[:, columns:], records[:, column].long()
