"""CIFAR-10 and CIFAR-100 are read from small files in their formats, and nothing else is."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from archdsl.apps.train.source.data.cifar import cifar10, cifar100  # noqa: E402
from archdsl.apps.train.source.error import RunError  # noqa: E402

AGAIN = "Get CIFAR-10 again from https://www.cs.toronto.edu/~kriz/cifar.html"
NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def pixels(seed: int) -> bytes:
    """The channels of an image, of which each value tells where it is."""
    return bytes((seed + 7 * i) % 256 for i in range(3072))


def record(seed: int, *labels: int) -> bytes:
    return bytes(labels) + pixels(seed)


def python2(key: str, labels: list[int], data: bytes) -> bytes:
    """A pickle as Python 2 wrote those of CIFAR."""
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
    minus_one = b"J\xff\xff\xff\xff"
    kind = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNN" + 2 * minus_one + b"K\x00tb"
    shape = b"(K" + bytes([len(data) // 3072]) + b"M\x00\x0ct"
    content = b"T" + len(data).to_bytes(4, "little") + data
    state = b"(K\x01" + shape + kind + b"\x89" + content + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    named = b"U" + bytes([len(key)]) + key.encode()
    return b"\x80\x02}(U\x04data" + array + state + named + numbers + b"u."


def binary(folder: Path) -> Path:
    folder.mkdir()
    for number, name in enumerate(NAMES):
        content = record(number, number) + record(number + 50, 9)
        (folder / f"{name}.bin").write_bytes(content)
    return folder


def python(folder: Path) -> Path:
    folder.mkdir()
    for number, name in enumerate(NAMES):
        data = pixels(number) + pixels(number + 50)
        (folder / name).write_bytes(python2("labels", [number, 9], data))
    return folder


@pytest.mark.parametrize("write", [binary, python])
@pytest.mark.parametrize("inner", [False, True])
def test_cifar10(tmp_path: Path, write: Any, inner: bool) -> None:
    suffix = "bin" if write is binary else "py"
    folder = write(tmp_path / f"cifar-10-batches-{suffix}")
    (images, labels), (test_images, test_labels) = cifar10(tmp_path if inner else folder)
    assert images.shape == (10, 3, 32, 32)
    assert images.dtype == torch.uint8
    assert images.is_contiguous()
    assert labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert labels.dtype == torch.int64
    assert bytes(images[3].flatten().tolist()) == pixels(51)
    assert int(images[2, 1, 4, 6]) == (1 + 7 * (1024 + 4 * 32 + 6)) % 256
    assert test_labels.tolist() == [5, 9]
    assert bytes(test_images[0].flatten().tolist()) == pixels(5)


def test_cifar100(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    (folder / "train.bin").write_bytes(record(1, 19, 99) + record(2, 3, 4))
    (folder / "test.bin").write_bytes(record(3, 5, 6))
    (images, fine), (_, test_fine) = cifar100(tmp_path)
    (_, coarse), (_, test_coarse) = cifar100(folder, coarse=True)
    assert bytes(images[1].flatten().tolist()) == pixels(2)
    assert (fine.tolist(), test_fine.tolist()) == ([99, 4], [6])
    assert (coarse.tolist(), test_coarse.tolist()) == ([19, 3], [5])


def test_cifar100_for_python_as_numpy_writes_it_today(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    for name in ("train", "test"):
        data = numpy.frombuffer(pixels(1) + pixels(2), dtype=numpy.uint8).reshape(2, 3072).copy()
        batch = {b"data": data, b"fine_labels": [98, 0], b"coarse_labels": [19, 2]}
        (tmp_path / name).write_bytes(pickle.dumps(batch, protocol=4))
    (images, fine), _ = cifar100(tmp_path)
    (_, coarse), _ = cifar100(tmp_path, coarse=True)
    assert bytes(images[1].flatten().tolist()) == pixels(2)
    assert (fine.tolist(), coarse.tolist()) == ([98, 0], [19, 2])


class Hostile:
    """An object whose pickle runs a command when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.marker),)


