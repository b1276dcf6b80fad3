"""The specs that come with archdsl have the parameters that their papers print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archdsl.analysis.parameters import parameters
from archdsl.api import check
from archdsl.frontend.load import load
from archdsl.lowering import lower

SPECS = Path(__file__).parent.parent / "specs"
FILES = sorted(SPECS.glob("*.yaml"))

RESNETS = {
    56: 590_426,
    110: 1_146_842,
    164: 1_703_258,
    200: 2_074_202,
    1001: 10_327_706,
    2000: 20_621_402,
}
"""Pre-activation bottleneck networks of 10 classes; which outputs are added costs no parameter."""

EXACT: list[tuple[str, dict[str, Any], int]] = [
    ("densenet-cifar", {"depth": 40}, 1_100_428),
    ("densenet-cifar", {}, 7_189_468),
    ("densenet-cifar", {"depth": 400}, 117_554_668),
    ("densenet-cifar", {"growth": 24}, 28_283_476),
    ("densenet-cifar", {"growth": [16, 32, 64], "stem": 24}, 61_143_388),
    ("densenet-cifar", {"growth": [32, 64, 128], "stem": 24}, 241_577_820),
    ("densenet-bc-cifar", {"depth": 250, "growth": 24, "classes": 10}, 15_324_406),
    ("densenet-bc-cifar", {"depth": 190, "growth": 40, "classes": 10}, 25_624_430),
    ("densenet-bc-cifar", {"depth": 400, "growth": 4, "classes": 10}, 1_116_506),
    ("densenet-bc-cifar", {"depth": 1001, "growth": 4}, 6_630_956),
    ("densenet-bc-cifar", {"depth": 400, "growth": 24}, 37_133_956),
    ("densenet-bc-cifar", {"growth": [32, 64, 128], "stem": 24}, 30_517_056),
    ("sparsenet-cifar", {"depth": 40}, 757_252),
    ("sparsenet-cifar", {}, 2_522_404),
    ("sparsenet-cifar", {"growth": 36}, 5_645_908),
    ("sparsenet-cifar", {"growth": [16, 32, 64]}, 7_218_148),
    ("sparsenet-cifar", {"growth": [32, 64, 128]}, 28_725_604),
    ("sparsenet-bc-cifar", {}, 1_461_124),
    ("sparsenet-bc-cifar", {"growth": 36}, 3_263_428),
    ("sparsenet-bc-cifar", {"growth": [16, 32, 64]}, 4_365_428),
    ("sparsenet-bc-cifar", {"growth": [32, 64, 128]}, 17_339_780),
    ("sparsenet-bc-cifar", {"depth": 100, "growth": 12, "stem": 12}, 370_024),
    ("sparsenet-bc-cifar", {"depth": 400, "growth": 12, "stem": 12}, 1_698_424),
    ("sparsenet-bc-cifar", {"depth": 1001, "growth": 12, "stem": 12}, 4_623_856),
    ("sparsenet-bc-cifar", {"depth": 1001, "growth": 12}, 4_628_980),
    *[("resnet-preact-cifar", {"depth": d, "classes": 10}, count) for d, count in RESNETS.items()],
    *[("sparsenet-sum-cifar", {"depth": d, "classes": 10}, count) for d, count in RESNETS.items()],
    ("densenet-imagenet", {}, 7_978_856),
    ("densenet-imagenet", {"layers": [6, 12, 32, 32]}, 14_149_480),
    ("densenet-imagenet", {"layers": [6, 12, 48, 32]}, 20_013_928),
    ("densenet-imagenet", {"layers": [6, 12, 64, 32]}, 27_205_480),
    ("densenet-imagenet", {"layers": [6, 12, 64, 48]}, 33_337_704),
    ("densenet-imagenet", {"layers": [6, 12, 36, 24], "growth": 48}, 28_681_000),
    ("sparsenet-imagenet", {}, 4_513_576),
    ("sparsenet-imagenet", {"layers": [6, 12, 32, 32]}, 6_228_616),
    ("sparsenet-imagenet", {"layers": [6, 12, 48, 32]}, 7_221_896),
    ("sparsenet-imagenet", {"layers": [6, 12, 48, 32], "growth": 48}, 14_907_736),
    ("resnet-imagenet", {}, 25_557_032),
    ("resnet-imagenet", {"layers": [3, 4, 23, 3]}, 44_549_160),
    ("resnet-imagenet", {"layers": [3, 8, 36, 3]}, 60_192_808),
    ("resnet-imagenet", {"block": "double", "layers": [2, 2, 2, 2]}, 11_689_512),
    ("resnet-imagenet", {"block": "double"}, 21_797_672),
    ("se-resnet-imagenet", {"layers": [3, 4, 23, 3]}, 49_326_872),
    ("se-resnet-imagenet", {"layers": [3, 8, 36, 3]}, 66_821_848),
    ("resnext-imagenet", {}, 25_028_904),
    ("resnext-imagenet", {"layers": [3, 4, 23, 3], "cardinality": 64}, 83_455_272),
    ("resnext-imagenet", {"cardinality": 1, "base": 128}, 68_883_240),
    ("condensenet-imagenet", {}, 4_773_944),
    ("condensenet-imagenet", {"groups": 8}, 2_935_416),
    ("mixnet-cifar", {}, 1_464_202),
    ("resnet-stochastic-cifar", {}, 1_727_962),
]
"""Exact counts, norm scale and shift included, where papers print two or three digits."""


def count(name: str, settings: dict[str, Any]) -> int:
    """The parameters of a spec under given settings."""
    spec = load(SPECS / f"{name}.yaml", settings)
    return sum(parameters(lower(spec).graph).values())


def said(settings: dict[str, Any]) -> str:
    """A short name of settings for test reports."""
    return ",".join(f"{name}={value}" for name, value in settings.items()).replace(" ", "")


@pytest.mark.parametrize(
    ("name", "settings", "expected"), EXACT, ids=[f"{n}[{said(s)}]" for n, s, _ in EXACT]
)
def test_counts_exactly(name: str, settings: dict[str, Any], expected: int) -> None:
    assert count(name, settings) == expected


CLAIMS = [
    pytest.param(file, expectation.when, id=f"{file.stem}[{said(expectation.when)}]")
    for file in FILES
    for expectation in load(file).words.expect
]


@pytest.mark.parametrize(("file", "settings"), CLAIMS)
def test_has_the_figures_that_it_says_are_published(file: Path, settings: dict[str, Any]) -> None:
    checked = check(load(file, settings))
    assert not checked.failures
    assert sum(verdict.holds is True for verdict in checked.verdicts) >= 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_spec_is_named_after_its_file(file: Path) -> None:
    assert load(file).name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_spec_is_short(file: Path) -> None:
    network = file.read_text(encoding="utf-8").split("\nexpect:")[0]
    lines = [line for line in network.splitlines() if line.strip() and not line.startswith("#")]
    longest = 60 if file.stem == "fc-densenet-camvid" else 45  # its levels differ in many numbers
    assert len(lines) <= longest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnet-preact-cifar", "sparsenet-sum-cifar"),
        ("densenet-cifar", "sparsenet-cifar"),
        ("densenet-bc-cifar", "sparsenet-bc-cifar"),
    ],
)
def test_sparse_network_is_the_full_one_with_another_rule(one: str, other: str) -> None:
    contents = []
    for name in (one, other):
        root = load(SPECS / f"{name}.yaml").document.root
        for key in ("name", "description", "expect"):
            root.pop(key)
        for key in ("growth", "base"):
            root["params"].pop(key, None)
        contents.append((root["stages"].pop("connect"), root))
    (first_rule, first), (second_rule, second) = contents
    assert first == second
    assert first_rule != second_rule


def test_settings_may_be_text_as_on_the_command_line() -> None:
    assert count("sparsenet-cifar", {"growth": "[16,32,64]"}) == 7_218_148
    assert count("sparsenet-bc-cifar", {"depth": "400", "growth": "12", "stem": "12"}) == 1_698_424
