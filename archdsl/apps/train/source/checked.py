"""What is done with images before training: checks, and parts that are kept apart or left out."""

from __future__ import annotations

import torch
from torch import Tensor

from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.filled import ImageSet


def checked(split: ImageSet, shape: tuple[int, ...], classes: int) -> ImageSet:
    """Return the images if the network can read them.

    Args:
        split: the images.
        shape: of the network's input, (C, H, W).
        classes: number of scores that the network gives.

    Raises:
        RunError: if the images have another shape, or labels beyond the scores.
    """
    if tuple(split.shape) != tuple(shape):
        has, reads = ("x".join(map(str, sizes)) for sizes in (split.shape, shape))
        remedy = "use --set, or a spec with this input"
        raise RunError(f"the images are {has}, and the network reads {reads}: {remedy}")
    if split.classes > classes:
        remedy = f"use --set to give it {split.classes}, or other data"
        highest = split.classes - 1
        raise RunError(
            f"labels go up to {highest}, and the network has {classes} classes: {remedy}"
        )
    return split


def fixed_order(count: int) -> Tensor:
    """Return the numbers below `count` in an order that is the same in every run."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(0))


def held_out(train: ImageSet, test: ImageSet, count: int) -> tuple[ImageSet, ImageSet]:
    """Return the images to train with, and those that choose the best weights.

    Args:
        train: all images of the training split.
        test: the test split, which chooses where no images are held out.
        count: images of the training split that are held out; 0 for none.
    """
    if not count:
        return train, test
    if not 0 < count < len(train):
        raise RunError(f"{count} of {len(train)} training images cannot be held out")
    order = fixed_order(len(train))
    return train.part(order[count:]), train.part(order[:count])


def subset(splits: tuple[ImageSet, ImageSet], count: int) -> tuple[ImageSet, ImageSet]:
    """Return some of the images to train with, and all to test with.

    Args:
        splits: images to train with, and images to test with.
        count: how many training images are left: the first ones of a fixed shuffle.
    """
    train, test = splits
    if count > len(train):
        raise RunError(f"a subset of {count} images is asked for, and there are {len(train)}")
    return train.part(fixed_order(len(train))[:count]), test
