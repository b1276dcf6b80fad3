"""Changes of images, compared with loops over the images."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from archdsl.apps.train.source.augment.erase import erase
from archdsl.apps.train.source.augment.mirror import mirror
from archdsl.apps.train.source.augment.shift import shift
from archdsl.apps.train.words.augment import AUGMENTS
from archdsl.frontend.unions import word_of

LAST = 1 - 2**-24
"""The largest number that torch.rand returns."""


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Images, and two random numbers for each, with the ends of the interval among them."""
    count, channels = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    number = st.one_of(st.sampled_from([0.0, 0.5, LAST]), st.floats(0, LAST, width=32))
    numbers = [draw(number) for _ in range(2 * count)]
    images = torch.arange(1.0, 1 + count * channels * height * width)
    return images.view(count, channels, height, width), torch.tensor(numbers).view(2, count)


def index(number: Tensor, count: int) -> int:
    return min(int(number * count), count - 1)


def rows_of(image: Tensor) -> list[list[list[float]]]:
    rows: list[list[list[float]]] = image.tolist()
    return rows


@settings(max_examples=60, deadline=None)
@given(batches())
def test_mirror_is_that_of_each_image(batch: tuple[Tensor, Tensor]) -> None:
    images, draws = batch
    changed = mirror(images, draws[:1])
    for image, number, after in zip(images, draws[0], changed, strict=True):
        flipped = [[row[::-1] for row in channel] for channel in rows_of(image)]
        assert rows_of(after) == (flipped if number < 0.5 else rows_of(image))


@settings(max_examples=60, deadline=None)
@given(batches(), st.integers(1, 5))
def test_shift_is_that_of_each_image(batch: tuple[Tensor, Tensor], pixels: int) -> None:
    images, draws = batch
    changed = shift(images, draws, pixels)
    height, width = images.shape[2:]
    for number, (image, after) in enumerate(zip(images, changed, strict=True)):
        down, right = (index(x, 2 * pixels + 1) - pixels for x in draws[:, number])
        for y in range(height):
            for x in range(width):
                inside = 0 <= y + down < height and 0 <= x + right < width
                expected = image[:, y + down, x + right] if inside else torch.zeros(len(image))
                assert torch.equal(after[:, y, x], expected)


@settings(max_examples=60, deadline=None)
@given(batches(), st.integers(1, 12))
def test_erase_is_that_of_each_image(batch: tuple[Tensor, Tensor], pixels: int) -> None:
    images, draws = batch
    changed = erase(images, draws, pixels)
    height, width = images.shape[2:]
    for number, (image, after) in enumerate(zip(images, changed, strict=True)):
        top = index(draws[0, number], height) - pixels // 2
        left = index(draws[1, number], width) - pixels // 2
        expected = image.clone()
        expected[:, max(0, top) : max(0, top + pixels), max(0, left) : max(0, left + pixels)] = 0
        assert torch.equal(after, expected)


@pytest.mark.parametrize("pixels", [1, 2, 4, 8])
def test_every_shift_is_equally_likely(pixels: int) -> None:
    count = 2 * pixels + 1
    middles = (torch.arange(count) + 0.5) / count
    images = torch.zeros(count, 1, 1 + 2 * pixels, 1)
    images[:, 0, pixels] = 1
    moved = shift(images, torch.stack([middles, torch.full((count,), 0.5)]), pixels)
    assert moved.argmax(2).flatten().tolist() == list(range(count))[::-1]


def test_no_number_moves_further() -> None:
    images = torch.ones(1, 1, 40, 40)
    for pixels in range(1, 33):
        moved = shift(images, torch.full((2, 1), LAST), pixels)
        assert float(moved.sum()) == (40 - pixels) ** 2


def test_the_layout_and_the_type_do_not_matter() -> None:
    torch.manual_seed(1)
    images, draws = torch.rand(5, 3, 8, 8), torch.rand(2, 5)
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(mirror(images, draws[:1]), mirror(last, draws[:1]))
    assert torch.equal(shift(images, draws, 2), shift(last, draws, 2))
    half = shift(images.bfloat16(), draws, 2)
    assert torch.equal(shift(images, draws, 2).bfloat16(), half)


def test_words_state_how_many_numbers_they_draw() -> None:
    images = torch.rand(3, 1, 4, 4)
    names = {"mirror": mirror, "shift": shift, "erase": erase}
    for model in AUGMENTS:
        word = model.model_validate({"kind": word_of(model, "kind")})
        draws = torch.rand(word.draws, 3)
        assert eval(word.code(), {**names, "images": images, "draws": draws}).shape == images.shape
