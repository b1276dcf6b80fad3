"""Links by closed form and by counting, and rules that break their word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.networks import network, stage, table
from archdsl.analysis.links import FanIn, Links, links, prove
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.language.rule import Rule, floor_log
from archdsl.language.rules import (
    Entry,
    Every,
    Exponential,
    Fractal,
    Full,
    Harmonic,
    Mirror,
    Offsets,
    Plain,
    Strided,
    Window,
)
from archdsl.lowering import lower

distances = st.sets(st.integers(2, 60), max_size=6).map(lambda more: (1, *sorted(more)))
rules = st.one_of(
    st.just(Plain(rule="plain")),
    st.just(Full(rule="full")),
    st.integers(2, 9).map(lambda base: Exponential(rule="exponential", base=base)),
    st.integers(2, 9).map(lambda base: Exponential(rule="exponential", base=base, entry="always")),
    st.integers(1, 40).map(lambda last: Window(rule="window", last=last)),
    st.just(Harmonic(rule="harmonic")),
    st.just(Entry(rule="entry")),
    st.integers(1, 40).map(lambda step: Strided(rule="strided", step=step)),
    st.integers(1, 40).map(lambda step: Every(rule="every", step=step)),
    st.just(Mirror(rule="mirror")),
    st.just(Mirror(rule="mirror", order="oldest")),
    distances.flatmap(st.permutations).map(
        lambda found: Offsets.model_validate({"rule": "offsets", "offsets": found})
    ),
)


@given(rules, st.integers(1, 200))
def test_closed_forms_are_what_is_counted(rule: Rule, layers: int) -> None:
    rule = rule.for_layers(layers)
    counted = tuple(len(list(rule.reads(layer))) for layer in range(1, layers + 1))
    assert prove(rule, layers) == counted
    assert rule.links(layers) == sum(counted) <= rule.bound(layers)


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        (Harmonic(rule="harmonic"), [[0], [1, 0], [2], [3, 2, 0], [4], [5, 4], [6], [7, 6, 4, 0]]),
        (Entry(rule="entry"), [[0], [0], [0]]),
        (Strided(rule="strided", step=1), [[0], [1, 0], [2, 1, 0], [3, 2, 1, 0]]),
        (Strided(rule="strided", step=3), [[0], [1], [2], [3, 0], [4, 1], [5, 2], [6, 3, 0]]),
        (Mirror(rule="mirror").for_layers(1), [[0]]),
        (Mirror(rule="mirror").for_layers(2), [[0], [1]]),
        (Mirror(rule="mirror").for_layers(5), [[0], [1], [2], [3, 2], [4, 1]]),
        (Mirror(rule="mirror").for_layers(6), [[0], [1], [2], [3], [4, 2], [5, 1]]),
        (Mirror(rule="mirror", order="oldest").for_layers(4), [[0], [1], [2], [1, 3]]),
        (Every(rule="every", step=1), [[0], [1], [1, 2], [1, 2, 3]]),
        (Every(rule="every", step=2), [[0], [1], [1, 2], [1, 3], [1, 3, 4], [1, 3, 5]]),
        (Every(rule="every", step=3), [[0], [1], [1, 2], [1, 3], [1, 4], [1, 4, 5], [1, 4, 6]]),
    ],
)
def test_reads_written_by_hand(rule: Rule, reads: list[list[int]]) -> None:
    layers = range(1, len(reads) + 1)
    assert [list(rule.reads(layer)) for layer in layers] == reads
    assert [rule.fan_in(layer) for layer in layers] == [len(row) for row in reads]


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        (Full(rule="full", order="newest"), [3, 2, 1, 0]),
        (Full(rule="full", order="oldest"), [0, 1, 2, 3]),
        (Harmonic(rule="harmonic", order="oldest"), [0, 2, 3]),
        (Strided(rule="strided", step=2, order="oldest"), [1, 3]),
        (Window(rule="window", last=2, order="oldest"), [2, 3]),
        (Exponential(rule="exponential", base=2, order="oldest"), [0, 2, 3]),
        (Exponential(rule="exponential", base=3, entry="always"), [3, 1, 0]),
        (Exponential(rule="exponential", base=3, entry="always", order="oldest"), [0, 1, 3]),
        (Exponential(rule="exponential", base=2, order="newest"), [3, 2, 0]),
    ],
)
def test_the_order_of_reads(rule: Rule, reads: list[int]) -> None:
    assert list(rule.reads(4)) == reads
    assert sum(prove(rule, 40)) == rule.links(40)
    assert rule.says().endswith("oldest first" if reads[0] < reads[-1] else "nearest first")


def test_the_exit_of_parallel_branches_reads_every_branch() -> None:
    text = "{count: 1, layers: 3, connect: entry, aggregate: concat, unit: [{conv: {width: 5}}]}"
    graph = lower(parse(f"archdsl: 2\nname: net\ninput: [2, 8, 8]\nstages: {text}\n")).graph
    (only,) = graph.stages
    assert only.all_sources() == [(0,), (0,), (0,), (1, 2, 3)]
    assert graph[only.exit].inputs == only.outputs[1:]
    assert links(only).exit_links == 3


@pytest.mark.parametrize(
    ("exit", "read"), [("rule", [4, 0]), ("last", [4]), ("{connect: mirror}", [4, 0])]
)
def test_the_layer_opposite_to_the_input_is_the_exit(exit: str, read: list[int]) -> None:
    words = "connect: mirror, aggregate: concat, unit: [{conv: 3}]"
    stage = f"{{count: 1, layers: 4, exit: {exit}, {words}}}"
    graph = lower(parse(f"archdsl: 2\nname: net\ninput: [3, 8, 8]\nstages: {stage}\n")).graph
    assert graph.stages[0].all_sources() == [(0,), (1,), (2,), (3, 1), tuple(read)]


@pytest.mark.parametrize("columns", range(1, 11))
def test_a_block_of_a_fractal(columns: int) -> None:
    rule, layers = Fractal(rule="fractal", columns=columns), 2**columns - 1
    assert sum(prove(rule, layers)) == rule.links(layers)


@pytest.mark.parametrize("base", range(2, 8))
@pytest.mark.parametrize("layers", [1, 2, 7, 16, 81, 243, 1000])
def test_equations_2_and_4(base: int, layers: int) -> None:
    rule = Exponential(rule="exponential", base=base)
    logs = [floor_log(base, layer) for layer in range(1, layers + 1)]
    assert prove(rule, layers) == tuple(log + 1 for log in logs)
    assert rule.links(layers) - layers == sum(logs)


def test_a_stage_of_a_network() -> None:
    graph = network(stages=stage(layers="16", connect="{rule: exponential, base: 2}"))
    assert links(graph.stages[0]) == Links(
        links=54, skip_links=38, exit_links=5, bound=80, fan_in=FanIn(1, 5, 54 / 16)
    )


@pytest.mark.parametrize(("exit", "joined"), [("rule", 3), ("all", 6), ("last", 1)])
def test_exit_links(exit: str, joined: int) -> None:
    graph = network(stages=stage(layers="5", exit=exit, connect="{rule: window, last: 3}"))
    assert links(graph.stages[0]).exit_links == joined


def test_a_table_without_a_row_for_the_exit_is_no_mistake() -> None:
    connect = "{rule: explicit, reads: [[0], [1, 0]]}"
    graph = network(stages=stage(layers="2", connect=connect, exit="all"))
    assert links(graph.stages[0]).links == 3


class Greedy(Rule):
    """Says that it is sparse, and reads everything."""

    rule: Literal["greedy"] = "greedy"

    def reads(self, layer: int) -> Sequence[int]:
        return list(range(layer))

    def bound(self, layers: int) -> int:
        return layers * (floor_log(2, layers) + 1)


class GreedyLayer(Greedy):
    rule: Literal["greedy-layer"] = "greedy-layer"  # type: ignore[assignment]

    def fan_in_bound(self, layer: int) -> int:
        return floor_log(2, layer) + 1


class WrongFanIn(Greedy):
    rule: Literal["wrong-fan-in"] = "wrong-fan-in"  # type: ignore[assignment]

    def fan_in(self, layer: int) -> int:
        return layer if layer < 6 else layer - 1


class WrongLinks(Rule):
    rule: Literal["wrong-links"] = "wrong-links"
    sources: ClassVar = staticmethod(lambda layer: [layer - 1])

    def links(self, layers: int) -> int:
        return layers if layers < 9 else layers + 1


class WrongOffsets(Rule):
    rule: Literal["wrong-offsets"] = "wrong-offsets"

    def reads(self, layer: int) -> Sequence[int]:
        return [layer - 1, layer - 3] if layer >= 4 else [layer - 1]

    def offsets(self, layers: int) -> Sequence[int]:
        return [1, 3][: 1 + (layers >= 3)]


class WrongWindow(Rule):
    """Ranges on both sides, of the same length but one place off from layer 3 on."""

    rule: Literal["wrong-window"] = "wrong-window"

    def reads(self, layer: int) -> Sequence[int]:
        return range(layer) if layer < 3 else range(layer - 3, layer - 1)

    def offsets(self, layers: int) -> Sequence[int]:
        return range(1, min(layers, 2) + 1)


class ReadsNothing(Greedy):
    rule: Literal["reads-nothing"] = "reads-nothing"  # type: ignore[assignment]

    def reads(self, layer: int) -> Sequence[int]:
        return list(range(layer)) if layer != 5 else []


class ReadsItself(Greedy):
    rule: Literal["reads-itself"] = "reads-itself"  # type: ignore[assignment]

    def reads(self, layer: int) -> Sequence[int]:
        return [layer - 1] if layer != 7 else [6, 7]


class ReadsBackwards(Greedy):
    """A negative index would silently read from the other end of a list."""

    rule: Literal["reads-backwards"] = "reads-backwards"  # type: ignore[assignment]

    def reads(self, layer: int) -> Sequence[int]:
        return range(layer - 1, layer - 4, -1)


@pytest.mark.parametrize(
    ("rule", "code", "says"),
    [
        # links of 1, 2, 3, 4, 5 layers: 1, 3, 6, 10, 15; claimed: 1, 4, 6, 12, 15; 6: 21 of 18
        (Greedy(), "A205", "at most 18 links for 6 layers, but with layer 6 there are 21"),
        (GreedyLayer(), "A205", "layer 3 reads at most 2 outputs, but it reads 3"),
        (WrongFanIn(), "A204", "layer 6 reads 5 outputs, but it reads 6"),
        (WrongLinks(), "A204", "counts 10 links for 9 layers, but layers 1 to 9 read 9 outputs"),
        (WrongOffsets(), "A204", "but layer 3 does not"),
        (WrongWindow(), "A204", "but layer 3 does not"),
        (ReadsNothing(), "A202", "layer 5 reads nothing"),
        (ReadsItself(), "A203", "layer 7 reads output 7"),
        (ReadsBackwards(), "A203", "layer 1 reads output -2"),
    ],
)
def test_broken_rules(rule: Rule, code: str, says: str) -> None:
    with pytest.raises(ArchdslError) as caught:
        prove(rule, 20)
    (finding,) = caught.value.diagnostics
    assert (finding.code, rule.rule in finding.message) == (code, True)
    assert says in finding.message


def test_rules_that_are_right_so_far_pass() -> None:
    assert prove(Greedy(), 5) == (1, 2, 3, 4, 5)
    assert len(prove(WrongFanIn(), 5)) == 5
    assert len(prove(WrongLinks(), 8)) == 8
    assert len(prove(WrongOffsets(), 2, exit=False)) == 2
    assert len(prove(ReadsItself(), 6, exit=False)) == 6


def test_the_exit_must_read_what_exists() -> None:
    with pytest.raises(ArchdslError, match=r"A203.*layer 7 reads output 7"):
        prove(ReadsItself(), 6)


def test_a_table_is_proven_too() -> None:
    with pytest.raises(ArchdslError, match=r"A203.*layer 3 reads output 3"):
        prove(table([0], [1, 0], [0, 3]), 3, exit=False)


@given(distances, st.integers(1, 80), st.integers(1, 80), st.booleans())
def test_offsets_are_held_against_each_read(
    found: tuple[int, ...], layers: int, wrong: int, ranged: bool
) -> None:
    class Almost(Rule):
        """Reads at its distances, but at one layer leaves the farthest out."""

        rule: Literal["almost"] = "almost"

        def reads(self, layer: int) -> Sequence[int]:
            reads = [layer - distance for distance in self.offsets(layer)]
            return reads[:-1] if layer == wrong and len(reads) > 1 else reads

        def offsets(self, layers: int) -> Sequence[int]:
            within = range(1, min(layers, found[-1]) + 1)
            return within if ranged else [one for one in found if one in within]

    rule = Almost()
    if wrong <= layers and len(rule.offsets(wrong)) > 1:
        with pytest.raises(ArchdslError, match=rf"A204.*layer {wrong} does not"):
            prove(rule, layers, exit=False)
    else:
        assert len(prove(rule, layers, exit=False)) == layers


def test_a_rule_of_ones_own_is_caught_in_a_network() -> None:
    text = """
archdsl: 1
name: net
input: [3, 8, 8]
stages: {count: 1, layers: 4, unit: [relu], connect: {rule: greedy-layer}, aggregate: concat}
"""
    graph = lower(parse(text, extend=[GreedyLayer])).graph
    with pytest.raises(ArchdslError, match=r"A205.*layer 3"):
        links(graph.stages[0])
