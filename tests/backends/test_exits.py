"""Exits with rules and aggregations of their own, in emitted files and by the oracle."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.heatmap.readers import readers
from archdsl.apps.scaling.scaling import counts
from archdsl.errors import ArchdslError
from archdsl.ir.ops import Aggregate
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked
from backends.test_weighted_aggregations import Affine, WeightedSum

RULES = ("plain", "full", "exponential", "harmonic", "entry", "{rule: strided, step: 2}")
EXITS = (
    "made",
    "newest-first",
    "{connect: every}",
    "{connect: entry}",
    "{connect: {rule: offsets, offsets: [2, 4]}}",
    "{connect: {rule: explicit, reads: [[3, 0]]}}",
    "{aggregate: sum}",
    "{aggregate: mean}",
    "{aggregate: concat}",
    "{connect: full, aggregate: sum}",
    "{connect: every, aggregate: {kind: mean, drop_path: 0.25}}",
    "{connect: harmonic, aggregate: concat}",
)
TOP = "archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 4}}]\n"


def spec(exit: str, connect: str = "full", aggregate: str = "concat", more: str = "") -> str:
    """A stage of five layers of four channels, and a classifier."""
    return f"""{TOP}stages:
  count: 1
  layers: 5
  unit: {{kind: basic, order: pre, width: 4}}
  connect: {connect}
  aggregate: {aggregate}
  exit: {exit}{more}