def test_code_in_a_pickle_does_not_run(tmp_path: Path) -> None:
    folder, marker = python(tmp_path / "cifar-10-batches-py"), tmp_path / "it-ran"
    content = pickle.dumps({b"data": Hostile(marker), b"labels": [1]})
    (folder / "data_batch_1").write_bytes(content)
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    file, reason = folder / "data_batch_1", f"it would run {os.mkdir.__module__}.mkdir"
    assert str(error.value) == f"{file} is damaged: {reason}, which is refused. {AGAIN}"
    assert not marker.exists()
    pickle.loads(content)  # the same file in pickle's own hands
    assert marker.exists()


@pytest.mark.parametrize("name", ["builtins\nexec", "numpy\nfromfile", "numpy.core.multiarray\nx"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    folder = python(tmp_path / "cifar-10-batches-py")
    (folder / "data_batch_1").write_bytes(b"c" + name.encode() + b"\n.")
    with pytest.raises(
        RunError, match=f"it would run {name.replace(chr(10), '[.]')}, which is ref"
    ):
        cifar10(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (record(1, 1)[:-1], "3072 bytes are not records of 3073"),
        (b"", "0 bytes are not records of 3073"),
        (record(1, 10), "it needs a label below 10 for each of 1 images"),
    ],
)
def test_damaged_binary_file(tmp_path: Path, content: bytes, reason: str) -> None:
    file = binary(tmp_path / "cifar-10-batches-bin") / "data_batch_4.bin"
    file.write_bytes(content)
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    assert str(error.value) == f"{file} is damaged: {reason}. {AGAIN}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (python2("labels", [1, 2], pixels(1)), "it needs a label below 10 for each of 1 images"),
        (python2("labels", [1], pixels(1))[:-20], "pickle data was truncated"),
        (python2("names", [1], pixels(1)), "b'labels'"),
        (python2("labels", [1], pixels(1)).replace(b"u1", b"i4"), "its images are not rows of"),
        (python2("labels", [1], pixels(1)).replace(b"M\x00\x0c", b"M\x01\x0c"), "its images are"),
        (b"no pickle", ""),
        (b"", "Ran out of input"),
    ],
)
def test_damaged_file_for_python(tmp_path: Path, content: bytes, reason: str) -> None:
    file = python(tmp_path / "cifar-10-batches-py") / "test_batch"
    file.write_bytes(content)
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    assert str(error.value).startswith(f"{file} is damaged: {reason}")
    assert str(error.value).endswith(AGAIN)


def test_no_data_set(tmp_path: Path) -> None:
    where = "Get it from https://www.cs.toronto.edu/~kriz/cifar.html"
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    missing = "data_batch_1.bin or data_batch_1 is missing"
    assert str(error.value) == f"no CIFAR-10 in {tmp_path}: {missing}. {where}"
    folder = binary(tmp_path / "cifar-10-batches-bin")
    (folder / "test_batch.bin").unlink()
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    missing = "test_batch.bin or test_batch is missing"
    assert str(error.value) == f"no CIFAR-10 in {tmp_path}: {missing}. {where}"


def test_an_archive_has_to_be_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "cifar-10-binary.tar.gz"
    archive.write_bytes(b"")
    with pytest.raises(RunError, match=r"gz is a file: unpack it, and name the folder$"):
        cifar10(archive)


def test_too_large_a_file(tmp_path: Path) -> None:
    file = binary(tmp_path / "cifar-10-batches-bin") / "data_batch_2.bin"
    with file.open("wb") as opened:
        opened.truncate(2**32 + 1)  # takes no space
    with pytest.raises(RunError) as error:
        cifar10(tmp_path)
    assert str(error.value) == f"{file} is damaged: it has more than {2**32} bytes. {AGAIN}"
