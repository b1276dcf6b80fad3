"""Names of classes: what the field calls a chain of layers, and no name twice."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ir.ops import Layer, Weighted

ROLES = {"stem": "Stem", "between": "Transition", "head": "Head", "projection": "Projection"}


def free(name: str, taken: set[str]) -> str:
    """`Unit`, or `Unit2`, `Unit3`, ... if that is taken; the name is then taken too."""
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{name}{count}"
    taken.add(chosen)
    return chosen


def title(role: str, layers: Sequence[Layer], projection: str | None) -> str:
    """A class name by form: what the field calls such a chain."""
    if role == "projection" and not any(isinstance(layer, Weighted) for layer in layers):
        return "Padding"
    if role in ROLES:
        return ROLES[role]
    kernels = [side for layer in layers if (side := layer.kernel_side())]
    wide = [kernel for kernel in kernels if kernel > 1]
    name = "Unit"
    if len(kernels) == 1:
        name = "Basic"
    elif len(kernels) in {2, 3} and len(wide) == 1 and kernels[0] == 1:
        name = "Bottleneck"
    elif len(kernels) == len(wide) == 2:
        name = "Double"
    return f"Entry{name}" if projection else name
