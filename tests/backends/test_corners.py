"""Specs at the edges of the language work like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archdsl.api import check_text
from archdsl.errors import ArchdslError, Diagnostic
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

TOP = "archdsl: 2\nname: net\ninput: [3, 8, 8]\n"
BASIC = "{kind: basic, order: pre, width: 4}"
CLASSIFIER = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 4}}]\n"


def stage(layers: Any = 3, unit: str = BASIC, connect: str = "full", more: str = "") -> str:
    """One stage that concatenates."""
    listed = f"{layers}, " if isinstance(layers, list) else f"{layers}, unit: {unit}, "
    text = f"stages: {{count: 1, layers: {listed}connect: {connect}, aggregate: concat{more}}}\n"
    return text.replace("'", "")


def two(connect: str, aggregate: str) -> str:
    """Two stages of different depth, which share a class."""
    return (
        f"stages: {{count: 2, layers: [4, 14], unit: {BASIC}, connect: {connect},"
        f" aggregate: {aggregate}}}\nstem: [{{conv: {{width: 4}}}}]\n"
    )


def basics(count: int) -> list[str]:
    return [f"{{kind: basic, order: pre, width: {100 + place}}}" for place in range(count)]


def doubles(count: int) -> list[str]:
    return [
        f"{{kind: double, order: pre, inner: 4, width: {100 + place}}}" for place in range(count)
    ]


OFFSETS = f"{{rule: offsets, offsets: {list(range(1, 13))}}}"
FAR = f"{{rule: offsets, offsets: {list(range(1, 60))}}}"
PAIRS = [[layer, 0] if layer else [0] for layer in range(31)]
LARGEST = "{pool: {kind: max, kernel: 3, stride: 1, padding: 1}}"
LONG = "gelu, silu, norm, relu, " * 3
MEANS = f"{{layers: 3, unit: {BASIC}, connect: {{rule: window, last: 2}}, aggregate: mean}}"
BARE = "{layers: 3, unit: [relu], connect: {rule: window, last: 2}, aggregate: mean}"
FRACTAL = (
    "{unit: {kind: basic, order: post, width: 6}, connect: {rule: fractal, columns: 2},"
    " aggregate: mean}"
)
DENSE = f"{{layers: 3, unit: {BASIC}, connect: full, aggregate: concat}}"
RUNNING = ", exit: last, entry: projection"

CORNERS = {
    "largest values everywhere": stage(
        unit=f"[norm, relu, {{conv: {{width: 4}}}}, {LARGEST}]"
    ).replace("count: 1", "count: 2")
    + "between: {kind: transition, width: 4, pool: max}\n"
    + "head: [{pool: {kind: max, to: 2}}, flatten]\n",
    "one layer": stage(1, more=", exit: last"),
    "no weights at all": stage(unit="[relu]"),
    "flat features": "stem: [flatten]\n" + stage(unit="[{linear: {width: 4}}, relu]"),
    "flat features added": "stem: [flatten, {linear: {width: 5}}]\n"
    + stage(unit="[{linear: {width: incoming}}, silu]").replace("concat", "sum"),
    "units that flatten": stage(2, "[flatten, {linear: {width: 4}}]", "plain"),
    "dropout that is none in the head": stage() + "head: [{dropout: 0}]\n",
    "dropout that is none in the stem": "stem: [{dropout: 0}]\n" + stage(),
    "a unit of dropout that is none": stage(unit="[{dropout: 0}]"),
    "a chain of dropout that is none": stage(unit="[{dropout: 0}]", connect="plain"),
    "a unit that only pools, projected": stage(
        1, "[norm, relu, {pool: {kernel: 2}}]", more=", entry: projection"
    ),
    "linear layers with and without bias": stage()
    + "head: [flatten, {linear: {width: 6, bias: false}}, relu, {linear: {width: 4}}]\n",
    "convolutions with and without bias": "stem: [{conv: {width: 4, bias: true}}]\n" + stage(),
    "a norm of flat features": stage() + "head: [flatten, norm, {linear: {width: 4}}]\n",
    "a norm of flat features in a stage": "stem: [flatten]\n"
    + stage(unit="[norm, {linear: {width: 4}}]"),
    "a head that ends in a linear layer and relu": stage()
    + "head: [flatten, {linear: {width: 3}}, relu]\n",
    "a classifier that is a convolution": stage()
    + "head: [{conv: {width: 10, kernel: 1}}, {pool: {to: 1}}, flatten]\n",
    "a stem that begins with a norm": "stem: [norm, {conv: {width: 6}}]\n" + stage(),
    "a stem in groups": "stem: [{conv: {width: 6, groups: 3}}]\n" + stage(),
    "twelve offsets": stage(14, connect=OFFSETS),
    "twelve offsets, two depths": two(OFFSETS, "mean"),
    "sixty offsets": stage(14, connect=FAR),
    "sixty offsets, two depths": two(FAR, "concat"),
    "a table": stage(11, connect=f"{{rule: explicit, reads: {PAIRS[:12]}}}"),
    "a short table": stage(4, connect=f"{{rule: explicit, reads: {PAIRS[:5]}}}"),
    "a long table": stage(30, connect=f"{{rule: explicit, reads: {PAIRS}}}"),
    "harmonic": stage(9, connect="harmonic"),
    "harmonic, two depths": two("harmonic", "concat"),
    "strided": stage(9, connect="{rule: strided, step: 2}"),
    "strided, two depths": two("{rule: strided, step: 3}", "sum"),
    "every": stage(9, connect="{rule: every, step: 2}"),
    "every, two depths": two("{rule: every, step: 3}", "concat"),
    "entry": stage(4, connect="entry"),
    "entry, two depths": two("entry", "mean"),
    "many widths": stage(basics(16)),
    "many widths of two convolutions": stage(doubles(14)),
    "many activations before": stage(unit=f"[{LONG}{{conv: {{width: 4}}}}]"),
    "many activations after": stage(unit=f"[{{conv: {{width: 4}}}}, {LONG}{{dropout: 0.00001}}]"),
    "many activations in the head": stage() + f"head: [{LONG}flatten, {{linear: {{width: 3}}}}]\n",
    "a long name": stage().replace("stages", f"description: {'n' * 300}\nstages"),
    "running, of which the last leaves": stage(1, more=RUNNING).replace("concat", "running"),
    "maps of two sizes that are never joined": stage(
        connect="{rule: explicit, reads: [[0], [1], [2, 1], [3, 1]]}", more=", stride: 2"
    ),
    "an entry that only the first layer reads": stage(
        connect="{rule: explicit, reads: [[0], [1], [1]]}",
        more=", stride: 2, entry: projection, exit: last",
    ),
    "an exit before the end, then another stage": stage(
        connect="{rule: explicit, reads: [[0], [0, 1], [1, 2], [2]]}"
    ).replace("count: 1", "count: 2"),
    "a projected first stage without a stem": stage(
        unit="[gelu, {conv: {width: [2, 5], kernel: 1}}]",
        connect="{rule: window, last: 4}",
        more=", entry: projection, stride: [2, 1], exit: last",
    ).replace("count: 1", "count: 2"),
    "drop-path where nothing is joined": stage(
        "leave out", connect="{rule: fractal, columns: 2}", more=", exit: last"
    )
    .replace("layers: leave out, ", "")
    .replace("concat", "{kind: mean, drop_path: 0.4}"),
    "padded shortcuts that differ in width and stride": stage(
        unit="{kind: basic, order: post, width: [4, 8, 12]}", more=", entry: pad, stride: [1, 2, 3]"
    )
    .replace("count: 1", "count: 3")
    .replace("concat", "running"),
    "stages that keep lists, and one whose widths vary": "stem: [{conv: {width: 4}}]\n"
    + f"stages: [{MEANS}, {FRACTAL}, {DENSE}]\n",
    "lists of units that know no widths, and one whose widths vary": f"stages: [{BARE}, {DENSE}]\n",
}

SETTINGS = f"params: {{{', '.join(f'parameter_{place}: 1' for place in range(14))}}}\n"


MEANINGLESS = {
    "a unit of dropout that is none",
    "a chain of dropout that is none",
    "a unit that only pools, projected",
    "a norm of flat features",
    "a norm of flat features in a stage",
}
"""What may as well be refused."""


def findings(text: str) -> tuple[Diagnostic, ...]:
    """Why a spec is refused, if it is."""
    try:
        check_text(text).emit()
    except ArchdslError as error:
        return error.diagnostics
    return ()


@pytest.mark.parametrize("name", CORNERS)
def test_equals_the_oracle(name: str) -> None:
    text = TOP + CORNERS[name]
    if name in MEANINGLESS and (found := findings(text)):
        assert all(finding.span for finding in found)
        return
    made = of_checked(check_text(text))
    assert_equals_oracle(made.network, made.graph)


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    usual = {name: TOP + text for name, text in CORNERS.items() if name not in MEANINGLESS}
    texts = {name: check_text(text).emit() for name, text in usual.items()}
    for count in (1, 6, 7, 14):
        settings = {f"parameter_{place}": 2 for place in range(count)}
        texts[f"{count} settings"] = check_text(TOP + SETTINGS + stage(), settings).emit()
    assert_laid_out(tmp_path, texts)
