"""What every layer and the exit of a stage read, as it is written in the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.stages import StageClass
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule

LONG_LIST = 32


def layers_less(stage: StageClass, taken: int) -> str:
    """Return an expression for the number of layers after the first few: `layers - 1`.

    Args:
        stage: the stage, whose number of layers is a literal or an argument of the constructor.
        taken: how many layers are left out; -1 for one more, which stands for the exit.
    """
    count = stage.layers
    if count.number is not None:
        return str(count.number - taken)
    sign = "-" if taken > 0 else "+"
    return words.term(count) + (f" {sign} {abs(taken)}" if taken else "")


def reads(out: Writer, stage: StageClass) -> None:
    """Print what every layer and the exit read. The layer after the last stands for the exit.

    Args:
        out: where to print, inside `__init__`.
        stage: the stage; rules without a function in the file are printed as lists.
    """
    first = 2 if stage.projected else 1
    after = layers_less(stage, -1)
    if stage.rule.source() is None:
        layers = range(first, stage.depths[0] + 1)
        rows = [list(stage.operator.order(stage.rule.reads(layer))) for layer in layers]
        out.call("self.reads = [", [literal(row) for row in rows], "]")
    else:
        for name, value in long_arguments(stage):
            out.call(f"{name} = (", [literal(item) for item in value])
        generated = ordered(stage.operator, stage.rule, rule(stage, "layer"))
        generated += f" for layer in range({first}, {after})"
        if 4 * out.depth + len(f"self.reads = [{generated}]") <= WIDTH:
            out.line(f"self.reads = [{generated}]")
        else:
            out.line("self.reads = [")
            out.generator(generated)
            out.line("]")
    out.line(f"self.exit = {ordered(stage.exit_operator, stage.exit_rule, leaving(stage, after))}")


def ordered(operator: Aggregation, rule: Rule, reads: str) -> str:
    """Return an expression for reads in the order in which an aggregation joins them.

    Args:
        operator: the aggregation.
        rule: the rule of the reads.
        reads: an expression for the reads in the order of the rule.
    """
    return f"sorted({reads})" if operator.folds and not rule.reads_one else reads


def rule(stage: StageClass, layer: str) -> str:
    """Return an expression for what a layer reads: `exponential(layer, 2)`.

    Args:
        stage: the stage.
        layer: an expression for the number of the layer.
    """
    return call_of(stage.rule, layer, dict(long_arguments(stage)))


def call_of(rule: Rule, layer: str, long: Mapping[str, object]) -> str:
    """Return a call of a rule's function.

    Args:
        rule: a rule with a function.
        layer: an expression for the number of the layer.
        long: the arguments that are variables of the constructor, by their names.
    """
    names = {value: name for name, value in long.items()}
    arguments = [names.get(value) or literal(value) for value in rule.arguments()]
    function = rule.sources.__name__  # type: ignore[union-attr]
    return f"{function}({', '.join([layer, *arguments])}){'[::-1]' if rule.reverses else ''}"


def long_arguments(stage: StageClass) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the lists of a rule that are too long for a call, by the function's own names."""
    if stage.rule.sources is None:
        return
    names = list(inspect.signature(stage.rule.sources).parameters)[1:]
    for name, value in zip(names, stage.rule.arguments(), strict=False):
        if isinstance(value, tuple) and len(literal(value)) > LONG_LIST:
            yield name, value


def leaving(stage: StageClass, after: str) -> str:
    """Return an expression for the outputs that leave the stage.

    Args:
        stage: the stage.
        after: an expression for the number of layers plus one.
    """
    match stage.exit_form:
        case "last":
            return f"[{layers_less(stage, 0)}]"
        case "all":
            return f"range({after})"
        case "made":
            return f"range(1, {after})"
        case "grown":
            last = layers_less(stage, 0)
            return f"[*{call_of(stage.rule, last, dict(long_arguments(stage)))}, {last}]"
        case "newest-first":
            return f"range({layers_less(stage, 0)}, -1, -1)"
        case "listed":
            return literal(list(stage.exit_rule.exit_reads(stage.depths[0])))
    return call_of(stage.exit_rule, after, dict(long_arguments(stage)))
