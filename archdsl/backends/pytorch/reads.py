"""What every layer and the exit of a stage read, as it is written in the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.stages import StageClass
from archdsl.language.rule import Rule

LONG_LIST = 32


def layers_less(made: StageClass, taken: int) -> str:
    """The number of layers after the first few, or up to one more."""
    count = made.layers
    if count.number is not None:
        return str(count.number - taken)
    sign = "-" if taken > 0 else "+"
    return words.term(count) + (f" {sign} {abs(taken)}" if taken else "")


def reads(out: Writer, made: StageClass) -> None:
    """What every layer and the exit read. The layer after the last stands for the exit."""
    first = 2 if made.projected else 1
    after = layers_less(made, -1)
    if made.rule.source() is None:
        rows = [list(made.rule.reads(layer)) for layer in range(first, made.depths[0] + 1)]
        out.call("self.reads = [", [literal(row) for row in rows], "]")
    else:
        for name, value in long_arguments(made):
            out.call(f"{name} = (", [literal(item) for item in value])
        generated = f"{rule(made, 'layer')} for layer in range({first}, {after})"
        if 4 * out.depth + len(f"self.reads = [{generated}]") <= WIDTH:
            out.line(f"self.reads = [{generated}]")
        else:
            out.line("self.reads = [")
            out.generator(generated)
            out.line("]")
    out.line(f"self.exit = {leaving(made, after)}")


def rule(made: StageClass, layer: str) -> str:
    """`exponential(layer, 2)`."""
    return call_of(made.rule, layer, dict(long_arguments(made)))


def call_of(rule: Rule, layer: str, long: Mapping[str, object]) -> str:
    """A call of a rule's function; `long` are arguments that are variables, by their names."""
    names = {value: name for name, value in long.items()}
    given = [names.get(value) or literal(value) for value in rule.arguments()]
    function = rule.sources.__name__  # type: ignore[union-attr]
    return f"{function}({', '.join([layer, *given])}){'[::-1]' if rule.reverses else ''}"


def long_arguments(made: StageClass) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Lists that a rule is given and that are too long for a call, by the function's own names."""
    if made.rule.sources is None:
        return
    names = list(inspect.signature(made.rule.sources).parameters)[1:]
    for name, value in zip(names, made.rule.arguments(), strict=False):
        if isinstance(value, tuple) and len(literal(value)) > LONG_LIST:
            yield name, value


def leaving(made: StageClass, after: str) -> str:
    """The outputs that leave."""
    match made.exit_form:
        case "last":
            return f"[{layers_less(made, 0)}]"
        case "all":
            return f"range({after})"
        case "made":
            return f"range(1, {after})"
        case "grown":
            last = layers_less(made, 0)
            return f"[*{call_of(made.rule, last, dict(long_arguments(made)))}, {last}]"
        case "newest-first":
            return f"range({layers_less(made, 0)}, -1, -1)"
        case "listed":
            return literal(list(made.exit_rule.exit_reads(made.depths[0])))
    return call_of(made.exit_rule, after, dict(long_arguments(made)))
