"""Counts without a graph against the compiler's own, and what the paper says of gradient paths."""

from __future__ import annotations

from itertools import count, islice
from math import log
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given

from archdsl.analysis.distances import levels
from archdsl.analysis.report import StageReport
from archdsl.api import check_text, load
from archdsl.apps.scaling.measured import measure
from archdsl.apps.scaling.scaling import Counts, counts, first_stage
from archdsl.apps.scaling.table1 import QUANTITIES
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.language.rule import floor_log
from archdsl.language.rules import Explicit, Exponential, Fractal
from archdsl.lowering.limits import Limits
from strategies import Case, specs

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))
ONE_DEPTH = {
    "randwire-imagenet": 34,
    "fc-densenet-camvid": 43,
    "log-densenet-cifar": 18,
    "ese-vovnet-imagenet": 21,
}
"""Specs whose first stage cannot be deepened, with the line that says why."""
BASES = range(2, 6)
FARTHEST = 4_096

ODD = {
    "layer in the unit": "unit: {kind: basic, order: pre, width: 2 + layer}\nconnect: exponential",
    "incoming in the unit": (
        "unit: [{conv: {width: incoming, groups: incoming}}, {conv: {width: 4, kernel: 1}}]\n"
        "connect: {rule: window, last: 3}"
    ),
    "grouped": "unit: {kind: double, order: post, inner: 4, groups: 2, bias: true}\nconnect: full",
    "other order": "unit: {kind: basic, order: pre, width: 4}\n"
    "connect: {rule: offsets, offsets: [3, 1, 7]}",
    "fractal concat": "unit: {kind: basic, order: pre, width: 4}\n"
    "connect: {rule: fractal, columns: 4}",
    "entry seldom read": "unit: {kind: basic, order: pre, width: 4}\n"
    "connect: {rule: offsets, offsets: [1, 6]}\nentry: projection",
    "entry never read": "unit: {kind: basic, order: pre, width: 4}\nconnect: plain\n"
    "entry: projection\nstride: 2",
    "all leave": "unit: {kind: basic, order: post, width: 4}\nconnect: plain\n"
    "entry: projection\nexit: all",
}
"""Stages that no published network has, all but one concatenating."""


def odd(keys: str) -> str:
    """A spec of one stage with these keys, six layers deep unless its rule says how deep."""
    stage = {"count": 1, "aggregate": "concat", **yaml.safe_load(keys)}
    stage |= {} if "fractal" in keys else {"layers": 6}
    root = {"archdsl": 1, "name": "odd", "input": [4, 16, 16], "stages": stage}
    return yaml.safe_dump(root, sort_keys=False)


def compiled(text: str, depth: int) -> StageReport:
    """What the compiler says of the first stage, with this many layers in it, or rows."""
    root: Any = yaml.safe_load(text)
    root.pop("expect", None)
    listed = isinstance(root["stages"], list)
    first = root["stages"][0] if listed else root["stages"]
    rule = first["connect"] if "connect" in first else root["each"]["connect"]
    if isinstance(rule, dict) and rule["rule"] == "fractal":
        rule["columns"] = depth.bit_length()
    else:
        first["layers"] = depth
    found = check_text(yaml.safe_dump(root, sort_keys=False), {}, Limits(parameters=10**15))
    return found.report.stages[0]


def same(found: Counts, report: StageReport) -> None:
    assert found.layers == report.layers
    assert {name: getattr(found, name) for name in QUANTITIES} == {
        name: getattr(report, name) for name in QUANTITIES
    }


@pytest.mark.parametrize("name", ONE_DEPTH)
def test_a_stage_that_has_one_depth_is_refused(name: str) -> None:
    (path,) = (path for path in SPECS if path.stem == name)
    with pytest.raises(ArchdslError) as raised:
        list(counts(load(path), [32]))
    (finding,) = raised.value.diagnostics
    assert finding.code == "A503"
    assert finding.span is not None
    assert finding.span.line == ONE_DEPTH[name]


DEEPENED = [path for path in SPECS if path.stem not in ONE_DEPTH]


