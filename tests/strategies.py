"""Small specs of every kind for property tests; each is meant to be valid.

They pool by maximum in stems alone: further on, neighbours may be equal but for rounding, and which
of them a gradient goes to is chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from archdsl.language.aggregation import Aggregation
from archdsl.lowering.state import around_state
from block_strategies import operators, units, written
from rule_strategies import rules
from sequence_strategies import as_sequence, carries
from unit_strategies import ACTIVATIONS, LIVE, Draft, Flow, Frame, per_stage


@dataclass(frozen=True)
class Case:
    """A spec as text, and the settings to compile it under."""

    text: str
    settings: dict[str, Any]


def dump(root: Draft) -> str:
    """YAML text, by another writer than archdsl's own."""
    return str(yaml.dump(root, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=96))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


@st.composite
def specs(draw: DrawFn, *, blocks: bool = False) -> Case:
    """A spec, perhaps with settings.

    Args:
        draw: hypothesis' own.
        blocks: whether every unit has blocks; else one in six has.
    """
    even = draw(st.booleans())
    channels = draw(st.sampled_from([2, 4] if even else [1, 2, 3]))
    sides = draw(st.sampled_from([(8, 8), (8, 8), (16, 16), (8, 11)]))
    root: Draft = {
        "archdsl": 2,
        "name": draw(st.sampled_from(["net", "a-net", "stage", "conv_net-2"])),
        "params": {"classes": 3, "drop": draw(st.sampled_from([0, 0.25]))},
        "input": [channels, *sides],
    }
    flow = Flow(channels, min(sides), even, blocks=blocks)
    root["stem"] = draw(stems(flow))
    flow.single = channels == 1 and not root["stem"]
    count = draw(st.integers(1, 3))
    if count > 1 and draw(st.integers(0, 3)) == 0:
        root |= draw(sequences(flow, count))
    else:
        root["between"] = draw(between(flow, count))
        root |= draw(st.one_of(alike(flow, count), listed(flow, count, root["between"])))
    root["head"] = draw(heads())
    root["define"] = flow.own
    changed = {"classes": 5} if "classes" in str(root["head"]) and draw(st.booleans()) else {}
    return Case(dump({key: value for key, value in root.items() if value}), changed)


@st.composite
def stems(draw: DrawFn, flow: Flow) -> list[Any]:
    """No stem, a convolution, or a convolution with what usually follows."""
    form = draw(st.sampled_from(["none", "conv", "long"]))
    if form == "none":
        return []
    flow.width = draw(flow.widths())
    conv = {"width": flow.width, "kernel": draw(st.sampled_from([1, 3, 5]))}
    if form == "conv":
        return [{"conv": {**conv, "bias": draw(st.booleans())}}]
    pool = {"kind": draw(st.sampled_from(["average", "max"])), "kernel": 3, "padding": 1}
    conv["stride"], pool["stride"] = flow.stride(draw), flow.stride(draw)
    return [{"conv": conv}, "norm", draw(ACTIVATIONS), {"pool": pool}]


@st.composite
def heads(draw: DrawFn) -> list[Any]:
    """Classifiers of several kinds, layers without one, or nothing."""
    linear = {"linear": {"width": draw(st.sampled_from(["classes", 4]))}}
    bare = {"linear": {**linear["linear"], "bias": False}}
    lead: list[str] = draw(st.sampled_from([[], ["norm", "relu"], ["gelu"]]))
    pool = {"pool": {"to": draw(st.sampled_from([1, 2]))}}
    hidden = {"linear": {"width": 6}}
    tails: list[list[Any]] = [
        [], [pool], ["flatten"], [pool, "flatten", bare], [pool, "flatten", linear],
        ["flatten", linear], [pool, "flatten", hidden, "relu", {"dropout": "drop"}, linear],
    ]  # fmt: skip
    return [*lead, *draw(st.sampled_from(tails))]


