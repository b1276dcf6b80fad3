"""`cifar10`: 50,000 images of 32 x 32 pixels to train with and 10,000 to test with."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.apps.train.words.data.images import ImageWords


class Cifar10(ImageWords):
    """CIFAR-10, from its binary files or from those for Python."""

    kind: Literal["cifar10"] = "cifar10"
    classes: ClassVar[int] = 10
    where: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar.html, unpacked"

    def splits(self) -> str:
        """A call of the reader."""
        return "in_memory(cifar10(path), device)"
