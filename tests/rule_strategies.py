"""Rules for drawn specs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from unit_strategies import per_stage


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
        "mirror",
    ]
    if set(depths) <= {1, 3, 7}:
        forms.append("fractal")
    if len(set(depths)) == 1:
        forms += ["explicit", "random"]
    form = draw(st.sampled_from(forms))
    if form in {"full", "exponential", "harmonic", "mirror"} and draw(st.booleans()):
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
    if form in {"explicit", "random"}:
        own = {"explicit": tables(depths[0], leaves), "random": random_graphs(depths[0])}
        return draw(own[form])
    return form


@st.composite
def random_graphs(draw: DrawFn, nodes: int) -> Any:
    """A random graph of so many nodes, by each model that has one."""
    models: list[dict[str, Any]] = [{"model": "er", "p": draw(st.sampled_from([0, 0.5, 1]))}]
    if nodes > 1:
        models.append({"model": "ba", "m": draw(st.integers(1, nodes - 1))})
    if nodes > 2:
        models.append({"model": "ws", "k": 2, "p": draw(st.sampled_from([0, 0.5]))})
    model = draw(st.sampled_from(models))
    return {"rule": "random", **model, "nodes": nodes, "seed": draw(st.integers(0, 9))}


@st.composite
def tables(draw: DrawFn, layers: int, leaves: str) -> Any:
    """What each layer reads, and perhaps the exit."""
    rows = layers + (1 if leaves == "rule" else draw(st.integers(0, 1)))
    subsets = (draw(st.permutations(range(layer))) for layer in range(1, rows + 1))
    table = [list(row[: draw(st.integers(1, len(row)))]) for row in subsets]
    return {"rule": "explicit", "reads": table}
