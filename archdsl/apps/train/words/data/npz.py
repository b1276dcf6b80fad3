"""`npz`: images and labels in one file of numpy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.apps.train.words.data.images import ImageWords
from archdsl.backends.pytorch.literal import literal

Name = Annotated[str, Field(min_length=1, max_length=80)]


class Npz(ImageWords):
    """Images as uint8, and a class number for each, in four arrays.

    Images are (n, H, W), (n, H, W, C) or (n, C, H, W). Without `layout`, channels are the second or
    the last size, whichever is at most 4; if both or neither are, the file is refused.
    """

    kind: Literal["npz"] = "npz"
    train_images: Name | None = Field(
        None, description="name of the array; without, `train_images` or `x_train`"
    )
    train_labels: Name | None = Field(
        None, description="name of the array; without, `train_labels` or `y_train`"
    )
    test_images: Name | None = Field(
        None, description="name of the array; without, `test_images` or `x_test`"
    )
    test_labels: Name | None = Field(
        None, description="name of the array; without, `test_labels` or `y_test`"
    )
    layout: Literal["NHWC", "NCHW"] | None = Field(
        None, description="the order of dimensions, where the shape alone does not tell"
    )
    where: ClassVar[str] = (
        "numpy.savez(file, train_images=..., train_labels=..., test_images=..., test_labels=...)"
    )

    def splits(self) -> str:
        """A call of the reader, with what is not found by default."""
        names = ("layout", "train_images", "train_labels", "test_images", "test_labels")
        written = [
            f"{name}={literal(getattr(self, name))}" for name in names if getattr(self, name)
        ]
        return f"in_memory(npz({', '.join(['path', *written])}), device)"
