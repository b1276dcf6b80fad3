"""`nest`: lists of layers inside themselves, as in a U-Net, in emitted files and by the oracle."""

from __future__ import annotations

import re
import time

import pytest
import torch

from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.loading import load_module
from archdsl.lowering.limits import Limits
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

HEAD = "head: [{pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"
HALF = "{pool: {kind: max, kernel: 2}}"


def spec(nest: str, *, layers: str = "1", count: int = 1, more: str = "") -> str:
    """A stage of units that are nests, at a map of 8x8 with four channels."""
    return f"""archdsl: 2
name: net
params: {{k: 4, n: [2, 3, 1]}}
input: [3, 8, 8]
stem: [{{conv: {{width: 4}}}}]
stages:
  count: {count}
  layers: {layers}
  unit:
    - nest: {nest}
  connect: plain
  aggregate: sum{more}
{HEAD}"""


NESTS = {
    "residual": "{count: 3, layers: [norm, {conv: 4}, {residual: [relu, inner]}], "
    "bottom: [{conv: 4}]}",
    "one level": "{count: 1, layers: [relu, inner, {conv: 4}], bottom: [norm]}",
    "other widths": "{count: 3, layers: [{conv: k * n}, inner, {conv: 4}], bottom: [{conv: 6}]}",
    "twice in a list": "{count: 2, layers: [inner, relu, inner], bottom: [norm, {conv: 4}]}",
    "branches": "{count: 2, layers: [{parallel: [[inner], [{conv: 4}, inner]], aggregate: sum}], "
    "bottom: [norm, {conv: 4}]}",
    "parts alike": "{count: 2, layers: [{block: {layers: 3, unit: [norm, inner], connect: full, "
    "aggregate: sum}}], bottom: [relu, {conv: 4}]}",
    "lists per level": "{count: 3, layers: [{block: {layers: n, unit: [norm, relu, {conv: k}], "
    "connect: full, aggregate: concat}}, {conv: 4}, inner], bottom: [{conv: 4}]}",
    "a nest in a nest": "{count: 2, layers: [{conv: 4}, {nest: {count: 2, layers: [norm, inner], "
    "bottom: [{conv: 4}]}}, inner], bottom: [relu]}",
    "inner at the bottom of another": "{count: 2, layers: [{nest: {count: 1, layers: [{conv: 4}, "
    "inner], bottom: [norm, inner]}}], bottom: [{conv: 4}]}",
    "the level": "{count: 3, layers: [{conv: 4 * (level + 1)}, inner, {conv: 4}], "
    "bottom: [{conv: level}]}",
}


@pytest.mark.parametrize("nest", NESTS)
def test_equals_the_oracle(nest: str) -> None:
    checked = check_text(spec(NESTS[nest]))
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []
    assert_equals_oracle(of_checked(checked).network, checked.graph)


@pytest.mark.parametrize("nest", ["residual", "other widths", "twice in a list"])
def test_several_layers_and_stages_have_weights_of_their_own(nest: str) -> None:
    """The parameters that torch counts leave out a module that is built once and used twice."""
    checked = check_text(spec(NESTS[nest], layers="3", count=2))
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []


def test_stages_whose_nests_differ() -> None:
    nest = "{count: 2, layers: [{conv: stage + 4}, inner, {conv: 4}], bottom: [{conv: 4 + stage}]}"
    checked = check_text(spec(nest, layers="2", count=2))
    assert verify_text(checked.emit(), checked.graph, checked.report).problems == []


def test_fused_files_run_it_as_it_is() -> None:
    checked = check_text(spec(NESTS["residual"], layers="2"))
    assert verify_text(checked.emit(fuse=True), checked.graph, checked.report).problems == []


def test_levels_share_a_class() -> None:
    text = check_text(spec(NESTS["other widths"])).emit()
    assert "self.nest = Level(4, 8, 4, Level(8, 12, 4, Level(12, 4, 6, Bottom())))" in text
    assert len(re.findall(r"^class Level", text, re.MULTILINE)) == 1


def test_names_of_weights_follow_the_words() -> None:
    checked = check_text(spec(NESTS["residual"]))
    network = of_checked(checked).network
    start = "stages.0.layers.0.nest."
    names = {name.removeprefix(start) for name in network.state_dict() if name.startswith(start)}
    assert "conv.weight" in names
    assert "residual.inner.residual.inner.residual.inner.conv.weight" in names


