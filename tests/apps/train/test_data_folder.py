"""Images in folders: crops like those of torchvision, and failures with the name of the file."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")

from torch import Tensor  # noqa: E402
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter  # noqa: E402

from archdsl.apps.train.source.data.crops import ATTEMPTS, Crops, random_box  # noqa: E402
from archdsl.apps.train.source.data.files import FromFiles, image_folder  # noqa: E402
from archdsl.apps.train.source.error import RunError  # noqa: E402

SIZES = ((40, 30), (30, 41), (37, 24))
SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
CROPS = Crops(16, 20, SCALE, RATIO)
NONE = torch.empty(0, 2)


def picture(seed: int, size: tuple[int, int]) -> Any:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(0, 256, (size[1] // 4 + 1, size[0] // 4 + 1, 3), generator=generator)
    small = Image.frombytes("RGB", values.shape[1::-1], bytes(values.flatten().tolist()))
    return small.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, of which the second one by name is written first."""
    for number, (kind, name) in enumerate(itertools.product(("train", "val"), ("wolf", "cat"))):
        (tmp_path / kind / name).mkdir(parents=True)
        (tmp_path / kind / name / "notes.txt").write_text("no image")
        for place, size in enumerate(SIZES):
            suffix = ("JPEG", "png", "jpg")[place]
            picture(10 * number + place, size).save(tmp_path / kind / name / f"{place}.{suffix}")
    return tmp_path


def names(images: FromFiles) -> list[str]:
    return ["/".join(Path(file).parts[-3:]) for file in images.files]


def tensor(image: Any) -> Tensor:
    width, height = image.size
    values: Tensor = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return values.view(height, width, 3).permute(2, 0, 1)


def opened(file: str) -> Any:
    return Image.open(file).convert("RGB")


def test_classes_and_files(folder: Path) -> None:
    train, test = image_folder(folder, CROPS)
    assert names(train) == [
        "train/cat/0.JPEG", "train/cat/1.png", "train/cat/2.jpg",
        "train/wolf/0.JPEG", "train/wolf/1.png", "train/wolf/2.jpg",
    ]  # fmt: skip
    assert train.labels.tolist() == test.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert names(test)[5] == "val/wolf/2.jpg"
    assert (len(train), train.classes, train.shape) == (6, 2, (3, 16, 16))
    part = train.part(torch.tensor([4, 0]))
    assert names(part) == ["train/wolf/1.png", "train/cat/0.JPEG"]
    assert (part.labels.tolist(), part.classes, part.shape) == ([1, 0], 2, (3, 16, 16))


def test_statistics_are_those_of_imagenet(folder: Path) -> None:
    mean, std = image_folder(folder, CROPS)[0].statistics()
    assert mean == pytest.approx([123.675, 116.28, 103.53])
    assert std == pytest.approx([58.395, 57.12, 57.375])


@pytest.mark.parametrize("workers", [0, 2])
def test_batches(folder: Path, workers: int) -> None:
    train, _ = image_folder(folder, CROPS)
    draws = torch.rand(FromFiles.draws + 3, 2, generator=torch.Generator().manual_seed(1))
    order = [(torch.tensor([4, 0]), draws), (torch.tensor([2, 5]), draws[:, :0])]
    state = torch.get_rng_state()
    (crops, labels, rest), (centres, other, none) = train.load(order, workers)
    assert torch.equal(state, torch.get_rng_state()), "dropout of a resumed run would differ"
    assert crops.dtype == torch.uint8
    assert (labels.tolist(), other.tolist()) == ([1, 0], [0, 1])
    assert rest.tolist() == draws[40:].tolist()
    assert none.shape == (3, 0)
    for image, file, numbers in zip(crops, (4, 0), draws.T.tolist(), strict=True):
        whole = opened(train.files[file])
        part = whole.crop(random_box(whole.width, whole.height, SCALE, RATIO, numbers))
        assert torch.equal(image, tensor(part.resize((16, 16), Image.Resampling.BILINEAR)))
    for image, file in zip(centres, (2, 5), strict=True):
        whole = opened(train.files[file]).resize((30, 20), Image.Resampling.BILINEAR)  # of 37 x 24
        assert torch.equal(image, tensor(whole)[:, 2:18, 7:23])


def test_centre_is_that_of_torchvision(folder: Path, torchvision: ModuleType) -> None:
    train, _ = image_folder(folder, Crops(15, 20, SCALE, RATIO))
    transforms = torchvision.transforms
    theirs = transforms.Compose([transforms.Resize(20), transforms.CenterCrop(15)])
    order = [(torch.arange(6), torch.empty(0, 6))]
    ((images, _, _),) = train.load(order, 0)
    for image, file in zip(images, train.files, strict=True):
        assert torch.equal(image, tensor(theirs(opened(file))))


