"""The stage's stride is taken once, whichever way a unit is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
import yaml

import archdsl
from archdsl.analysis.shapes import shapes
from archdsl.api import check_text, lower
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Conv, Pool
from archdsl.language import layers as words
from strategies import dump

SPEC = """
archdsl: 1
name: strided
params: {width: [8, 16]}
input: [3, 32, 32]
stem: [{conv: {width: 8}}]
stages: {count: 2, layers: 2, stride: [1, STRIDE], connect: plain, aggregate: sum}
"""

CONV, NORM = {"conv": {"width": 8}}, "norm"
LITERAL = {"conv": {"width": 8, "stride": 1}}
NAMED = {"conv": {"width": 8, "stride": "stride"}}
POOL = {"pool": {"kernel": 3, "padding": 1, "stride": "stride"}}
BY_KERNEL = {"pool": {"kernel": "stride"}}

ONCE = {
    "not named": ([NORM, CONV, CONV], [2, 1]),
    "a literal first": ([LITERAL, NORM, CONV], [1, 2]),
    "named first": ([NAMED, NORM, CONV], [2, 1]),
    "named last": ([CONV, NORM, NAMED], [1, 2]),
    "named after a literal": ([LITERAL, NAMED, CONV], [1, 2, 1]),
    "literals around": ([LITERAL, NAMED, LITERAL], [1, 2, 1]),
    "named in a pool": ([CONV, POOL, CONV], [1, 2, 1]),
    "named by a pool's kernel": ([CONV, BY_KERNEL], [1, 2]),
    "a pool of its own step": ([{"pool": {"kernel": 3, "stride": 1, "padding": 1}}, CONV], [1, 2]),
    "named in a width alone": ([{"conv": {"width": "8 * stride"}}, CONV], [2, 1]),
    "named for one stage": ([{"conv": {"width": 8, "stride": [1, "stride"]}}, CONV], [2, 1]),
    "by other arithmetic": ([{"conv": {"width": 8, "stride": "max(1, stride)"}}, CONV], [2, 1]),
}  # fmt: skip


def text(unit: object, stride: int = 2) -> str:
    """A spec of two stages, the second of which strides."""
    root = yaml.safe_load(SPEC.replace("STRIDE", str(stride)))
    root["stages"]["unit"] = unit
    return dump(root)


def steps(graph: Graph, layer: str) -> list[int]:
    """The strides of a layer's windows, in order."""
    chain = graph[layer].op
    assert isinstance(chain, Chain)
    return [part.stride for part in chain.layers if isinstance(part, Conv | Pool)]


@pytest.mark.parametrize("name", ONCE)
def test_one_layer_takes_it(name: str) -> None:
    unit, expected = ONCE[name]
    graph = lower(parse(text(unit)))
    assert steps(graph, "stages.1.layers.0") == expected
    for other in ("stages.0.layers.0", "stages.0.layers.1", "stages.1.layers.1"):
        assert set(steps(graph, other)) == {1}
    sizes = shapes(graph)
    assert sizes["stages.0.layers.1"][1:] == (32, 32)
    assert sizes["stages.1.layers.1"][1:] == (16, 16)


def test_layers_listed_one_by_one() -> None:
    root = yaml.safe_load(text(None))
    root["stages"] |= {"layers": [[CONV, NAMED], [NAMED, CONV]]}
    del root["stages"]["unit"]
    graph = lower(parse(dump(root)))
    assert steps(graph, "stages.1.layers.0") == [1, 2]
    assert steps(graph, "stages.1.layers.1") == [1, 1]


def test_a_stride_may_be_shared_by_two_layers() -> None:
    halves = [
        {"conv": {"width": 8, "stride": "min(stride, 2)"}},
        {"pool": {"kernel": "max(1, stride // 2)"}},
    ]
    graph = lower(parse(text(halves, 4)))
    assert steps(graph, "stages.1.layers.0") == [2, 2]


@pytest.mark.parametrize("entry", ["projection", "identity"])
def test_a_strided_list_equals_the_oracle(entry: str) -> None:
    building = pytest.importorskip("archdsl.oracle.comparison")
    root = yaml.safe_load(text([LITERAL, NORM, NAMED, NORM, {"conv": {"width": 8}}]))
    root["stages"] |= {"entry": entry, "connect": "full" if entry == "projection" else "plain"}
    checked = check_text(dump(root))
    network = building.network_class(building.load_module(checked.emit()))()
    assert building.compare(network, checked.graph).worst < 1e-9


REFUSED = {
    "named twice": ([NAMED, NAMED], 1, "stride by 4 together"),
    "named by a conv and a pool": ([NAMED, BY_KERNEL], 1, "stride by 4 together"),
    "literals alone": ([LITERAL, LITERAL], 0, "no convolution of the unit takes"),
    "no convolution": ([NORM, {"dropout": 0.5}], 0, "no convolution of the unit takes"),
    "named with another factor": (
        [{"conv": {"width": 8, "stride": "2 * stride"}}], 0, "stride by 2 together",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_stride_that_is_not_taken_once_is_refused(name: str) -> None:
    unit, layer, message = REFUSED[name]
    written = text(unit)
    with pytest.raises(ArchdslError) as raised:
        lower(parse(written))
    (finding,) = raised.value.diagnostics
    assert finding.code == "A225"
    assert message in finding.message
    before, _, after = written.partition("unit:")
    listed = [n for n, line in enumerate(after.splitlines()) if line.lstrip().startswith("- ")]
    assert finding.span is not None
    assert finding.span.line == before.count("\n") + 1 + listed[layer]


class Deaf(archdsl.Unit):
    """Ignores the stride."""

    kind: Literal["deaf"]

    def layers(self, stride: int) -> Sequence[words.LayerWords]:
        return [words.Conv(width=8)]


class Eager(archdsl.Unit):
    """Takes it twice."""

    kind: Literal["eager"]

    def layers(self, stride: int) -> Sequence[words.LayerWords]:
        return [words.Conv(width=8, stride=stride), words.Pool(kernel=stride)]


class Pooling(archdsl.Unit):
    """Takes it once, beside a stride of its own; a pool that moves by 1 is left out."""

    kind: Literal["pooling"]

    def layers(self, stride: int) -> Sequence[words.LayerWords]:
        return [words.Conv(width=8, stride=2), words.Pool(kernel=stride)]


@pytest.mark.parametrize(("unit", "says"), [(Deaf, "strides by 1"), (Eager, "strides by 4")])
def test_a_unit_that_does_not_take_it_once_is_refused(unit: type[archdsl.Unit], says: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        lower(parse(text(unit.__name__.lower()), extend=[unit]))
    (finding,) = raised.value.diagnostics
    assert finding.code == "A225"
    assert says in finding.message


def test_a_unit_may_have_strides_of_its_own() -> None:
    graph = lower(parse(text("pooling"), extend=[Pooling]))
    assert steps(graph, "stages.1.layers.0") == [2, 2]
    assert steps(graph, "stages.1.layers.1") == [2]
