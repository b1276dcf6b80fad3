"""Image files become images of one size: random resized crops, or crops of the centre."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.data import Dataset

from archdsl.apps.train.source.error import RunError

ATTEMPTS: int = 10  # how often a random crop is tried, each time with four random numbers
Range: TypeAlias = tuple[float, float]  # the smallest and the largest number
Box: TypeAlias = tuple[int, int, int, int]  # left, top, right and bottom, as Pillow has them


class Crops(Dataset[Any]):
    """Reads batches of image files, in a worker of a DataLoader. An item is a batch.

    Args:
        size: height and width of the images.
        resize: length of the shorter side from which the centre is cropped.
        scale: smallest and largest share of the area that a random crop has.
        ratio: smallest and largest ratio of its width to its height.
    """

    def __init__(self, size: int, resize: int, scale: Range, ratio: Range) -> None:
        self.size, self.resize, self.scale, self.ratio = size, resize, scale, ratio

    def __getitem__(self, batch: tuple[list[str], Tensor, Tensor]) -> Any:
        """Return images, labels and the random numbers that are left, or the RunError.

        Args:
            batch: files, labels (n,) and random numbers (draws, n).
        """
        files, labels, draws = batch
        used = draws[: 4 * ATTEMPTS]
        columns = used.T.tolist() if used.numel() else [[]] * len(files)
        try:
            images = [self.image(file, x) for file, x in zip(files, columns, strict=True)]
        except RunError as failure:  # raised in a worker, it would arrive with a traceback as text
            return failure
        return torch.stack(images), labels, draws[len(used) :]

    def image(self, file: str, draws: Sequence[float]) -> Tensor:
        """Return a file as uint8 (3, size, size). Raises RunError if it cannot be read.

        Args:
            file: the name of the file.
            draws: random numbers for a random crop; none for the centre.
        """
        from PIL import Image

        try:
            with Image.open(file) as opened:
                image = opened.convert("RGB")
            if draws:
                image = image.crop(random_box(*image.size, self.scale, self.ratio, draws))
                image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
            else:
                short = min(image.size)
                width, height = (self.resize * side // short for side in image.size)
                image = image.resize((width, height), Image.Resampling.BILINEAR)
                left, top = (round((side - self.size) / 2) for side in image.size)
                image = image.crop((left, top, left + self.size, top + self.size))
        except Exception as error:  # a damaged file can raise almost any error
            raise RunError(f"{file} cannot be read as an image ({error})") from None
        values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return values.view(self.size, self.size, 3).permute(2, 0, 1)


def random_box(width: int, height: int, scale: Range, ratio: Range, draws: Sequence[float]) -> Box:
    """Return a random part of an image, as RandomResizedCrop of torchvision chooses it.

    Args:
        width: of the image.
        height: of the image.
        scale: smallest and largest share of its area.
        ratio: smallest and largest width to height. Its logarithm is uniform.
        draws: four random numbers in [0, 1) per attempt: area, ratio, top and left.
    """
    low, high = map(math.log, ratio)
    for attempt in range(ATTEMPTS):
        a, b, c, d = draws[4 * attempt : 4 * attempt + 4]
        area = width * height * (scale[0] + (scale[1] - scale[0]) * a)
        shape = math.exp(low + (high - low) * b)
        w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < w <= width and 0 < h <= height:
            top, left = int(c * (height - h + 1)), int(d * (width - w + 1))
            return left, top, left + w, top + h
    w, h = min(width, round(height * ratio[1])), min(height, round(width / ratio[0]))
    left, top = (width - w) // 2, (height - h) // 2
    return left, top, left + w, top + h