class Uniform:
    """A tensor of torchvision's that is filled with the next of some random numbers."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers

    def uniform_(self, low: Any, high: Any) -> Tensor:
        number: Tensor = torch.zeros(()).double() + low + (high - low) * self.numbers.pop(0)
        return number


def torch_with(numbers: list[float]) -> SimpleNamespace:
    """What torchvision uses of torch to choose a crop, with these random numbers."""
    return SimpleNamespace(
        log=lambda x: x.double().log(),
        exp=torch.exp,
        tensor=torch.tensor,
        empty=lambda _: Uniform(numbers),
        randint=lambda _, end, size: torch.tensor(int(numbers.pop(0) * end)),
    )


def test_random_crops_are_those_of_torchvision(
    torchvision: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = torchvision.transforms.RandomResizedCrop.get_params
    generator = torch.Generator().manual_seed(0)
    tries = []
    for number in range(300):
        size = torch.randint(10, 200, (2,), generator=generator)
        width, height = (size * torch.tensor([1, 1 if number % 3 else 9])).tolist()
        draws = torch.rand(4 * ATTEMPTS, generator=generator).tolist()
        # An attempt of torchvision that fails takes no numbers for a position. Ours skips two.
        tries.append(attempts(width, height, draws))
        sizes = [x for first in range(0, 4 * tries[-1], 4) for x in draws[first : first + 2]]
        numbers = [*sizes, *draws[4 * tries[-1] - 2 : 4 * tries[-1]]]
        with monkeypatch.context() as patch:
            patch.setattr("torchvision.transforms.transforms.torch", torch_with(numbers))
            top, left, h, w = chosen(torch.empty(3, height, width), SCALE, RATIO)
        assert numbers == []
        assert random_box(width, height, SCALE, RATIO, draws) == (left, top, left + w, top + h)
    assert {1, 2, 3, ATTEMPTS + 1} < set(tries)


def attempts(width: int, height: int, draws: list[float]) -> int:
    """The first attempt whose crop fits, from 1; one more than there are if none does."""
    for attempt in range(ATTEMPTS):
        area = width * height * (0.08 + 0.92 * draws[4 * attempt])
        ratio = 0.75 * (16 / 9) ** draws[4 * attempt + 1]
        if round((area * ratio) ** 0.5) <= width and round((area / ratio) ** 0.5) <= height:
            return attempt + 1
    return ATTEMPTS + 1


@pytest.mark.parametrize(
    ("size", "box"),
    [((30, 300), (0, 130, 30, 170)), ((300, 30), (130, 0, 170, 30)), ((40, 39), (0, 0, 40, 39))],
)
def test_crop_where_no_attempt_fits(size: tuple[int, int], box: tuple[int, ...]) -> None:
    assert random_box(size[0], size[1], (4.0, 4.0), RATIO, [0.5] * 4 * ATTEMPTS) == box


@pytest.mark.parametrize("workers", [0, 1])
def test_damaged_image(folder: Path, workers: int) -> None:
    train, _ = image_folder(folder, CROPS)
    file = Path(train.files[3])
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(RunError) as error:
        list(train.load([(torch.tensor([2, 3]), NONE)], workers))
    assert str(error.value).startswith(f"{file} cannot be read as an image (")
    assert "Traceback" not in str(error.value)


def test_killed_worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    seconds = "_try_get_data"  # how long the loader waits for a batch before it looks for workers
    monkeypatch.setattr(getattr(_MultiProcessingDataLoaderIter, seconds), "__defaults__", (0.1,))
    monkeypatch.setattr(Crops, "image", killed)
    train, _ = image_folder(folder, CROPS)
    handler = signal.getsignal(signal.SIGCHLD)
    with pytest.raises(RunError) as error:
        list(train.load([(torch.tensor([2, 3]), NONE)], 1))
    assert str(error.value).startswith("a process that reads images failed (DataLoader worker (pid")
    assert str(error.value).endswith("exited unexpectedly). Try fewer --workers, or --workers 0")
    assert signal.getsignal(signal.SIGCHLD) == handler


def test_wrong_folders(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        image_folder(folder / "train", CROPS)
    needs = "train/CLASS/*.jpg and val/CLASS/*.jpg are needed"
    where = "ImageNet is at https://www.image-net.org/download.php"
    expected = f"no folders in {folder / 'train' / 'train'}: {needs}. {where}"
    assert str(error.value) == expected
    (folder / "val" / "dog").mkdir()
    with pytest.raises(RunError) as error:
        image_folder(folder, CROPS)
    assert str(error.value) == f"{folder} does not have all classes in train and in val: dog"
    (folder / "train" / "dog").mkdir()
    with pytest.raises(RunError) as error:
        image_folder(folder, CROPS)
    suffixes = ".jpg, .jpeg, .png, .bmp, .webp"
    assert str(error.value) == f"{folder / 'train' / 'dog'} has no images ({suffixes})"


def test_pillow_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(RunError) as error:
        image_folder(folder, CROPS)
    assert str(error.value) == "reading image files needs Pillow: pip install pillow"
