"""The aggregations of version 2: counted, emitted, built, drawn, verified."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.memory import training
from archdsl.analysis.receptive_field import receptive_field
from archdsl.api import check_text
from archdsl.apps.draw.choices import VIEWS
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.scaling.scaling import counts
from archdsl.language.aggregations import Dual
from archdsl.language.aggregations.highway import highway
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

SPEC = """
archdsl: 2
name: joined
input: [3, 8, 8]
stem: [{conv: {width: 4}}]
stages:
  count: 2
  layers: LAYERS
  unit: UNIT
  connect: RULE
  aggregate: KIND
between: {kind: transition, width: 4}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""
BASIC = "{kind: basic, order: pre, width: 4}"
WIDER = "{kind: basic, order: pre, width: 6}"
GROWN = "{kind: basic, order: pre, width: 2 + layer}"
GATE = "[{pool: {to: 1}}, {conv: {width: incoming, kernel: 1, bias: true}}, sigmoid]"
SMOOTH = "[{conv: {width: 4, kernel: 3}}, norm, tanh]"


def spec(kind: str, rule: str = "full", unit: str = BASIC, more: str = "") -> str:
    filled = SPEC.replace("KIND", kind).replace("RULE", rule).replace("UNIT", unit)
    return filled.replace("between:", f"{more}between:").replace("LAYERS", "[4, 5]")


def listed(kind: str, reads: str, *units: str, more: str = "") -> str:
    """A spec whose layers are listed, with a table of reads that ends in the exit's."""
    text = spec(kind, f"{{rule: explicit, reads: {reads}}}", more=more)
    return text.replace(f"  unit: {BASIC}\n", "").replace("[4, 5]", f"[{', '.join(units)}]")


