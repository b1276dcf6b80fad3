"""MNIST and Fashion-MNIST are read from small idx files, compressed or not."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from archdsl.apps.train.source.data.idx import fashion_mnist, mnist  # noqa: E402
from archdsl.apps.train.source.error import RunError  # noqa: E402

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx(values: bytes, *shape: int) -> bytes:
    return struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + values


def write(folder: Path, *, packed: bool = False) -> Path:
    """Three images of 2 x 3 pixels to train with, one to test with."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "train-images-idx3-ubyte": idx(bytes(range(18)), 3, 2, 3),
        "train-labels-idx1-ubyte": idx(bytes([9, 0, 4]), 3),
        "t10k-images-idx3-ubyte": idx(bytes(range(100, 106)), 1, 2, 3),
        "t10k-labels-idx1-ubyte": idx(bytes([7]), 1),
    }
    for name, content in contents.items():
        file = folder / (f"{name}.gz" if packed else name)
        file.write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("inner", ["", "raw", "MNIST/raw"])
def test_mnist(tmp_path: Path, packed: bool, inner: str) -> None:
    write(tmp_path / inner, packed=packed)
    (images, labels), (test_images, test_labels) = mnist(tmp_path)
    assert images.dtype == torch.uint8
    assert images.tolist()[1] == [[[6, 7, 8], [9, 10, 11]]]
    assert images.shape == (3, 1, 2, 3)
    assert labels.tolist() == [9, 0, 4]
    assert labels.dtype == torch.int64
    assert test_images.tolist() == [[[[100, 101, 102], [103, 104, 105]]]]
    assert test_labels.tolist() == [7]


@pytest.mark.parametrize("inner", ["", "FashionMNIST/raw", "fashion-mnist"])
def test_fashion_mnist(tmp_path: Path, inner: str) -> None:
    write(tmp_path / inner, packed=True)
    assert fashion_mnist(tmp_path)[0][1].tolist() == [9, 0, 4]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (idx(bytes(18), 3, 2, 3)[:-1], "3 x 2 x 3 values"),
        (idx(bytes(19), 3, 2, 3), "it does not have 3 x 2 x 3 values"),
        (idx(b"", 2**32 - 1, 2**31, 2**31), f"it is too short for {2**32 - 1} x {2**31}"),
        (idx(b"", 0, 28, 28), "it is too short for 0 x 28 x 28 values"),
        (idx(bytes(3), 3), "it begins with 0x00000801 and not 0x00000803"),
        (b"<html>", "it begins with 0x3c68746d and not 0x00000803"),
        (b"", "it begins with 0x00000000 and not 0x00000803"),
    ],
)
def test_damaged(tmp_path: Path, packed: bool, content: bytes, reason: str) -> None:
    file = write(tmp_path, packed=packed) / f"train-images-idx3-ubyte{'.gz' if packed else ''}"
    file.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(RunError) as error:
        fashion_mnist(tmp_path)
    text = str(error.value)
    assert text.startswith(f"{file} is damaged: ")
    assert reason in text
    again = "Get Fashion-MNIST again from https://github.com/zalandoresearch/fashion-mnist"
    assert text.endswith(again)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(idx(bytes(3), 3))[:-9], "Compressed file ended before the end"),
        (gzip.compress(idx(bytes(3), 3))[:14] + b"x" * 20, "Error -3 while decompressing"),
        (idx(bytes(3), 3), "Not a gzipped file"),
        (gzip.compress(idx(bytes(2), 2)), "it has 2 labels for 3 images"),
    ],
)
def test_damaged_compression(tmp_path: Path, content: bytes, reason: str) -> None:
    file = write(tmp_path, packed=True) / "train-labels-idx1-ubyte.gz"
    file.write_bytes(content)
    with pytest.raises(RunError) as error:
        mnist(tmp_path)
    assert str(error.value).startswith(f"{file} is damaged: {reason}")


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        mnist(tmp_path)
    missing = "train-images-idx3-ubyte or train-images-idx3-ubyte.gz is missing"
    where = "http://yann.lecun.com/exdb/mnist/ or https://ossci-datasets.s3.amazonaws.com/mnist/"
    assert str(error.value) == f"no MNIST in {tmp_path}: {missing}. Get it from {where}"


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="dataset-fashion-mnist of Debian is not installed")
def test_fashion_mnist_of_debian() -> None:
    (images, labels), (test_images, test_labels) = fashion_mnist(DEBIAN.parent)
    assert images.shape == (60_000, 1, 28, 28)
    assert test_images.shape == (10_000, 1, 28, 28)
    assert torch.bincount(labels).tolist() == [6_000] * 10
    assert torch.bincount(test_labels).tolist() == [1_000] * 10
    assert round(float(images.sum(dtype=torch.float64)) / images.numel() / 255, 4) == 0.2860
