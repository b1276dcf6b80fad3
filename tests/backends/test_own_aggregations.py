"""Aggregations with a width or numbers of their own: counted, emitted, built, drawn, verified."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.api import check_text
from archdsl.apps.diff.model import difference
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.language.aggregations import Sum
from archdsl.language.values import Count, Real
from archdsl.lowering.stage_plan import StagePlan
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked


def beside(outputs: list[Tensor]) -> Tensor:
    """The outputs side by side."""
    return torch.cat(outputs, dim=1)


class Beside(archdsl.Aggregation):
    """As wide as all outputs together."""

    kind: Literal["beside"]
    join: ClassVar = staticmethod(beside)
    equal_widths: ClassVar[bool] = False

    def width(self, widths: Sequence[int]) -> int:
        return sum(widths)


class Growing(Beside):
    """The same, and each join may start from the previous one."""

    kind: Literal["growing"]  # type: ignore[assignment]
    associative: ClassVar[bool] = True


class Buffered(Beside):
    """The same, and known to be a concatenation."""

    kind: Literal["buffered"]  # type: ignore[assignment]
    operation: ClassVar = "concat"


def halves(outputs: list[Tensor]) -> Tensor:
    """Their sum, and beside it their maximum."""
    stacked = torch.stack(outputs)
    return torch.cat([stacked.sum(dim=0), stacked.amax(dim=0)], dim=1)


class Halves(archdsl.Aggregation):
    """Twice as wide as one output."""

    kind: Literal["halves"]
    join: ClassVar = staticmethod(halves)

    def width(self, widths: Sequence[int]) -> int:
        return 2 * widths[0]


def widest(outputs: list[Tensor]) -> Tensor:
    """The sum of the outputs, narrower ones filled up with zeros."""
    width = max(output.shape[1] for output in outputs)
    result = torch.zeros(())
    for output in outputs:
        result = result + functional.pad(output, (0, 0, 0, 0, 0, width - output.shape[1]))
    return result


class Widest(archdsl.Aggregation):
    """As wide as the widest output."""

    kind: Literal["widest"]
    join: ClassVar = staticmethod(widest)
    equal_widths: ClassVar[bool] = False

    def width(self, widths: Sequence[int]) -> int:
        return max(widths)


def scaled(outputs: list[Tensor], scale: float, power: int) -> Tensor:
    """The first output, and the others times the scale to the power."""
    result = outputs[0]
    for output in outputs[1:]:
        result = result + scale**power * output
    return result


class Scaled(archdsl.Aggregation):
    """With numbers that reach its function."""

    kind: Literal["scaled"]
    scale: Real
    power: Count = 1
    join: ClassVar = staticmethod(scaled)

    def arguments(self) -> tuple[float, int]:
        return (self.scale, self.power)


def decayed(outputs: list[Tensor], decay: float) -> Tensor:
    """The aggregate so far, of which a part is forgotten, and the newest output."""
    return decay * outputs[0] + outputs[1]


class Decayed(archdsl.Aggregation):
    """A running aggregate with a number."""

    kind: Literal["decayed"]
    decay: float = 0.5
    join: ClassVar = staticmethod(decayed)
    running: ClassVar[bool] = True

    def arguments(self) -> tuple[float]:
        return (self.decay,)


def heaped(outputs: list[Tensor]) -> Tensor:
    """The aggregate so far beside itself, and the newest output."""
    return torch.cat([outputs[0], outputs[0], outputs[1]], dim=1)


class Heaped(archdsl.Aggregation):
    """A running aggregate that grows."""

    kind: Literal["heaped"]
    join: ClassVar = staticmethod(heaped)
    equal_widths: ClassVar[bool] = False
    running: ClassVar[bool] = True

    def width(self, widths: Sequence[int]) -> int:
        return 2 * widths[0] + widths[1]


from torch.nn import functional  # noqa: E402 (what `widest` uses, as in an emitted file)

OWN = (Beside, Growing, Buffered, Halves, Widest, Scaled, Decayed, Heaped)

SPEC = """
archdsl: 1
name: own
params: {scale: 0.25}
input: [3, 8, 8]
stem: [{conv: {width: 4}}]
stages:
  count: 2
  layers: [4, 5]
  unit: UNIT
  connect: RULE
  aggregate: KIND