CASES = {
    "product": spec("product", "exponential", SMOOTH),
    "product of all": spec("product", unit=SMOOTH, more="  exit: all\n"),
    "a gate after the map": listed("product", "[[0], [1], [1, 2]]", BASIC, GATE),
    "a gate before the map": listed("product", "[[0], [1], [2, 1]]", BASIC, GATE),
    "a gate of one pixel is read": listed(
        "product", "[[0], [1], [2, 1], [3, 2, 0]]", BASIC, GATE, BASIC),
    "a mask of one channel": listed(
        "product", "[[0], [1], [2, 1]]", BASIC, "[{conv: {width: 1, kernel: 3}}, sigmoid]"),
    "max": spec("max", "exponential"),
    "max of all": spec("max", more="  exit: all\n"),
    "max, projected": spec("max", "exponential", WIDER, "  entry: projection\n  stride: 2\n"),
    "dual": spec("{kind: dual, sum: 3}", "exponential"),
    "dual of all": spec("{kind: dual, sum: 3}"),
    "dual, projected": spec("{kind: dual, sum: 2}", unit=WIDER, more="  entry: projection\n"),
    "dual, growing": spec("{kind: dual, sum: 3}", unit=GROWN),
    "dual, by arithmetic": spec("{kind: dual, sum: stage + 2}", "{rule: window, last: 2}"),
    "dual, nothing is concatenated": spec("{kind: dual, sum: 4}"),
    "dual, the last leaves": spec("{kind: dual, sum: 3}", more="  exit: last\n"),
    "mixed": spec("{kind: mixed, inner: 2}"),
    "mixed, growing": spec("{kind: mixed, inner: 3}", unit=GROWN),
    "mixed, projected": spec("{kind: mixed, inner: 2}", unit=WIDER, more="  entry: projection\n"),
    "mixed, the last leaves": spec("{kind: mixed, inner: 2}", more="  exit: last\n"),
    "mixed, all are added": spec("{kind: mixed, inner: 4}"),
    "mixed, none is added": spec("{kind: mixed, inner: 0}"),
    "weighted": spec("weighted"),
    "weighted, of some": spec("weighted", "exponential"),
    "weighted, all leave": spec("weighted", "exponential", more="  exit: all\n"),
    "weighted, the last leaves": spec("weighted", more="  exit: last\n"),
    "weighted, projected": spec(
        "{kind: weighted, per: channel}", unit=WIDER, more="  entry: projection\n  stride: 2\n"),
    "weighted by a table": listed(
        "weighted", "[[0], [0, 1], [2], [1, 3, 0]]", BASIC, BASIC, BASIC),
    "weighted differently in each stage": spec("weighted").replace(
        "  count: 2\n  layers: [4, 5]", "").replace("stages:", "each:").replace(
        "  aggregate: weighted\n", """
stages:
  - {layers: 3, aggregate: {kind: weighted, init: mean}}
  - {layers: 3, aggregate: {kind: weighted, per: channel, normalise: softmax}}
  - {layers: 3, aggregate: {kind: weighted, normalise: sigmoid}}
"""),
    **{
        f"weighted per {per}, {normalise}, {init}": spec(
            f"{{kind: weighted, per: {per}, normalise: {normalise}, init: {init}}}", "exponential")
        for per in ("scalar", "channel")
        for normalise in ("none", "softmax", "sigmoid")
        for init in ("newest", "mean", "zero")
    },
    "attention": spec("attention"),
    "attention, of some": spec("attention", "exponential"),
    "attention, all leave": spec("attention", "exponential", more="  exit: all\n"),
    "attention, the last leaves": spec("attention", more="  exit: last\n"),
    "attention, projected": spec(
        "attention", unit=WIDER, more="  entry: projection\n  stride: 2\n"),
    "highway": listed(
        "highway", "[[0], [0], [0, 1, 2]]", BASIC, "[{conv: {width: 4, kernel: 3}}, sigmoid]"),
    "highway, twice": listed(
        "highway", "[[0], [0], [0, 1, 2], [0, 1, 2], [1, 3, 4]]",
        BASIC, "[{conv: {width: 4, kernel: 3}}, sigmoid]", BASIC, "[{conv: {width: 4}}, sigmoid]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", CASES)
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(CASES[name])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", CASES)
def test_every_view_can_be_drawn(name: str) -> None:
    drawn = subject(check_text(CASES[name]))
    assert all(scene(drawn, view).texts for view in VIEWS)


@pytest.mark.parametrize("name", CASES)
def test_training_keeps_what_is_predicted(name: str) -> None:
    """Bytes that autograd keeps, without parameters, against the prediction."""
    checked = check_text(CASES[name])
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
    assert 4 * training(checked.graph) == pytest.approx(sum(kept.values()), rel=0.1)


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, text in CASES.items()})


@pytest.mark.parametrize("name", [name for name, text in CASES.items() if "explicit" not in text])
def test_counts_without_a_graph_are_those_of_the_graph(name: str) -> None:
    checked = check_text(CASES[name])
    row = next(iter(counts(checked.spec, [checked.graph.stages[0].depth])))
    assert row.parameters == checked.report.stages[0].parameters


def run(text: str, state: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor]]:
    """Return what a network makes of fixed images in float64, and its state.

    Args:
        text: the spec.
        state: weights to load; weights of the network that it lacks keep their initial values.
    """
    torch.manual_seed(0)
    network = archdsl.build(check_text(text).spec).double().eval()
    if state is not None:
        assert network.load_state_dict(state, strict=False).unexpected_keys == []
    output: Tensor = network(torch.randn(2, 3, 8, 8, dtype=torch.float64))
    return output, network.state_dict()


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("{kind: mixed, inner: 0}", "concat"),
        ("{kind: mixed, inner: 4}", "sum"),
        ("{kind: dual, sum: 4}", "sum"),
    ],
)
@pytest.mark.parametrize("leaves", ["rule", "all"])
def test_ends_of_the_range_are_other_aggregations(kind: str, other: str, leaves: str) -> None:
    """No channel is inner: a DenseNet. All are added: a ResNet."""
    more = f"  exit: {leaves}\n"
    wanted, state = run(spec(other, more=more))
    output, _ = run(spec(kind, more=more), state)
    torch.testing.assert_close(output, wanted, rtol=1e-12, atol=1e-12)


