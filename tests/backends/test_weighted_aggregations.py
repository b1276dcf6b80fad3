"""Aggregations from outside the package with weights that belong to each reader."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.memory import training
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.heatmap.checkpoint import heat_map
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.ir import text
from archdsl.language.values import Real
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from archdsl.passes import pipeline
from backends.networks import assert_equals_oracle, assert_laid_out, emitted, of_checked


def weighted_sum(outputs: list[Tensor], weight: Tensor) -> Tensor:
    """The sum of the outputs, each times a number of its own."""
    result = weight[0] * outputs[0]
    for place, output in enumerate(outputs[1:], start=1):
        result = result + weight[place] * output
    return result


def mean(sources: int) -> Tensor:
    """Weights with which the sum is the mean of the outputs."""
    return torch.full((sources,), 1.0 / sources)


class WeightedSum(archdsl.Aggregation):
    """DenseFormer's aggregation (Pagliardini et al. 2024): a learned number per output."""

    kind: Literal["weighted-sum"]
    join: ClassVar = staticmethod(weighted_sum)

    def weights(self) -> Mapping[str, archdsl.Weight]:
        return {"weight": archdsl.Weight(("sources",), mean)}

    def strengths(self, weights: Mapping[str, Tensor]) -> list[float]:
        return list(map(float, weights["weight"].abs()))

    def says(self) -> str:
        return "added, each times a learned number"


def affine(outputs: list[Tensor], gain: float, scale: Tensor, shift: Tensor) -> Tensor:
    """The outputs side by side, each feature times a number, scaled and shifted."""
    joined = gain * torch.cat(outputs, dim=1)
    return joined * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)


def ones(channels: int) -> Tensor:
    """A scale that changes nothing."""
    return torch.ones(channels)


def small(channels: int) -> Tensor:
    """Shifts that are not zero."""
    return torch.full((channels,), 0.1)


class Affine(archdsl.Aggregation):
    """Two weights, as wide as the aggregate, and a number."""

    kind: Literal["affine"]
    gain: Real = 1.0
    join: ClassVar = staticmethod(affine)
    equal_widths: ClassVar[bool] = False

    def weights(self) -> Mapping[str, archdsl.Weight]:
        return {
            "scale": archdsl.Weight(("channels",), ones),
            "shift": archdsl.Weight(("channels",), small),
        }

    def arguments(self) -> tuple[float]:
        return (self.gain,)

    def kept_outputs(self, tracked: Sequence[bool]) -> Sequence[int]:
        return ()

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        return 4 * sum(map(prod, shapes))

    def width(self, widths: Sequence[int]) -> int:
        return sum(widths)


def gated(outputs: list[Tensor], gate: Tensor) -> Tensor:
    """The aggregate so far, channel by channel as much of it as the gate says, and the newest."""
    return outputs[0] * gate.reshape(-1, 1, 1) + outputs[1]


class Gated(archdsl.Aggregation):
    """A running aggregate with a weight for each channel."""

    kind: Literal["gated"]
    join: ClassVar = staticmethod(gated)
    running: ClassVar[bool] = True

    def weights(self) -> Mapping[str, archdsl.Weight]:
        return {"gate": archdsl.Weight(("channels",), ones)}


OWN = (WeightedSum, Affine, Gated)

SPEC = """
archdsl: 1
name: own
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
    filled = SPEC.replace("KIND", kind).replace("RULE", rule).replace("UNIT", unit)
    return filled.replace("between:", f"{more}between:")


CASES = {
    "a number per output": spec("weighted-sum"),
    "of some outputs": spec("weighted-sum", "exponential"),
    "by a table": spec("weighted-sum", "{rule: explicit, reads: [[0], [0, 1], [2], [3, 0]]}")
    .replace("[4, 5]", "3"),
    "projected": spec("weighted-sum", unit=WIDER, more="  entry: projection\n  stride: 2\n"),
    "all leave": spec("weighted-sum", "exponential", more="  exit: all\n"),
    "the last leaves": spec("weighted-sum", more="  exit: last\n"),
    "nothing is joined": spec("weighted-sum", "plain"),
    "two weights per channel": spec("affine"),
    "two weights per channel, and a number": spec("{kind: affine, gain: -0.5}", "exponential"),
    "widths that grow": spec("affine", unit=GROWN),
    "widths that grow, all leave": spec("affine", "exponential", GROWN, "  exit: all\n"),
    "wider, projected": spec("affine", "exponential", WIDER, "  entry: projection\n"),
    "running": spec("gated"),
    "running, projected": spec("gated", unit=WIDER, more="  entry: projection\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name], extend=OWN)
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name], extend=OWN)
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    drawn = subject(check_text(CASES[name], extend=OWN))
    assert all(scene(drawn, view).texts for view in VIEWS)


@pytest.mark.parametrize("name", [name for name in CASES if "running" not in name])
def test_training_keeps_what_is_predicted(name: str) -> None:
    """Bytes that autograd keeps, without parameters, against the prediction."""
    checked = check_text(CASES[name], extend=OWN)
    network = archdsl.build(checked.spec)
    own = {weight.untyped_storage().data_ptr() for weight in network.state_dict().values()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and tensor.dim() == 4:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    images = torch.randn(4, *checked.graph.input.op.shape)  # type: ignore[union-attr]
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = network(images)
    assert result.requires_grad
    predicted = 4 * training(checked.graph)
    assert 0.8 * sum(kept.values()) < predicted < 1.25 * sum(kept.values())


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {n: check_text(t, extend=OWN).emit() for n, t in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_counts_without_a_graph_are_those_of_the_graph(name: str) -> None:
    if "table" in name:
        pytest.skip("a table has one depth")
    checked = check_text(CASES[name], extend=OWN)
    row = next(iter(counts(checked.spec, [4])))
    assert row.parameters == checked.report.stages[0].parameters


def test_weights_are_counted_by_hand() -> None:
    """DenseFormer's count: readers 2 ... N of 2 ... N numbers, and an exit of N + 1."""
    weighted, summed = (
        check_text(spec(kind), extend=OWN).report for kind in ("weighted-sum", "sum")
    )
    own = sum(range(2, 6)) + sum(range(2, 7))
    assert weighted.parameters == summed.parameters + own
    assert weighted.stages[0].parameters == summed.stages[0].parameters + sum(range(2, 6))
    by_part = {part.name: part.parameters for part in weighted.parts}
    assert sum(by_part.values()) == weighted.parameters