between: {kind: transition, width: 4}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""
BASIC = "{kind: basic, order: pre, width: 4}"
WIDER = "{kind: basic, order: pre, width: 6}"
GROWN = "{kind: basic, order: pre, width: 2 + layer}"


def spec(kind: str, rule: str = "full", unit: str = BASIC, more: str = "") -> str:
    text = SPEC.replace("KIND", kind).replace("RULE", rule).replace("UNIT", unit)
    return text.replace("between:", f"{more}between:") if more else text


CASES = {
    "all before": spec("beside"),
    "some before": spec("beside", "exponential"),
    "two before, of equal widths together": spec("beside", "{rule: window, last: 2}"),
    "a table of reads": spec("beside", "{rule: explicit, reads: [[0], [0, 1], [2], [3, 0]]}")
    .replace("[4, 5]", "3"),
    "a list of layers": spec("beside", unit="[norm, relu, {conv: {width: 4, groups: 2}}]"),
    "widths that grow": spec("beside", unit=GROWN),
    "all leave": spec("beside", "exponential", more="  exit: all\n"),
    "the last leaves": spec("beside", more="  exit: last\n"),
    "projected": spec(
        "beside", unit=WIDER, more="  entry: projection\n  stride: 2\n"),
    "no stem, nothing between": spec("beside", "exponential").replace("stem:", "#").replace(
        "between:", "#"),
    "could run": spec("growing"),
    "could run, projected": spec("growing", unit=WIDER, more="  entry: projection\n"),
    "in a buffer": spec("buffered"),
    "concatenated from a list": spec("buffered", "exponential"),
    "twice as wide": spec("halves"),
    "twice as wide, projected": spec(
        "halves", "exponential", WIDER, "  entry: projection\n"),
    "the widest": spec("widest", unit=GROWN),
    "the widest, projected": spec("widest", unit=GROWN, more="  entry: projection\n"),
    "the widest, no stem": spec("widest", unit=GROWN).replace("stem:", "#"),
    "numbers": spec("{kind: scaled, scale: -0.5, power: 2}", "exponential"),
    "numbers by arithmetic, one per stage": spec("{kind: scaled, scale: [scale / 3, 2]}"),
    "a running aggregate": spec("decayed"),
    "a running aggregate with a number": spec("{kind: decayed, decay: 2}"),
    "a running aggregate that grows": spec("heaped"),
    "a running aggregate that grows, the last leaves": spec("heaped", more="  exit: last\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name], extend=OWN)
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    verified = verify_text(made.text, checked.graph, checked.report)
    assert verified.problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name], extend=OWN)
    module = archdsl.build(checked.spec, fuse=True)
    fusions = compare_fused(module, checked.graph)
    assert len(fusions) == 2
    assert all(fusion.holds for fusion in fusions)


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    checked = check_text(CASES[name], extend=OWN)
    drawn = subject(checked)
    for view in VIEWS:
        assert scene(drawn, view).texts
    if name == "could run":
        assert scene(drawn, style="compact").texts


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {n: check_text(t, extend=OWN).emit() for n, t in CASES.items()})


@pytest.mark.parametrize("kind", ["beside", "halves", "growing", "heaped"])
def test_counts_without_a_graph_are_those_of_the_graph(kind: str) -> None:
    rule = "full" if kind == "heaped" else "exponential"
    checked = check_text(spec(kind, rule), extend=OWN)
    row = next(iter(counts(checked.spec, [4])))
    assert row.parameters == checked.report.stages[0].parameters


