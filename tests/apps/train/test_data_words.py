"""Words of data sets: the calls that they become, and the values that they refuse."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from archdsl.apps.train.words.data import (
    DATA,
    Cifar10,
    Cifar100,
    FashionMnist,
    Folder,
    Mnist,
    Npz,
)  # fmt: skip
from archdsl.apps.train.words.data.images import ImageWords

KINDS = ["cifar10", "cifar100", "mnist", "fashion-mnist", "npz", "folder"]


def test_kinds() -> None:
    assert [get_args(kind.model_fields["kind"].annotation) for kind in DATA] == [
        (k,) for k in KINDS
    ]


@pytest.mark.parametrize(
    ("words", "code", "classes"),
    [
        (Cifar10(), "in_memory(cifar10(path), device)", 10),
        (Cifar10(subset=500), "subset(in_memory(cifar10(path), device), 500)", 10),
        (Cifar100(), "in_memory(cifar100(path), device)", 100),
        (Cifar100(labels="coarse"), "in_memory(cifar100(path, coarse=True), device)", 20),
        (Mnist(), "in_memory(mnist(path), device)", 10),
        (FashionMnist(), "in_memory(fashion_mnist(path), device)", 10),
        (Npz(), "in_memory(npz(path), device)", 0),
        (
            Npz(layout="NHWC", test_labels="a'b"),
            'in_memory(npz(path, layout="NHWC", test_labels="a\'b"), device)',
            0,
        ),
        (
            Folder(subset=9, size=32, resize=36, ratio=(1.0, 1.0)),
            "subset(image_folder(path, Crops(32, 36, (0.08, 1.0), (1.0, 1.0))), 9)",
            0,
        ),
    ],
)
def test_code(words: ImageWords, code: str, classes: int) -> None:
    assert (words.code(), words.classes) == (code, classes)
    compile(words.code(), "code", "eval")


def test_source_takes_the_draws_and_has_the_addresses_of_the_words() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from archdsl.apps.train.source.data import cifar, files, idx, memory

    assert files.FromFiles.draws == Folder.draws == 40
    assert files.FromFiles.__name__ == Folder.split
    assert {(kind.split, kind.draws) for kind in DATA[:-1]} == {(memory.InMemory.__name__, 0)}
    assert Cifar10.where == Cifar100.where == f"{cifar.CIFAR}, unpacked"
    assert Mnist.where == idx.MNIST
    assert FashionMnist.where.startswith(idx.FASHION_MNIST)
    assert files.IMAGENET in Folder.where


@pytest.mark.parametrize("kind", [Cifar10, Npz, Folder])
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"subset": 0}, "greater than or equal to 1"),
        ({"subset": "9"}, "valid integer"),
        ({"mean": [0.5]}, "`mean` and `std` need one number each for every channel"),
        ({"mean": [0.5], "std": [0.2, 0.2]}, "need one number each for every channel"),
        ({"mean": [127.0], "std": [0.2]}, "less than or equal to 1"),
        ({"mean": [0.5], "std": [0]}, "greater than 0"),
        ({"kind": "other"}, "Input should be"),
        ({"means": [0.5]}, "Extra inputs are not permitted"),
    ],
)
def test_refused(kind: type[ImageWords], values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        kind.model_validate(values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"size": 300}, "`resize` must be at least `size`"),
        ({"scale": [0.5, 0.4]}, "`scale` and `ratio` are from a number to a larger one"),
        ({"ratio": [2, 1]}, "`scale` and `ratio` are from a number to a larger one"),
        ({"scale": [0, 1]}, "greater than 0"),
    ],
)
def test_refused_crops(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Folder.model_validate(values)


def test_lists_of_a_recipe() -> None:
    words = Folder.model_validate({"scale": [0.25, 1], "mean": [0.5, 0, 1], "std": [1, 1, 0.5]})
    assert (words.scale, words.mean, words.std) == ((0.25, 1), (0.5, 0, 1), (1, 1, 0.5))
