"""What the words of all data sets of images have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from archdsl.apps.train.words.word import DataWords
from archdsl.errors import fail
from archdsl.language.values import as_pydantic

Share = Annotated[float, Field(ge=0, le=1)]
Spread = Annotated[float, Field(gt=0, le=1)]


class ImageWords(DataWords):
    """A data set of images.

    Attributes:
        split: the class of source that has its images.
        draws: random numbers per image that reading takes, before those of augmentation.
    """

    split: ClassVar[str] = "InMemory"
    draws: ClassVar[int] = 0

    subset: int | None = Field(
        None, ge=1, description="how many training images are used: the first of a fixed shuffle"
    )
    mean: tuple[Share, ...] = Field(
        (), max_length=4, strict=False,
        description="mean of each channel, of values from 0 to 1; without, of the training images",
    )  # fmt: skip
    std: tuple[Spread, ...] = Field(
        (), max_length=4, strict=False,
        description="standard deviation of each channel, like `mean`",
    )  # fmt: skip

    @model_validator(mode="after")
    def _both(self) -> ImageWords:
        if len(self.mean) != len(self.std):
            message = "`mean` and `std` need one number each for every channel"
            raise as_pydantic(fail("A106", message))
        return self

    @abstractmethod
    def splits(self) -> str:
        """The expression for all images. It may use `path` and `device`."""

    def code(self) -> str:
        """The expression for the images that are used."""
        return f"subset({self.splits()}, {self.subset})" if self.subset else self.splits()