@pytest.mark.parametrize("path", DEEPENED, ids=lambda path: path.stem)
def test_published_networks_have_the_counts_of_the_compiler(path: Path) -> None:
    spec, text = load(path), path.read_text(encoding="utf-8")
    fractal = first_stage(spec).rule.depth_is == "rows"
    depths = [1, 2, 4, 8, 16, 32] if fractal else [1, 2, 3, 7, 8, 9, 16, 31, 40]
    if spec.name == "googlenet-imagenet":  # its lists have nine entries, one for each unit
        depths = depths[:2]
    if spec.name == "log-densenet-v2-cifar":  # what lies between is written for one depth
        depths = [16]
    for row in counts(spec, depths):
        same(row, compiled(text, row.depth))


@pytest.mark.parametrize("keys", ODD.values(), ids=ODD)
def test_odd_stages_have_the_counts_of_the_compiler(keys: str) -> None:
    text = odd(keys)
    for row in counts(parse(text), [1, 2, 4, 8, 16, 32]):
        same(row, compiled(text, row.depth))


@given(specs())
def test_any_stage_has_the_counts_of_the_compiler(case: Case) -> None:
    spec = parse(case.text, case.settings)
    try:
        plan = first_stage(spec)
    except ArchdslError:
        assume(False)
    assume(not isinstance(plan.rule, Explicit))
    depth = 2 ** (plan.rule.columns - 1) if isinstance(plan.rule, Fractal) else plan.units_count
    report = check_text(case.text, case.settings).report.stages[0]
    (row,) = counts(spec, [depth])
    same(row, report)


@pytest.mark.parametrize("columns", range(1, 9))
def test_fractal_blocks_read_at_most_this_many(columns: int) -> None:
    rule = Fractal(rule="fractal", columns=columns)
    layers = rule.depth_given()
    assert rule.most_read(layers) == max(rule.fan_in(n) for n in range(1, layers + 1))


def test_order_of_depths_does_not_matter_nor_do_repetitions() -> None:
    spec = parse(odd(ODD["grouped"]))
    assert [row.depth for row in counts(spec, [8, 2, 8, 4])] == [2, 4, 8]


def test_a_hundred_thousand_layers_by_a_formula() -> None:
    """SparseNet's plain units: norm and 3x3 convolution to k of k per read, 2 k if it reads y_0."""
    spec = load(next(path for path in SPECS if path.stem == "sparsenet-cifar"))
    layers, growth = 100_000, 24
    widths = (
        growth * ((layer.bit_length()) + (layer.bit_count() == 1)) for layer in range(1, layers + 1)
    )
    (row,) = counts(spec, [layers])
    assert row.parameters == sum(width * (2 + 9 * growth) for width in widths)
    assert (row.links, row.max_aggregated_outputs) == (1_568_946, 17)
    assert row.shortest_gradient_path == 16


def test_no_limit_on_links_binds() -> None:
    spec = load(next(path for path in SPECS if path.stem == "resnet-preact-cifar"))
    (row,) = counts(spec, [100_000])
    assert row.links == 5_000_050_000 > Limits().links


def test_listed_units_have_no_next_layer() -> None:
    unit = {"kind": "basic", "order": "pre", "width": 4}
    text = odd(yaml.safe_dump({"connect": "full"})).replace("layers: 6", f"layers: {[unit] * 3}")
    with pytest.raises(ArchdslError) as caught:
        list(counts(parse(text), [16]))
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.exit) == ("A503", 2)
    assert finding.span


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("{connect: full, aggregate: sum}", "A210"),
        ("{connect: full, stride: 2}", "A211"),
        ("{connect: {rule: explicit, reads: [[0], [1]]}}", "A202"),
        ("{connect: plain, aggregate: running}", "A219"),
        ("{connect: full, unit: [{pool: {kernel: 2}}, {conv: {width: 4}}]}", "A211"),
    ],
)
def test_what_cannot_be_compiled_is_refused(keys: str, code: str) -> None:
    unit = {"unit": {"kind": "basic", "order": "pre", "width": 8}, **yaml.safe_load(keys)}
    with pytest.raises(ArchdslError) as caught:
        list(counts(parse(odd(yaml.safe_dump(unit))), [16, 32]))
    assert [finding.code for finding in caught.value.diagnostics] == [code]
    assert caught.value.diagnostics[0].span


