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

from unit_strategies import ACTIVATIONS, Draft, Flow, Frame, per_stage, units

BLENDING = ("sum", "mean", "running")
"""Aggregations of outputs of equal shapes."""


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
def specs(draw: DrawFn) -> Case:
    """A spec, perhaps with settings."""
    even = draw(st.booleans())
    channels = draw(st.sampled_from([2, 4] if even else [1, 2, 3]))
    sides = draw(st.sampled_from([(8, 8), (8, 8), (16, 16), (8, 11)]))
    root: Draft = {
        "archdsl": 2,
        "name": draw(st.sampled_from(["net", "a-net", "stage", "conv_net-2"])),
        "params": {"classes": 3, "drop": draw(st.sampled_from([0, 0.25]))},
        "input": [channels, *sides],
    }
    flow = Flow(channels, min(sides), even)
    root["stem"] = draw(stems(flow))
    flow.single = channels == 1 and not root["stem"]
    count = draw(st.integers(1, 3))
    root["between"] = draw(between(flow, count))
    root |= draw(st.one_of(alike(flow, count), listed(flow, count, root["between"])))
    root["head"] = draw(heads())
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
        concatenated = "concat" in f"{frame.keys['aggregate']} {frame.keys['exit']}"
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
def frames(draw: DrawFn, flow: Flow, depths: list[int]) -> Frame:
    """How a stage connects; every combination is one whose shapes agree."""
    kind = draw(st.sampled_from(["concat", "concat", *BLENDING]))
    keys: Draft = {"exit": draw(st.sampled_from(["rule", "all", "last"]))}
    if kind != "running" and draw(st.integers(0, 3)) == 0:
        keys["exit"] = draw(exits(kind))
    keys["connect"] = "full" if kind == "running" else draw(rules(depths, keys["exit"]))
    extras: Draft = {"running": {"activation": draw(ACTIVATIONS)}, "mean": {"drop_path": 0.4}}
    plain = kind not in extras or draw(st.booleans())
    keys["aggregate"] = kind if plain else {"kind": kind, **extras[kind]}
    fractal = "columns" in str(keys["connect"])
    if draw(st.booleans()):
        keys["entry"] = draw(st.sampled_from(["projection", "identity"]))
    numbers = draw(per_stage(len(depths), lambda draw: draw(flow.widths())))
    width: Any = numbers if kind in BLENDING else None
    if width and "entry" not in keys and flow.width and len(depths) == 1 and draw(st.booleans()):
        keys["entry"], width = "pad", flow.width + draw(st.sampled_from([0, 2, 4]))
    elif width and keys.get("entry") != "projection" and not fractal:
        width = "incoming" if flow.width is None or draw(st.booleans()) else flow.width
    keeps_entry = keys["exit"] not in ("rule", "last")
    if fractal and keeps_entry and keys.get("entry", "identity") == "identity":
        keys["exit"] = "rule"
    chained = keys["connect"] == "plain" and not keeps_entry
    strides = chained or keys.get("entry") in {"projection", "pad"}
    if strides:
        keys["stride"] = draw(per_stage(len(depths), lambda draw: flow.stride(draw)))
    return Frame(keys, width, strides, flow, len(depths))


@st.composite
def exits(draw: DrawFn, kind: str) -> Any:
    """An exit of version 2; outputs that a stage concatenates may differ in width."""
    word = draw(st.sampled_from(["made", "newest-first", "own", "own"]))
    if word != "own":
        return word
    own: Draft = {"connect": draw(st.sampled_from(["full", "every", "entry", "harmonic"]))}
    if kind != "concat" and draw(st.booleans()):
        own["aggregate"] = draw(st.sampled_from(["concat", "sum", "mean"]))
    return own


@st.composite
def rules(draw: DrawFn, depths: list[int], leaves: str) -> Any:
    """A rule in one of its forms."""
    forms = [
        "plain",
        "full",
        "exponential",
        "base",
        "window",
        "offsets",
        "harmonic",
        "entry",
        "strided",
        "every",
    ]
    if set(depths) <= {1, 3, 7}:
        forms.append("fractal")
    if len(set(depths)) == 1:
        forms.append("explicit")
    form = draw(st.sampled_from(forms))
    if form in {"full", "exponential", "harmonic"} and draw(st.booleans()):
        return {"rule": form, "order": draw(st.sampled_from(["newest", "oldest"]))}
    if form == "base":
        base = draw(per_stage(len(depths), lambda draw: draw(st.integers(2, 4))))
        return {"rule": "exponential", "base": base}
    if form in {"strided", "every"}:
        return {"rule": form, "step": draw(st.integers(1, 4))}
    if form == "window":
        return {"rule": "window", "last": draw(st.integers(1, 4))}
    if form == "offsets":
        others = draw(st.lists(st.integers(2, 5), unique=True, max_size=3))
        return {"rule": "offsets", "offsets": draw(st.permutations([1, *others]))}
    if form == "fractal":
        columns = [(depth + 1).bit_length() - 1 for depth in depths]
        return {"rule": "fractal", "columns": columns[0] if len(set(columns)) == 1 else columns}
    if form == "explicit":
        rows = depths[0] + (1 if leaves == "rule" else draw(st.integers(0, 1)))
        subsets = (draw(st.permutations(range(layer))) for layer in range(1, rows + 1))
        table = [list(row[: draw(st.integers(1, len(row)))]) for row in subsets]
        return {"rule": "explicit", "reads": table}
    return form
