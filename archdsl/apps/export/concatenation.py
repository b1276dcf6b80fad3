"""Concatenations that begin with all of an earlier one read its result instead of its operands."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch


def reuse_concatenations(program: Any) -> None:
    """Shorten the concatenations of a program of `torch.export`.

    A layer of a DenseNet concatenates all maps before it. `cat(cat(a, b), c)` moves as many bytes
    as `cat(a, b, c)`, in fewer and longer pieces.

    Args:
        program: changed in place; it computes the same.
    """
    # By the first operand and the axis: the operands and the result of each, in order.
    earlier: dict[Any, list[tuple[list[Any], Any]]] = defaultdict(list)
    for node in program.graph.nodes:
        if node.target is not torch.ops.aten.cat.default:
            continue
        parts, *axis = node.args
        former = earlier[parts[0], *axis]
        former.append(([*parts], node))
        for operands, result in reversed(former[:-1]):
            count = len(operands)
            if count < len(parts) and parts[:count] == operands:
                node.update_arg(0, [result, *parts[count:]])
                break
    program.graph_module.recompile()