@pytest.mark.parametrize(
    ("aggregate", "unit", "code"),
    [
        ("sum", "{kind: basic, order: pre, width: 4 + layer // 20}", "A210"),
        ("concat", "[{conv: {width: 4, kernel: 3, padding: 1 + layer // 20}}]", "A211"),
    ],
)
def test_shapes_that_part_far_on_are_refused(aggregate: str, unit: str, code: str) -> None:
    text = odd(f"aggregate: {aggregate}\nconnect: full\nunit: {unit}")
    list(counts(parse(text), [16]))
    with pytest.raises(ArchdslError) as caught:
        list(counts(parse(text), [16, 32]))
    assert [finding.code for finding in caught.value.diagnostics] == [code]


@pytest.mark.parametrize(
    "name",
    ["plain", "resnet-preact", "densenet", "densenet-bc", "sparsenet-sum", "sparsenet-bc"],
)
def test_table_1_holds(name: str) -> None:
    path = next(path for path in SPECS if path.stem == f"{name}-cifar")
    found = measure(load(path), [2**power for power in range(4, 13)])
    assert found.claim
    for quantity, said in found.claim.classes.items():
        growth = found.growths[quantity]
        assert growth
        assert growth.name == said
        assert growth.residual < 1e-3


@pytest.mark.parametrize("base", BASES)
def test_table_1_holds_in_every_base(base: int) -> None:
    path = next(path for path in SPECS if path.stem == "sparsenet-cifar")
    found = measure(load(path, {"base": base}), [2**power for power in range(4, 15)])
    names = [growth.name for growth in found.growths.values() if growth]
    assert names == ["N log N", "N log N", "log N", "log N"]


def test_links_of_a_fractal_block_are_linear_in_its_rows() -> None:
    path = next(path for path in SPECS if path.stem == "fractalnet-cifar")
    found = measure(load(path), [2**power for power in range(4, 11)])
    assert [row.layers for row in found.counts] == [2 * row.depth - 1 for row in found.counts]
    names = [growth.name for growth in found.growths.values() if growth]
    assert names == ["N", "N", "log N", "log N"]


# ---- section 3.2: the shortest path over S layers is O((c - 1) log S) ----------------------------


def digits(base: int, number: int) -> list[int]:
    return [*digits(base, number // base), number % base] if number else []


def fewest(base: int) -> list[int]:
    """By distance up to `FARTHEST`, the fewest powers of the base that add up to it."""
    offsets = Exponential(rule="exponential", base=base).offsets(FARTHEST)
    assert offsets is not None
    found = [0] * (FARTHEST + 1)
    for links, level in enumerate(levels(offsets, FARTHEST), start=1):
        for distance in range(FARTHEST + 1):
            if level >> distance & 1:
                found[distance] = links
    return found


@pytest.mark.parametrize("base", BASES)
def test_shortest_path_within_a_stage_is_bounded(base: int) -> None:
    for distance, links in islice(enumerate(fewest(base)), 1, None):
        assert links == sum(digits(base, distance))
        assert links <= (base - 1) * (floor_log(base, distance) + 1)


@pytest.mark.parametrize("base", BASES)
def test_bound_is_reached_below_every_power(base: int) -> None:
    known = fewest(base)
    for power in count(1):
        if base**power - 1 > FARTHEST:
            break
        assert known[base**power - 1] == (base - 1) * power


@pytest.mark.parametrize(
    ("base", "floored", "real"),
    [
        (2, [1, 3, 7, 15, 31], [1, 3, 7, 15, 31]),
        (3, [1, 2, 5, 7, 8], [1, 2, 5, 8, 26]),
        (4, [1, 2, 3, 7, 10], [1, 2, 3, 15, 63]),
        (5, [1, 2, 3, 4, 9], [1, 2, 3, 4, 24]),
    ],
)
def test_without_the_constant_it_fails(base: int, floored: list[int], real: list[int]) -> None:
    """The distances that docs/scaling.md names: with the logarithm cut to a whole number or not."""
    known = list(islice(enumerate(fewest(base)), 1, None))
    cut = [s for s, links in known if links > (base - 1) * floor_log(base, s)]
    exact = [s for s, links in known if links > (base - 1) * log(s, base) + 1e-9]
    assert cut[:5] == floored
    assert exact[:5] == real
    assert {base**power - 1 for power in range(1, 6) if base**power <= FARTHEST} <= {*exact}