def test_widths_follow_from_the_outputs() -> None:
    """A parameter count by hand: layers of 4 channels that read all before, in two stages."""
    report = check_text(spec("beside"), extend=OWN).report
    read = [4, 8, 12, 16], [4, 8, 12, 16, 20]
    layers = sum(2 * channels + 9 * 4 * channels for stage in read for channels in stage)
    between, head = 2 * 20 + 20 * 4, 2 * 24 + 24 * 5 + 5
    assert report.parameters == 9 * 3 * 4 + layers + between + head


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "all before",
            "ConvBlock(sum(widths[source] for source in reads)) for reads in",
        ),
        ("could run", "ConvBlock(sum(widths[source] for source in reads)) for reads in"),
        ("twice as wide", "incoming = [4, 8, 8, 8]"),
        ("in a buffer", "outputs = ConcatBuffer(x, self.channels)"),
        (
            "concatenated from a list",
            "outputs.append(layer(beside([outputs[source] for source in reads])))",
        ),
        ("numbers", "return scaled([outputs[source] for source in reads], -0.5, 2)"),
        ("a running aggregate with a number", "x = decayed([x, layer(x)], 2.0)"),
    ],
)
def test_how_it_is_written(name: str, line: str) -> None:
    assert line in check_text(CASES[name], extend=OWN).emit()


class Narrow(Sum):
    """Replaces the function of a word, whose claims are then void."""

    kind: Literal["narrow"]  # type: ignore[assignment]
    join: ClassVar = staticmethod(lambda outputs: outputs[0])


def test_claims_about_a_function_are_not_inherited_by_another() -> None:
    claims = {kind: (kind.operation, kind.associative) for kind in (Sum, Narrow, Growing, Buffered)}
    assert claims == {
        Sum: ("sum", True),
        Narrow: (None, False),
        Growing: (None, True),
        Buffered: ("concat", False),
    }


@pytest.mark.parametrize("width", [0, -1, 2.0, True, None])
def test_a_width_that_no_tensor_has_is_refused(width: object) -> None:
    class Wrong(Beside):
        kind: Literal["wrong"]  # type: ignore[assignment]

        def width(self, widths: Sequence[int]) -> int:
            return width  # type: ignore[return-value]

    with pytest.raises(ArchdslError) as raised:
        check_text(spec("wrong"), extend=(Wrong,))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.span.line if finding.span else 0) == ("A101", 12)


def logarithmic(outputs: list[Tensor]) -> Tensor:
    """Uses a name that an emitted file has not."""
    return log2(len(outputs)) * outputs[0]


def annotated(outputs: Sequence[Tensor]) -> Tensor:
    """Is annotated with one."""
    return outputs[0]


def defaulted(outputs: list[Tensor], plan: object = StagePlan) -> Tensor:
    """Has one as a default."""
    return outputs[0]


@pytest.mark.parametrize("function", [logarithmic, annotated, defaulted])
def test_a_function_that_would_not_run_elsewhere_is_refused(function: object) -> None:
    class Own(archdsl.Aggregation):
        kind: Literal["own"]
        join: ClassVar[Any] = staticmethod(function)  # type: ignore[arg-type]

    with pytest.raises(ArchdslError) as raised:
        check_text(spec("own"), extend=(Own,)).emit()
    assert [finding.code for finding in raised.value.diagnostics] == ["A121"]


def test_networks_are_compared() -> None:
    """Two networks that differ in their aggregation: reads and widths, stage by stage."""
    first, second = (check_text(CASES[n], extend=OWN) for n in ("all before", "twice as wide"))
    changes = {c.name: (c.before, c.after) for c in difference(("a", "b"), first, second).totals}
    counted = first.report.parameters, second.report.parameters
    assert changes["parameters"] == counted
    rows = archdsl.compare(first.spec, second.spec).rows
    assert tuple(row.checked.report.parameters for row in rows) == counted