head: [norm, relu, {{pool: {{to: 1}}}}, flatten, {{linear: {{width: 3}}}}]
"""


def leaving(text: str) -> tuple[int, ...]:
    """The outputs that leave the only stage."""
    return check_text(text).graph.stages[0].exit_sources()


@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean"])
@pytest.mark.parametrize("connect", RULES)
@pytest.mark.parametrize("exit", EXITS)
def test_equals_the_oracle(exit: str, connect: str, aggregate: str) -> None:
    made = of_checked(check_text(spec(exit, connect, aggregate)))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean"])
@pytest.mark.parametrize("exit", EXITS)
def test_equals_the_oracle_where_the_entry_is_projected(exit: str, aggregate: str) -> None:
    text = spec(exit, "full", aggregate, "\n  entry: projection\n  stride: 2")
    made = of_checked(check_text(text.replace("width: 4}\n  conn", "width: 6}\n  conn")))
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("aggregate", ["concat", "sum", "mean"])
@pytest.mark.parametrize(
    "connect",
    [
        "{rule: full, order: newest}",
        "{rule: harmonic, order: oldest}",
        "{rule: window, last: 3, order: oldest}",
        "{rule: exponential, order: oldest}",
        "{rule: strided, step: 2, order: oldest}",
    ],
)
def test_the_order_of_concatenation_is_that_of_the_reads(connect: str, aggregate: str) -> None:
    made = of_checked(check_text(spec("rule", connect, aggregate)))
    assert "[::-1]" in made.text
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize(
    ("exit", "outputs"),
    [
        ("made", (1, 2, 3, 4, 5)),
        ("newest-first", (5, 4, 3, 2, 1, 0)),
        ("{connect: every}", (1, 3, 5)),
        ("{connect: entry}", (1, 2, 3, 4, 5)),
        ("{connect: plain}", (5,)),
        ("{connect: {rule: full, order: newest}}", (5, 4, 3, 2, 1, 0)),
        ("{connect: {rule: explicit, reads: [[3, 0]]}}", (3, 0)),
        ("{aggregate: sum}", (0, 1, 2, 3, 4, 5)),
    ],
)
def test_which_outputs_leave(exit: str, outputs: tuple[int, ...]) -> None:
    assert leaving(spec(exit)) == outputs


@pytest.mark.parametrize("layers", range(1, 20))
def test_the_exit_of_hardnet(layers: int) -> None:
    """The published code keeps outputs of odd number and the last one, but not the input."""
    kept = [i for i in range(layers + 1) if i == layers or i % 2 == 1]
    text = spec("{connect: every}", "harmonic").replace("layers: 5", f"layers: {layers}")
    assert list(leaving(text)) == kept


def test_a_sum_of_outputs_that_are_read_as_a_concat() -> None:
    graph = check_text(spec("{connect: every, aggregate: sum}")).graph
    (stage,) = graph.stages
    joined = graph[stage.exit].op
    assert isinstance(joined, Aggregate)
    assert joined.operator.adds
    assert graph[stage.exit].inputs == tuple(stage.outputs[i] for i in (1, 3, 5))


def test_an_aggregation_that_is_the_stages_changes_nothing() -> None:
    one, other = (check_text(spec(exit)).graph for exit in ("all", "{connect: full}"))
    assert list(one) == list(other)
    assert check_text(spec("{aggregate: concat}")).graph.stages[0].joining is None


def test_one_exit_per_stage() -> None:
    text = spec("[all, made, last]").replace("count: 1", "count: 3")
    stages = check_text(text).graph.stages
    assert [stage.leaves for stage in stages] == ["all", "made", "last"]


@pytest.mark.parametrize("depths", ["[2, 5, 3]", "5"])
def test_stages_of_other_depths_share_a_class(depths: str) -> None:
    text = spec("made").replace("count: 1", "count: 3").replace("layers: 5", f"layers: {depths}")
    checked = check_text(text)
    assert checked.emit().count("Stage(nn.Module)") == 1
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("aggregate", ["concat", "sum"])
def test_a_snapshot_equals_its_network(exit: str, aggregate: str) -> None:
    checked = check_text(spec(exit, "full", aggregate))
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_counts_follow_the_exit() -> None:
    report = archdsl.analyse(check_text(spec("{connect: every, aggregate: sum}")).graph)
    assert (report.exit_links, report.stages[0].channels_out) == (3, 4)
    assert report.stages[0].exit == "every[2], sum"
    report = archdsl.analyse(check_text(spec("made")).graph)
    assert (report.exit_links, report.stages[0].channels_out) == (5, 20)


WEIGHTED = {
    "of a stage that concatenates": spec("{aggregate: weighted-sum}"),
    "of features": spec("{connect: every, aggregate: affine}", "exponential", "sum"),
    "of a stage with weights": spec("{aggregate: affine}", "full", "weighted-sum"),
    "without weights": spec("{aggregate: concat}", "full", "weighted-sum"),
    "with the stage's weights": spec("{connect: every}", "full", "affine"),
    "of one output": spec("{connect: plain, aggregate: affine}", "full", "concat"),
    "made": spec("made", "full", "weighted-sum"),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_an_exit_with_weights_equals_the_oracle(name: str) -> None:
    checked = check_text(WEIGHTED[name], extend=(Affine, WeightedSum))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []
    assert ("self.exit_join" in made.text) is (name != "without weights")


@pytest.mark.parametrize("name", WEIGHTED)
def test_parameters_of_an_exit_are_counted_alike_without_a_graph(name: str) -> None:
    checked = check_text(WEIGHTED[name], extend=(Affine, WeightedSum))
    (row,) = counts(checked.spec, [5])
    report = archdsl.analyse(checked.graph)
    assert row.parameters == report.stages[0].parameters


@pytest.mark.parametrize(
    ("exit", "code", "message"),
    [
        ("{connect: {rule: full, scope: network}}", "A221", "reads outputs of its own sequence"),
        ("{connect: {rule: offsets, offsets: [9]}}", "A202", "no offset reaches an output"),
        ("{connect: {rule: explicit, reads: [[0], [1]]}}", "A202", "one list of reads"),
        ("{aggregate: running}", "A219", "joins outputs layer by layer"),
    ],
)
def test_an_exit_that_cannot_be_is_refused_where_it_is_written(
    exit: str, code: str, message: str
) -> None:
    with pytest.raises(ArchdslError, match=message) as caught:
        check_text(spec(exit))
    (finding,) = caught.value.diagnostics
    assert finding.span is not None
    assert (finding.code, finding.span.line, finding.span.column) == (code, 11, 9)


def test_a_running_sum_has_one_order() -> None:
    with pytest.raises(ArchdslError, match="the oldest first") as caught:
        check_text(spec("rule", "{rule: full, order: newest}", "running"))
    (finding,) = caught.value.diagnostics
    assert finding.span is not None
    assert (finding.code, finding.span.line, finding.span.column) == ("A219", 9, 12)


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_an_exit(exit: str, view: str) -> None:
    assert scene(subject(check_text(spec(exit))), view).texts


def test_weights_behind_an_exit_by_sum_do_not_tell_outputs_apart() -> None:
    def layers(exit: str) -> set[int]:
        return {reader.layer for reader in readers(check_text(spec(exit)).graph)}

    assert 6 in layers("made")
    assert 6 not in layers("{aggregate: sum}")
    assert 5 in layers("{aggregate: sum}")


HARDNET_68 = """archdsl: 2
name: hardnet-68
params: {k: [14, 16, 20, 40, 160], layers: [8, 16, 16, 16, 4], down: [2, 1, 2, 2, 1]}
input: [3, 224, 224]
stem:
  - conv: {width: 32, stride: 2}
  - norm
  - relu6
  - conv: {width: 64}
  - norm
  - relu6
  - pool: {kind: max, kernel: 3, stride: 2, padding: 1}
stages:
  count: 5
  layers: layers
  unit: [{conv: {width: even(k * 1.7 ** twos(layer))}}, norm, relu6]
  connect: harmonic
  aggregate: concat
  exit: {connect: every}
between:
  - conv: {width: [128, 256, 320, 640, 1024], kernel: 1}
  - norm
  - relu6
  - pool: {kind: max, kernel: down}
head:
  - conv: {width: 1024, kernel: 1}
  - norm
  - relu6
  - pool: {to: 1}
  - flatten
  - dropout: 0.1
  - linear: {width: 1000}
"""


def test_the_parameters_of_hardnet_68() -> None:
    """HarDNet-68 (Chao et al. 2019): without the right exits, transitions have other widths."""
    assert check_text(HARDNET_68).report.parameters == 17_565_348
