"""Images in memory, checks before training, and parts of a split."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from archdsl.apps.train.source.checked import checked, held_out, subset  # noqa: E402
from archdsl.apps.train.source.data.memory import InMemory, in_memory  # noqa: E402
from archdsl.apps.train.source.error import RunError  # noqa: E402

CPU = torch.device("cpu")


def images(count: int = 10) -> InMemory:
    """Images of two channels, whose values and labels are their number."""
    pixels = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 2, 3, 4)
    return InMemory(pixels, torch.arange(count), CPU)


def test_load_keeps_the_order_and_all_draws() -> None:
    draws = torch.rand(3, 2)
    ((pixels, labels, rest),) = images().load([(torch.tensor([7, 2]), draws)], workers=2)
    assert pixels.dtype == torch.uint8
    assert (pixels[:, 1, 2, 3].tolist(), labels.tolist()) == ([7, 2], [7, 2])
    assert rest is draws


def test_statistics_are_of_each_channel() -> None:
    pixels = torch.randint(0, 256, (2500, 2, 3, 4), dtype=torch.uint8)
    pixels[:, 1] = 77
    mean, std = InMemory(pixels, torch.zeros(2500, dtype=torch.int64), CPU).statistics()
    values = pixels[:, 0].double()
    assert mean == [pytest.approx(float(values.mean()), rel=1e-12), 77]
    assert std == [pytest.approx(float(values.std(correction=0)), rel=1e-12), 1]


def test_part_and_in_memory() -> None:
    part = images().part(torch.tensor([3, 1]))
    assert (len(part), part.shape, part.classes) == (2, (2, 3, 4), 4)
    assert part.labels.tolist() == [3, 1]
    split = torch.zeros(2, 1, 5, 5, dtype=torch.uint8), torch.tensor([1, 0])
    train, test = in_memory((split, (split[0][:1], split[1][:1])), CPU)
    assert (len(train), len(test), test.classes) == (2, 1, 2)


def test_checked() -> None:
    split = images()
    assert checked(split, (2, 3, 4), 10) is split
    with pytest.raises(RunError) as error:
        checked(split, (3, 32, 32), 10)
    remedy = "use --set, or a spec with this input"
    assert str(error.value) == f"the images are 2x3x4, and the network reads 3x32x32: {remedy}"
    with pytest.raises(RunError) as error:
        checked(split, (2, 3, 4), 9)
    remedy = "use --set to give it 10, or other data"
    assert str(error.value) == f"labels go up to 9, and the network has 9 classes: {remedy}"


def test_held_out_images_are_the_same_in_every_run() -> None:
    train, test = images(), images(3)
    assert held_out(train, test, 0) == (train, test)
    torch.manual_seed(5)
    rest, apart = held_out(train, test, 4)
    torch.manual_seed(6)
    again, _ = held_out(train, test, 4)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0)).tolist()
    assert apart.labels.tolist() == order[:4]
    assert rest.labels.tolist() == again.labels.tolist() == order[4:]


@pytest.mark.parametrize("count", [10, 11, -1])
def test_some_images_have_to_be_left(count: int) -> None:
    with pytest.raises(RunError, match=f"^{count} of 10 training images cannot be held out$"):
        held_out(images(), images(), count)


def test_subset() -> None:
    test = images(3)
    small, same = subset((images(), test), 2)
    assert same is test
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0)).tolist()
    assert small.labels.tolist() == order[:2]
    with pytest.raises(RunError) as error:
        subset((images(), test), 11)
    assert str(error.value) == "a subset of 11 images is asked for, and there are 10"
