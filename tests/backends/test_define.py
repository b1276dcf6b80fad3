"""`define`: units of a spec's own, in stages, lists and blocks."""

from __future__ import annotations

import time

import pytest

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Conv, Layer
from archdsl.lowering.network import size
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 2
name: own
params: {width: 6, growth: [4, 6]}
input: [3, 8, 8]
define:
  separable:
    takes: {width: , kernel: 3}
    layers:
      - conv: {width: incoming, kernel: kernel, groups: incoming}
      - norm
      - relu
      - conv: {width: width, kernel: 1}
  squeezed:
    takes: {by: 2}
    layers:
      - gate: [{pool: {to: 1}}, {conv: {width: entering // by, kernel: 1, bias: true}}, relu,
               {conv: {width: entering, kernel: 1, bias: true}}, sigmoid]
  mixed-up:
    layers: [{kind: separable, width: width}, {kind: squeezed}, {dropout: 0.1}]
stem: [{conv: 6}]
stages:
  count: 2
  layers: 3
  unit: UNIT
  connect: full
  aggregate: sum
  entry: projection
  stride: [1, 2]
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""
SEPARABLE = "{kind: separable, width: width}"
UNITS = {
    "a unit": "{kind: separable, width: width, kernel: 5}",
    "its word alone": "mixed-up",
    "one entry per stage": "[{kind: separable, width: growth}, {conv: {width: 6, kernel: 1}}]",
    "in a list, twice": f"[{SEPARABLE}, norm, relu, {SEPARABLE}]",
    "in blocks": f"[{{residual: {SEPARABLE}}}, {{parallel: [mixed-up, [{SEPARABLE}]], aggregate: sum}}]",  # noqa: E501
    "in turn": f"{{cycle: [mixed-up, {SEPARABLE}, [relu, {{conv: 6}}]]}}",
    "a number per layer": "{kind: separable, width: 6, kernel: 2 * layer - 1}",
}


def text(unit: str) -> str:
    return SPEC.replace("UNIT", unit)


def chain(graph: Graph, name: str = "stages.1.layers.0") -> tuple[Layer, ...]:
    operation = graph.nodes[name].op
    assert isinstance(operation, Chain)
    return operation.layers


@pytest.mark.parametrize("name", UNITS)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(text(UNITS[name]))
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", ["its word alone", "in a list, twice", "in blocks"])
def test_the_fused_network_is_the_same(name: str) -> None:
    checked = check_text(text(UNITS[name]))
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


def test_a_definition_is_its_layers_written_out() -> None:
    """`incoming` is what the definition reads, not what the list around it reads."""
    unit = "[{conv: 12}, {kind: separable, width: 6}, norm]"
    written = "[{conv: 12}, {conv: {width: 12, groups: 12}}, norm, relu, {conv: {width: 6, kernel: 1}}, norm]"  # noqa: E501
    assert check_text(text(unit)).graph == check_text(text(written)).graph
    keys = state_shapes(check_text(text(unit)).graph)
    assert keys["stages.0.layers.0.conv2.weight"] == (12, 1, 3, 3)
    assert keys["stages.0.layers.0.norm1.weight"] == (12,)


def test_a_number_may_differ_in_every_layer() -> None:
    spec = text("[{kind: own-kernel}]").replace(
        "  separable:",
        "  own-kernel: {layers: [{conv: {width: 6, kernel: 2 * layer - 1}}]}\n  separable:",
    )  # fmt: skip
    shapes = state_shapes(check_text(spec).graph)
    assert [shapes[f"stages.0.layers.{layer}.conv.weight"][2] for layer in range(3)] == [1, 3, 5]


def test_a_stride_is_taken_inside() -> None:
    """The first convolution of the definition takes it; the one after it does not."""
    graph = check_text(text("[{kind: separable, width: 6}, {conv: 6}]")).graph
    convs = [layer for layer in chain(graph) if isinstance(layer, Conv)]
    assert [conv.stride for conv in convs] == [2, 1, 1]


def test_numbers_stay_exact() -> None:
    spec = text("[{kind: tenth, of: 0.1}, {conv: {width: 6, kernel: 1}}]").replace(
        "  separable:", "  tenth: {takes: {of: }, layers: [{conv: 30 * of}]}\n  separable:"
    )
    assert check_text(spec).graph  # 30 * 0.1 is 3, though 3.0000000000000004 in floats


def test_a_number_may_have_any_name() -> None:
    spec = text("[{kind: named, layers: 2, copy: 3, model_fields: 1}]").replace(
        "  separable:",
        "  named: {takes: {layers: , copy: , model_fields: }, "
        "layers: [{conv: layers * copy * model_fields}]}\n  separable:",
    )
    shapes = state_shapes(check_text(spec).graph)
    assert shapes["stages.0.layers.0.conv.weight"][0] == 6


def spec_of(definitions: list[str], unit: str) -> str:
    lines = "\n".join(["define:", *(f"  {definition}" for definition in definitions)])
    stages = f"{{count: 1, layers: 1, unit: {unit}, connect: plain, aggregate: sum}}"
    return f"archdsl: 2\nname: a\ninput: [3, 8, 8]\n{lines}\nstages: {stages}\n"


def doubling(count: int) -> str:
    """A spec whose definitions each use the one before them twice."""
    uses = [f"{{kind: w{number - 1}}}" for number in range(1, count)]
    each = [f"w{number}: {{layers: [{use}, {use}]}}" for number, use in enumerate(uses, start=1)]
    return spec_of(["w0: {layers: [relu, relu]}", *each], f"w{count - 1}")


def ring(count: int) -> str:
    """A spec whose definitions use the two after them, the last ones the first ones."""
    pairs = [((number + 1) % count, (number + 2) % count) for number in range(count)]
    each = [
        f"w{number}: {{layers: [{{kind: w{one}}}, {{kind: w{other}}}]}}"
        for number, (one, other) in enumerate(pairs)
    ]
    return spec_of(each, "w0")


def test_primitives_are_counted_before_anything_is_built() -> None:
    """c(0) = 3 and c(n) = 2 c(n - 1) + 1: the layers, and one for each use of a definition."""
    for count in (1, 2, 5, 60):
        assert size(parse(doubling(count))).primitives == 4 * 2 ** (count - 1) - 1
    assert len(chain(check_text(doubling(8)).graph, "stages.0.layers.0")) == 2**8


@pytest.mark.parametrize(("spec", "code"), [(doubling(64), "A301"), (ring(64), "A115")])
def test_what_cannot_be_built_is_refused_in_under_a_second(spec: str, code: str) -> None:
    start = time.process_time()
    with pytest.raises(ArchdslError) as error:
        check_text(spec)
    assert error.value.diagnostics[0].code == code
    assert time.process_time() - start < 1


def test_more_than_64_definitions_are_refused() -> None:
    with pytest.raises(ArchdslError) as error:
        check_text(doubling(65))
    assert error.value.diagnostics[0].code == "A010"


def test_a_parameter_counts_as_used_where_a_definition_reads_it() -> None:
    used = parse(text("mixed-up"))
    assert [note.message for note in used.notes] == ["nothing uses the parameter `growth`"]
    inner = text(SEPARABLE.replace("width: width", "width: 6"))
    messages = {note.message for note in parse(inner).notes}
    assert "nothing uses the parameter `width`" in messages
    assert "nothing uses the unit `mixed-up`" in messages
