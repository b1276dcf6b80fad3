"""`mnist` and `fashion-mnist`: 60,000 grey images of 28 x 28 pixels and 10,000 to test with."""

from __future__ import annotations

from typing import ClassVar, Literal

from archdsl.apps.train.words.data.images import ImageWords


class Mnist(ImageWords):
    """Handwritten digits, from idx files, compressed by gzip or not."""

    kind: Literal["mnist"] = "mnist"
    classes: ClassVar[int] = 10
    where: ClassVar[str] = (
        "http://yann.lecun.com/exdb/mnist/ or https://ossci-datasets.s3.amazonaws.com/mnist/"
    )

    def splits(self) -> str:
        """A call of the reader."""
        return "in_memory(mnist(path), device)"


class FashionMnist(ImageWords):
    """Pieces of clothing, in files like those of MNIST."""

    kind: Literal["fashion-mnist"] = "fashion-mnist"
    classes: ClassVar[int] = 10
    where: ClassVar[str] = (
        "https://github.com/zalandoresearch/fashion-mnist; on Debian and Ubuntu "
        "`apt install dataset-fashion-mnist`, in /usr/share/datasets/fashion-mnist"
    )

    def splits(self) -> str:
        """A call of the reader."""
        return "in_memory(fashion_mnist(path), device)"