@st.composite
def between(draw: DrawFn, flow: Flow, count: int) -> Any:
    """What lies in each of the gaps between stages; the room for all of them is taken here."""
    form = draw(st.sampled_from(["none", "transition", "list", "bare list"]))
    factor = draw(st.sampled_from([1, 2])) if flow.room >= 2**count else 1
    if form == "none" or count == 1:
        return None
    flow.room //= factor ** (count - 1)
    pools = [{"pool": {"kernel": 2}}] if factor == 2 else []
    if form == "bare list":
        return [draw(ACTIVATIONS), *pools]
    width = draw(st.sampled_from([4, "incoming" if flow.even else "max(2, incoming // 2)"]))
    if form == "transition":
        kind = "average" if pools else "none"
        return {"kind": "transition", "width": width, "pool": kind, "bias": draw(st.booleans())}
    return [{"conv": {"width": width, "kernel": 1, "bias": True}}, "norm", "silu", *pools]


@st.composite
def listed(draw: DrawFn, flow: Flow, count: int, gap: Any) -> Draft:
    """A list of stages, each of its own kind; keys that all share may stand under `each`."""
    stages: list[Draft] = []
    for _ in range(count):
        layers = draw(st.sampled_from([1, 2, 3, 4, 5, 7]))
        frame = draw(frames(flow, [layers]))
        counted = {} if "columns" in str(frame.keys) and draw(st.booleans()) else {"layers": layers}
        stages.append({**counted, **frame.keys, **draw(units(frame, layers))})
        concatenated = frame.grows or "concat" in str(frame.keys["exit"])
        concatenated = concatenated and frame.keys["exit"] != "last"
        made = flow.width if frame.width == "incoming" else frame.width
        flow.width = 4 if "width': 4" in str(gap) else None
        if "width" not in str(gap) and not concatenated:
            flow.width = made
    shared = {key: stages[0][key] for key in stages[0] if key not in {"layers", "unit"}}
    shared = {key: v for key, v in shared.items() if all(s.get(key) == v for s in stages)}
    if not shared or draw(st.booleans()):
        return {"stages": stages}
    own = [{key: v for key, v in stage.items() if key not in shared} for stage in stages]
    return {"each": shared, "stages": own}


@st.composite
def alike(draw: DrawFn, flow: Flow, count: int) -> Draft:
    """`count` stages alike, with one entry per stage where numbers differ."""
    flow.width = flow.width if count == 1 else None
    depths = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    if draw(st.booleans()):
        depths = depths[:1] * count
    frame = draw(frames(flow, depths))
    same = len(set(depths)) == 1
    found = {"count": count, "layers": depths[0] if same else depths, **frame.keys}
    return {"stages": {**found, **draw(units(frame, depths[0] if same else 0))}}


@st.composite
def sequences(draw: DrawFn, flow: Flow, count: int) -> Draft:
    """Stages that are one sequence of layers."""
    depths = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    frame = draw(frames(flow, [sum(depths)], single=True))
    shared = {"carry": draw(carries(flow, count, widens=frame.grows))}
    stages = [{"layers": layers, **draw(units(frame, layers))} for layers in depths]
    return as_sequence(frame.keys, shared, stages)


