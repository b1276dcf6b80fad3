"""`cifar100`: 50,000 images of 32 x 32 pixels to train with and 10,000 to test with."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.data.images import ImageWords


class Cifar100(ImageWords):
    """CIFAR-100, from its binary files or from those for Python."""

    kind: Literal["cifar100"] = "cifar100"
    labels: Literal["fine", "coarse"] = Field(
        "fine", description="`fine` for the 100 classes, `coarse` for the 20 superclasses"
    )
    where: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar.html, unpacked"

    @property
    def classes(self) -> int:  # type: ignore[override]
        """The number of classes with these labels."""
        return 20 if self.labels == "coarse" else 100

    def splits(self) -> str:
        """A call of the reader."""
        coarse = ", coarse=True" if self.labels == "coarse" else ""
        return f"in_memory(cifar100(path{coarse}), device)"