def test_count_one_is_its_layers_around_its_bottom() -> None:
    nest = "{count: 1, layers: [{conv: 6}, norm, inner, {conv: 4}], bottom: [relu, {conv: 5}]}"
    one = check_text(spec(nest))
    inside = "[{conv: 6}, norm, relu, {conv: 5}, {conv: 4}]"
    other = check_text(spec(nest).replace(f"\n    - nest: {nest}", f" {inside}"))
    first, second = (of_checked(checked).network.double().eval() for checked in (one, other))
    values = first.state_dict().values()
    second.load_state_dict(dict(zip(second.state_dict(), values, strict=True)))
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(first(x), second(x))


def test_receptive_field_and_depth_follow_the_levels() -> None:
    nest = "{count: 3, layers: [{conv: 4}, inner, {conv: 4}], bottom: [{conv: 4}]}"
    report = check_text(spec(nest)).report
    assert report.depth == 1 + 3 + 1 + 3 + 1  # stem, down, bottom, up, classifier
    assert report.receptive_field == 1 + 2 * 8


@pytest.mark.parametrize(
    ("nest", "code", "message"),
    [
        ("{count: 17, layers: [inner], bottom: [relu]}", "A101", "1 to 16"),
        ("{count: 0, layers: [inner], bottom: [relu]}", "A101", "1 to 16"),
        ("{layers: [inner], bottom: [relu]}", "A103", "count"),
        ("{count: 2, layers: [inner]}", "A103", "bottom"),
        ("{count: 2, bottom: [relu]}", "A103", "layers"),
        ("{count: 2, layers: [inner], bottom: [inner]}", "A230", "no nest around it"),
        ("{count: 2, layers: [relu], bottom: [relu]}", "A226", "holds no `inner`"),
        ("{count: 2, layers: [{nest: {count: 1, layers: [inner], bottom: [relu]}}], "
         "bottom: [relu]}", "A226", "holds no `inner`"),
        ("{count: 2, layers: [{conv: n}, inner], bottom: [relu]}", "A112", "2 levels"),
        ("{count: 3, layers: [inner], bottom: [{conv: n}]}", "A112", "is a list of 3"),
        ("{count: 2, layers: [{conv: 4}, {residual: [inner, {conv: 5}]}], bottom: [relu]}", "A210",
         "sum needs equal shapes"),
        (f"{{count: 4, layers: [{HALF}, inner], bottom: [relu]}}", "A212", "window"),
        ("{count: 2, layers: [{inner: {x: 1}}], bottom: [relu]}", "A102", "x"),
    ],
)  # fmt: skip
def test_bad_input(nest: str, code: str, message: str) -> None:
    with pytest.raises(ArchdslError, match=message) as caught:
        check_text(spec(nest))
    finding = caught.value.diagnostics[0]
    assert finding.span is not None
    assert (finding.code, finding.span.line) == (code, 10)


def test_inner_outside_of_a_nest() -> None:
    text = spec("{count: 1, layers: [inner], bottom: [relu]}")
    with pytest.raises(ArchdslError, match="no nest around it") as caught:
        check_text(text.replace(HEAD, HEAD.replace("flatten", "inner, flatten")))
    assert caught.value.diagnostics[0].code == "A230"


@pytest.mark.parametrize(
    "nest",
    [
        "{count: 16, layers: [inner, inner, inner], bottom: [relu]}",
        "{count: 16, layers: [{parallel: [[inner], [inner]], aggregate: sum}], bottom: [relu]}",
        "{count: 16, layers: [{nest: {count: 16, layers: [inner], bottom: [inner]}}], "
        "bottom: [relu]}",
    ],
)
def test_hostile_nests_are_refused_at_once(nest: str) -> None:
    start = time.process_time()
    with pytest.raises(ArchdslError) as caught:
        check_text(spec(nest), limits=Limits())
    assert caught.value.diagnostics[0].code == "A301"
    assert time.process_time() - start < 1


def test_the_file_can_be_loaded_without_archdsl() -> None:
    text = check_text(spec(NESTS["residual"])).emit()
    assert "archdsl" not in "".join(line for line in text.splitlines() if "import" in line)
    assert load_module(text).Net()(torch.zeros(1, 3, 8, 8)).shape == (1, 3)