@st.composite
def frames(draw: DrawFn, flow: Flow, depths: list[int], *, single: bool = False) -> Frame:
    """How a stage connects; every combination is one whose shapes agree.

    Args:
        draw: hypothesis' own.
        flow: what is known of the map.
        depths: the number of layers of each stage.
        single: whether outputs are kept one by one, so that they can be carried.
    """
    operator = draw(aggregations(flow, single=single))
    whole = holds_all(operator)
    # Nothing would read the last weights of a running aggregation if only the last output left.
    exit_words = ["rule", "all", *([] if whole and operator.weights() else ["last"])]
    keys: Draft = {"exit": draw(st.sampled_from(exit_words))}
    if not whole and draw(st.integers(0, 3)) == 0:
        keys["exit"] = draw(exits(operator))
    keys["connect"] = "full" if whole else draw(rules(depths, keys["exit"]))
    if operator.running and keys["connect"] == {"rule": "full", "order": "newest"}:
        keys["connect"] = "full"  # a state joins its outputs from the oldest on
    keys["aggregate"] = written(operator)
    fractal = "columns" in str(keys["connect"])
    keys |= draw(entries(flow, depths, keys))
    numbers = draw(per_stage(len(depths), lambda draw: draw(flow.widths())))
    one_width = operator.equal_widths or bool(operator.start())
    width: Any = numbers if one_width else None
    known, entry = flow.width, keys.get("entry")
    if width and entry is None and known and len(depths) == 1 and draw(st.booleans()):
        keys["entry"], width = "pad", known + draw(st.sampled_from([0, 2, 4]))
    elif width and isinstance(entry, list):
        entry[0]["conv"]["width"] = width
    elif width and entry not in ("projection", "first") and not fractal:
        width = "incoming" if known is None or draw(st.booleans()) else known
    keeps_entry = keys["exit"] not in ("rule", "last")
    if fractal and keeps_entry and keys.get("entry", "identity") == "identity":
        keys["exit"] = "rule"
    chained = keys["connect"] == "plain" and not keeps_entry
    strides = chained or keys.get("entry", "identity") != "identity"
    if strides:
        keys["stride"] = draw(per_stage(len(depths), lambda draw: flow.stride(draw)))
    return Frame(keys, width, strides, flow, len(depths), not one_width)


def holds_all(operator: Aggregation) -> bool:
    """Whether an aggregation holds all outputs together, so that no reader can choose some."""
    return operator.running and operator.of_readers() is None


def first_width(operator: Aggregation, width: int) -> int:
    """How wide the first aggregate of an output is, before another one is joined with it."""
    nowhere: Any = {}
    return around_state(operator.start(), (width, 1, 1), nowhere)[1][0]


@st.composite
def aggregations(draw: DrawFn, flow: Flow, *, single: bool = False) -> Aggregation:
    """An aggregation of a stage that keeps widths even; those of version 1 more often than others.

    Outputs are multiplied in blocks alone, which bound them. So are three outputs that are joined.
    """
    older: list[list[Aggregation]] = []
    newer: list[list[Aggregation]] = []
    for instances in operators():
        narrow = 1 + flow.even
        least = {operator: [first_width(operator, narrow), narrow] for operator in instances}
        fit = [operator for operator in instances if operator.problem(least[operator]) is None]
        fit = [o for o in fit if not flow.even or o.width(least[o]) % 2 == 0]
        fit = [operator for operator in fit if not (single and holds_all(operator))]
        fit = [
            operator
            for operator in fit
            if operator.weights() or not operator.kept_outputs([True, True])
        ]
        if fit:
            (newer if fit[0].since > 1 else older).append(fit)
    kinds = newer if draw(st.integers(0, 3)) == 0 else older
    operator: Aggregation = draw(st.sampled_from(draw(st.sampled_from(kinds))))
    return operator


@st.composite
def entries(draw: DrawFn, flow: Flow, depths: list[int], keys: Draft) -> Draft:
    """The word of an entry, a list of layers, or none."""
    forms: list[Any] = ["identity", "projection", "projection", None, None, None, None]
    rule = str(keys["connect"])
    if min(depths) > 1 and not any(key in rule for key in ("reads", "columns", "nodes")):
        forms.append("first")
    if keys["exit"] in ("all", "newest-first"):
        forms.append([{"conv": {"width": draw(flow.widths())}}, draw(LIVE)])
    form = draw(st.sampled_from(forms))
    return {} if form is None else {"entry": form}


@st.composite
def exits(draw: DrawFn, operator: Aggregation) -> Any:
    """An exit of version 2; outputs that a stage concatenates may differ in width."""
    turned = [] if operator.running else ["newest-first"]  # a state begins with the oldest output
    word = draw(st.sampled_from(["made", *turned, "grown", "own", "own"]))
    if word != "own":
        return word
    own: Draft = {"connect": draw(st.sampled_from(["full", "every", "entry", "harmonic"]))}
    if operator.equal_widths and draw(st.booleans()):
        own["aggregate"] = draw(st.sampled_from(["concat", "sum", "mean"]))
    return own
