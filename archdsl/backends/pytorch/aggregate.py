"""Expressions for the aggregate of outputs, as blocks write them."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.pytorch.literal import literal
from archdsl.ir.layers.activation import FUNCTIONS
from archdsl.language.aggregation import Aggregation


def listed(operator: Aggregation, sources: str, module: str = "") -> str:
    """Return an expression for the aggregate of the outputs at some positions of a list.

    Args:
        operator: the aggregation.
        sources: an expression for the positions, such as `reads`.
        module: the module that holds the weights of the aggregation; empty if it has none.
    """
    return of_list(operator, f"[outputs[source] for source in {sources}]", module)


def of_list(operator: Aggregation, outputs: str, module: str = "") -> str:
    """Return an expression for the aggregate of a list of tensors; of one tensor it is that tensor.

    >>> from archdsl.language.aggregations import Concat
    >>> of_list(Concat(kind="concat"), "outputs"), of_list(Concat(kind="concat"), "outputs", "join")
    ('torch.cat(outputs, dim=1)', 'join(outputs)')

    Args:
        operator: the aggregation.
        outputs: an expression for the list.
        module: the module that holds the weights of the aggregation; empty if it has none.
    """
    if module:
        return f"{module}({outputs})"
    if operator.concatenates:
        return f"torch.cat({outputs}, dim=1)"
    numbers = "".join(f", {literal(number)}" for number in operator.arguments())
    name = operator.join.__name__ if operator.join else ""
    return f"{name}({outputs}{numbers})"


def join(operator: Aggregation, outputs: Sequence[str]) -> str:
    """Return an expression for the aggregate of outputs.

    >>> from archdsl.language.aggregations import Concat, Sum
    >>> join(Sum(kind="sum"), ["x", "y1"]), join(Concat(kind="concat"), ["x", "y1"])
    ('x + y1', 'torch.cat([x, y1], dim=1)')

    Args:
        operator: an aggregation without weights.
        outputs: an expression for each tensor, in the order of the reads.
    """
    if len(outputs) == 1:
        return outputs[0]
    then = operator.then()
    if operator.running and operator.adds:
        added = " + ".join(outputs)
        return f"{FUNCTIONS[then]}({added})" if then else added
    if operator.infix:
        return f" {operator.infix} ".join(outputs)
    if operator.concatenates:
        return f"torch.cat([{', '.join(outputs)}], dim=1)"
    return of_list(operator, f"[{', '.join(outputs)}]")