def test_a_gate_may_be_read_first_or_last() -> None:
    first, state = run(CASES["a gate before the map"])
    last, _ = run(CASES["a gate after the map"], state)
    assert torch.equal(first, last)


def test_a_highway_with_a_shut_gate_passes_its_input() -> None:
    """T = 0 makes the output x, T = 1 makes it H."""
    x, transform = torch.randn(2, 2, 3, 4, 4).unbind()
    for gate, wanted in ((torch.zeros(2, 3, 4, 4), x), (torch.ones(2, 3, 4, 4), transform)):
        torch.testing.assert_close(highway([x, transform, gate]), wanted)


def test_mixnet_100_has_its_parameters() -> None:
    """1,464,202 with k1 = k2 = 12 (Wang et al. 2018, table 2: 1.5M).

    A unit there is two bottlenecks side by side, each with a norm of its own before its first
    convolution. Here one unit with two groups has all their weights but the second norm, which has
    two numbers for each channel that a layer reads.
    """
    text = """
archdsl: 2
name: mixnet
input: [3, 32, 32]
stem: [{conv: {width: 24}}]
stages:
  count: 3
  layers: 16
  unit:
    - norm
    - relu
    - conv: {width: 96, kernel: 1}
    - norm
    - relu
    - conv: {width: 24, groups: 2}
  connect: full
  aggregate: {kind: mixed, inner: 12}
between: [norm, relu, {conv: {width: incoming // 2, kernel: 1}}, {pool: {kernel: 2}}]
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""
    checked = check_text(text)
    shapes = checked.graph.steps
    read = [shapes[name][-1][0] for stage in checked.graph.stages for name in stage.reads]
    assert read[:3] == [24, 36, 48]
    assert checked.report.parameters + 2 * sum(read) == 1_464_202


def test_dpn_92_has_its_widths() -> None:
    """Channels after each stage (Chen et al. 2017): 336, 704, 1552 and 2688."""
    stages = [(256, 16, 3), (512, 32, 4), (1024, 24, 20), (2048, 128, 3)]
    widths = []
    for path, increment, layers in stages:
        operator = Dual(kind="dual", sum=path)
        # y_0 has two increments: what the stage is given passes through a projection of its own.
        widths.append(operator.width([path + 2 * increment] + layers * [path + increment]))
    assert widths == [336, 704, 1552, 2688]


def test_a_gate_does_not_change_the_stride_of_the_map() -> None:
    """A gate of one pixel sees everything; a layer after the product still moves by one pixel."""
    field = receptive_field(
        check_text(CASES["a gate before the map"].replace("2\n  l", "1\n  l")).graph
    )
    assert field.stride == 1
    assert field.size > 8


@pytest.mark.parametrize(("init", "other"), [("newest", "plain"), ("mean", "full")])
@pytest.mark.parametrize("per", ["scalar", "channel"])
def test_starts_as_a_chain_or_as_a_mean(init: str, other: str, per: str) -> None:
    kind = f"{{kind: weighted, per: {per}, init: {init}}}"
    wanted, state = run(spec("mean", other))
    output, _ = run(spec(kind), state)
    torch.testing.assert_close(output, wanted, rtol=1e-6, atol=1e-6)


# Without `normalise`, `init: zero` multiplies every output with 0; docs/language.md says so.
LEARNING = [name for name in CASES if name.startswith("weighted") and "none, zero" not in name]


@pytest.mark.parametrize("name", LEARNING)
def test_gradients_reach_every_weight_of_a_reader_at_initialisation(name: str) -> None:
    network = archdsl.build(check_text(CASES[name]).spec)
    network(torch.randn(3, 3, 8, 8)).square().sum().backward()
    joins = {key: p.grad for key, p in network.named_parameters() if "join" in key}
    assert joins
    assert all(grad is not None and bool(grad.any()) for grad in joins.values())