def test_keys_name_the_layer_that_reads() -> None:
    shapes = state_shapes(check_text(spec("weighted-sum"), extend=OWN).graph)
    first = {key: shape for key, shape in shapes.items() if "stages.0." in key and "join" in key}
    assert first == {
        "stages.0.joins.1.weight": (2,),
        "stages.0.joins.2.weight": (3,),
        "stages.0.joins.3.weight": (4,),
        "stages.0.exit_join.weight": (5,),
    }


def test_is_printed_and_described() -> None:
    checked = check_text(spec("weighted-sum"), extend=OWN)
    assert "stages.0.join.2 = weighted-sum @stages.0.joins.2 <- " in text.graph(checked.graph)
    emitted = checked.emit()
    assert "class WeightedSum(nn.Module):" in emitted
    assert "Outputs added, each times a learned number; one output is returned as it is." in emitted


def test_readers_of_the_same_outputs_share_no_aggregate() -> None:
    table = "{rule: explicit, reads: [[0], [0, 1], [0, 1], [0, 1]]}"
    text_ = spec("weighted-sum", table).replace("[4, 5]", "3")
    graph = pipeline.run(check_text(text_, extend=OWN).graph)
    assert len({graph.stages[0].reads[1], graph.stages[0].reads[2], graph.stages[0].exit}) == 3


def test_gradients_reach_every_weight_at_initialisation() -> None:
    for name, written in CASES.items():
        network = archdsl.build(check_text(written, extend=OWN).spec)
        network(torch.randn(3, 3, 8, 8)).square().sum().backward()
        joins = {n: p.grad for n, p in network.named_parameters() if "join" in n}
        assert joins or name == "nothing is joined"
        assert all(grad is not None and bool(grad.any()) for grad in joins.values()), name


def test_the_heat_map_shows_the_weights() -> None:
    checked = check_text(spec("weighted-sum"), extend=OWN)
    network = archdsl.build(checked.spec)
    state = network.state_dict()
    state["stages.0.joins.2.weight"] = torch.tensor([0.5, -2.0, 1.0])
    panel = heat_map(checked.graph, state).panels[0]
    assert [panel.means[source, 3] for source in (0, 1, 2)] == [0.5, 2.0, 1.0]
    assert [panel.means[source, 5] for source in range(5)] == 5 * [pytest.approx(0.2)]


def test_pickles_exports_and_compiles() -> None:
    network = archdsl.build(check_text(spec("weighted-sum"), extend=OWN).spec).eval()
    images = torch.randn(2, 3, 8, 8)
    wanted = network(images)
    assert torch.equal(pickle.loads(pickle.dumps(network))(images), wanted)
    exported = torch.export.export(network, (images,)).module()
    torch.testing.assert_close(exported(images), wanted)
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(images), wanted)


class Claims(WeightedSum):
    kind: Literal["claims"]  # type: ignore[assignment]
    associative: ClassVar[bool] = True


class Drops(WeightedSum):
    kind: Literal["drops"]  # type: ignore[assignment]

    def dropped(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    ("written", "word"),
    [
        (spec("claims"), "associative"),
        (spec("drops"), "dropped"),
        (spec("gated", more="  exit: last\n"), "exit: rule"),
    ],
)
def test_what_weights_rule_out_is_refused(written: str, word: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(written, extend=(*OWN, Claims, Drops))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.span.line if finding.span else 0) == ("A121", 11)
    assert word in (finding.help or "")


def test_an_initial_value_that_cannot_be_written_is_refused() -> None:
    class Own(WeightedSum):
        kind: Literal["own"]  # type: ignore[assignment]

        def weights(self) -> Mapping[str, archdsl.Weight]:
            return {"weight": archdsl.Weight(("sources",), lambda sources: prod((sources,)))}

    with pytest.raises(ArchdslError) as raised:
        check_text(spec("own"), extend=(Own,)).emit()
    assert raised.value.diagnostics[0].code == "A121"


def test_the_same_function_under_two_names_of_weights_is_written_once() -> None:
    class Both(Affine):
        kind: Literal["both"]  # type: ignore[assignment]

        def weights(self) -> Mapping[str, archdsl.Weight]:
            return dict.fromkeys(("scale", "shift"), archdsl.Weight(("channels",), ones))

    emitted: Any = check_text(spec("both"), extend=(Both,)).emit()
    assert emitted.count("def ones(") == 1


def test_an_exit_has_weights_where_no_layer_has() -> None:
    stage = "{layers: 1, connect: plain, exit: all, aggregate: {kind: weighted, per: channel}, "
    stage += "entry: [{conv: 2}], unit: [{conv: 2}]}"
    made = emitted(f"archdsl: 2\nname: net\ninput: [3, 8, 8]\nstages: [{stage}]\n")
    assert "stages.0.exit_join.weight" in made.network.state_dict()
    assert_equals_oracle(made.network, made.graph)
