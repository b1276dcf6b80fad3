"""`folder`: image files in a folder for each class, as ImageNet has them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from archdsl.apps.train.words.data.images import ImageWords
from archdsl.errors import fail
from archdsl.language.values import as_pydantic

Area = Annotated[float, Field(gt=0, le=1)]
Ratio = Annotated[float, Field(ge=0.1, le=10)]


class Folder(ImageWords):
    """Files train/CLASS/*.jpg and val/CLASS/*.jpg, with classes in the order of their names.

    Training images are random resized crops, test images crops of the centre. They are read while
    the network trains. Without `mean` and `std` they are normalised by the numbers of ImageNet.
    """

    kind: Literal["folder"] = "folder"
    split: ClassVar[str] = "FromFiles"
    draws: ClassVar[int] = 40
    where: ClassVar[str] = (
        "train/CLASS/*.jpg and val/CLASS/*.jpg; ImageNet is at "
        "https://www.image-net.org/download.php"
    )
    size: int = Field(224, ge=1, le=4096, description="height and width of the images")
    resize: int = Field(
        256, ge=1, le=4096,
        description="length of the shorter side of which the centre is cropped, for tests",
    )  # fmt: skip
    scale: tuple[Area, Area] = Field(
        (0.08, 1.0), strict=False, description="share of the area that a random crop has, from, to"
    )
    ratio: tuple[Ratio, Ratio] = Field(
        (3 / 4, 4 / 3), strict=False,
        description="width of a random crop divided by its height, from, to",
    )  # fmt: skip

    @model_validator(mode="after")
    def _in_order(self) -> Folder:
        if self.resize < self.size:
            raise as_pydantic(fail("A106", "`resize` must be at least `size`"))
        if self.scale[0] > self.scale[1] or self.ratio[0] > self.ratio[1]:
            raise as_pydantic(fail("A106", "`scale` and `ratio` are from a number to a larger one"))
        return self

    def splits(self) -> str:
        """A call of the reader, with the sizes of crops."""
        crops = f"Crops({self.size}, {self.resize}, {self.scale}, {self.ratio})"
        return f"image_folder(path, {crops})"
