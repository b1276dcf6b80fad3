"""Images in folders, one for each class, that are read while the network trains."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from archdsl.apps.train.source.data.crops import ATTEMPTS, Crops
from archdsl.apps.train.source.error import RunError

IMAGE_SUFFIXES: tuple[str, ...] = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
IMAGENET: str = "https://www.image-net.org/download.php"


class FromFiles:
    """Images that are read from files by the processes of a DataLoader.

    Args:
        files: the images.
        labels: of each (n,).
        classes: number of classes.
        crops: how files become images.
    """

    draws: int = 4 * ATTEMPTS  # random numbers for each image

    def __init__(self, files: list[str], labels: Tensor, classes: int, crops: Crops) -> None:
        self.files, self.labels, self.classes, self.crops = files, labels, classes, crops
        self.shape = (3, crops.size, crops.size)

    def __len__(self) -> int:
        return len(self.files)

    def statistics(self) -> tuple[list[float], list[float]]:
        """Return mean and standard deviation of each channel of ImageNet, of values to 255."""
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        return [255 * value for value in mean], [255 * value for value in std]

    def part(self, indices: Tensor) -> FromFiles:
        """Return the images at these indices (n,)."""
        files = [self.files[index] for index in indices.tolist()]
        return FromFiles(files, self.labels[indices], self.classes, self.crops)

    def load(
        self, order: Iterable[tuple[Tensor, Tensor]], workers: int
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield images, uint8 (n, 3, H, W), labels and the draws that are left, of each batch.

        Images are random crops if there are random numbers, and centre crops otherwise.

        Args:
            order: indices (n,) and random numbers (draws, n) of each batch.
            workers: processes that read, a batch each. With 0 this process does.
        """
        # Names travel with each batch: workers need no copy of the list.
        batches = (
            ([self.files[index] for index in indices.tolist()], self.labels[indices], draws)
            for indices, draws in order
        )
        loader = DataLoader(
            self.crops,
            batch_size=None,
            sampler=batches,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
            worker_init_fn=keep_signals,
            generator=torch.Generator(),  # without, it takes a number from that of dropout
        )
        try:
            for batch in without_handler(loader):
                if isinstance(batch, RunError):
                    raise batch
                images, labels, rest = batch
                yield images, labels, rest
        except (RuntimeError, OSError) as error:
            remedy = "Try fewer --workers, or --workers 0"
            raise RunError(f"a process that reads images failed ({error}). {remedy}") from None


def without_handler(loader: DataLoader[Any]) -> Iterator[Any]:
    """Return what a loader yields, without its handler for killed workers.

    The handler would raise its error in the middle of a step. The loader notices such workers
    also when it waits for a batch.

    Args:
        loader: the loader, whose workers are started.
    """
    handler = signal.getsignal(signal.SIGCHLD)
    batches = iter(loader)
    signal.signal(signal.SIGCHLD, handler)
    return batches


def keep_signals(worker: int) -> None:
    """Leave Ctrl-C and SIGTERM to the process that trains: it ends the workers after its step.

    Args:
        worker: its number.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def image_folder(path: Path, crops: Crops) -> tuple[FromFiles, FromFiles]:
    """Return images of train/CLASS and of val/CLASS, with classes in the order of their names.

    Args:
        path: the folder that has `train` and `val`.
        crops: how files become images.
    """
    if find_spec("PIL") is None:
        raise RunError("reading image files needs Pillow: pip install pillow")
    try:
        train, test = (class_folders(path, split) for split in ("train", "val"))
        if different := sorted({x.name for x in train} ^ {x.name for x in test}):
            shown = ", ".join(different[:5])
            raise RunError(f"{path} does not have all classes in train and in val: {shown}")
        return from_folders(train, crops), from_folders(test, crops)
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error})") from None


def class_folders(path: Path, split: str) -> list[Path]:
    """Return the folders of classes, sorted by name.

    Args:
        path: the folder of the data set.
        split: `train` or `val`.
    """
    folders = sorted(child for child in path.glob(f"{split}/*") if child.is_dir())
    if not folders:
        layout = "train/CLASS/*.jpg and val/CLASS/*.jpg are needed"
        raise RunError(f"no folders in {path / split}: {layout}. ImageNet is at {IMAGENET}")
    return folders


def from_folders(folders: list[Path], crops: Crops) -> FromFiles:
    """Return the images of all classes.

    Args:
        folders: of the classes.
        crops: how files become images.
    """
    files: list[str] = []
    labels: list[int] = []
    for label, folder in enumerate(folders):
        images = sorted(str(x) for x in folder.iterdir() if x.suffix.lower() in IMAGE_SUFFIXES)
        if not images:
            raise RunError(f"{folder} has no images ({', '.join(IMAGE_SUFFIXES)})")
        files += images
        labels += [label] * len(images)
    return FromFiles(files, torch.tensor(labels), len(folders), crops)
