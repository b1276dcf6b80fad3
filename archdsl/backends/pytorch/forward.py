"""How a stage runs: one small function per way of keeping its outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from archdsl.backends.pytorch import carry, fold, words
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.stages import StageClass
from archdsl.ir.layers.activation import FUNCTIONS
from archdsl.language.aggregation import Aggregation

READ = "[outputs[source] for source in reads]"


def _chain(out: Writer, stage: StageClass) -> None:
    """Print the loop of a stage in which each layer reads only the output before it."""
    _first(out, stage)
    with out.block("for layer in self.layers:"):
        out.line("x = layer(x)")
    out.line("return x")


def _running(out: Writer, stage: StageClass) -> None:
    """Print the loop of a stage that keeps the aggregate so far."""
    layers = _first(out, stage)
    joins = "self.joins" if stage.join else ""
    if stage.projected and joins:
        out.line("first_join, *joins = self.joins")
        out.line("x = first_join([shortcut, y])")
        joins = "joins"
    elif stage.projected:
        add(out, stage, "shortcut", "y")
    if joins:
        with out.block(f"for layer, join in zip({layers}, {joins}, strict=True):"):
            out.line("x = join([x, layer(x)])")
        out.line("return x")
        return
    with out.block(f"for layer in {layers}:"):
        if stage.leaves == "last":
            out.line("y = layer(x)")
            add(out, stage, "x", "y")
        else:
            add(out, stage, "x", "layer(x)")
    out.line("return y" if stage.leaves == "last" else "return x")


def add(out: Writer, stage: StageClass, total: str, newest: str) -> None:
    """Assign the next aggregate to `x`.

    Args:
        out: where to print.
        stage: a stage that keeps the aggregate so far.
        total: an expression for the aggregate so far.
        newest: an expression for the output to join with it.
    """
    operator, then = stage.operator, stage.operator.then()
    if not operator.adds:
        call(out, "x = ", stage, f"[{total}, {newest}]")
    elif then is None:
        out.line(f"x = {total} + {newest}")
    else:
        out.line(f"x = {FUNCTIONS[then]}({total} + {newest})")


def call(
    out: Writer, before: str, stage: StageClass, outputs: str, operator: Aggregation | None = None
) -> None:
    """Print a statement that calls the operator's function: `return scaled([x, y], 0.5)`.

    Args:
        out: where to print.
        before: text before the call, such as `return `.
        stage: the stage; numbers of its operator that vary between stages are read from `self`.
        outputs: an expression for the list of tensors.
        operator: the aggregation; that of the stage if None.
    """
    operator = operator or stage.operator
    name = operator.join.__name__  # type: ignore[union-attr]
    numbers = [
        words.term(replace(term, parameter=f"self.{term.parameter}"))
        if term.parameter
        else literal(term.number)
        for term in (stage.numbers if operator == stage.operator else ())
    ]
    out.call(f"{before}{name}(", [outputs, *(numbers or map(literal, operator.arguments()))])


def _buffer(out: Writer, stage: StageClass) -> None:
    """Print the loop of a stage whose outputs share one buffer."""
    layers = _first(out, stage)
    out.line(f"outputs = ConcatBuffer({'shortcut' if stage.projected else 'x'}, self.channels)")
    if stage.projected:
        out.line("outputs.append(y)")
    with out.block(f"for layer, reads in zip({layers}, self.reads, strict=True):"):
        out.line("outputs.append(layer(outputs.read(reads)))")
    out.line("return outputs.read(self.exit)")


def _list(out: Writer, stage: StageClass) -> None:
    """Print the loop of a stage that keeps its outputs in a list."""
    layers = _first(out, stage)
    out.line(f"outputs = [{'shortcut, y' if stage.projected else 'x'}]")
    modules = stage.join and stage.join.module and not stage.operator.folds
    if stage.shares and not modules:
        join_function(out, stage)
    names, each = ("layer, join", f"{layers}, self.joins") if modules else ("layer", layers)
    with out.block(f"for {names}, reads in zip({each}, self.reads, strict=True):"):
        if stage.carrying:
            carry.cross(out, clears=stage.shares and not modules)
        if modules:
            out.line("outputs.append(layer(join([outputs[source] for source in reads])))")
        else:
            out.line(f"outputs.append(layer({joined(stage, 'reads')}))")
    _exit(out, stage)


def _exit(out: Writer, stage: StageClass) -> None:
    """Print the `return` of a stage that keeps its outputs in a list."""
    outputs, operator = "[outputs[source] for source in self.exit]", stage.exit_operator
    if stage.join and stage.join.exit_module:
        out.line(f"return self.exit_join({outputs})")
    elif operator == stage.operator:
        out.line(f"return {joined(stage, 'self.exit')}")
    else:
        if operator.operation is None:  # the functions of archdsl return a single output as it is
            with out.block("if len(self.exit) == 1:"):
                out.line("return outputs[self.exit[0]]")
        aggregate(out, "return ", stage, operator, outputs)


def joined(stage: StageClass, reads: str) -> str:
    """Return an expression for the aggregate of the outputs at some positions.

    Args:
        stage: a stage that keeps its outputs in a list.
        reads: an expression for the positions, such as `reads`.
    """
    if stage.shares:
        return f"join({reads})"
    if has_join(stage):
        return f"self.join(outputs, {reads})"
    outputs = f"[outputs[source] for source in {reads}]"
    if drops(stage):
        return f"path.mean({outputs}, {literal(stage.operator.dropped())})"
    return f"{stage.operator.join.__name__}({outputs})"  # type: ignore[union-attr]


def has_join(stage: StageClass) -> bool:
    """Return whether a stage has a method `join`: an aggregation that is not archdsl's own.

    The functions of archdsl return a single output as it is; one from elsewhere need not.
    """
    if stage.operator.folds:
        return True
    own = stage.strategy == "list" and not (stage.join and stage.join.module)
    return own and not stage.shares and stage.operator.operation is None


def join_method(out: Writer, stage: StageClass) -> None:
    """Print a method that computes an aggregate, or returns the one output that is read.

    Args:
        out: where to print.
        stage: a stage for which `has_join` is True.
    """
    if stage.operator.folds:
        _fold_method(out, stage)
        return
    with out.block("def join(self, outputs: list[Tensor], reads: list[int] | range) -> Tensor:"):
        _single(out)
        aggregate(out, "return ", stage, stage.operator, READ)


def _fold_method(out: Writer, stage: StageClass) -> None:
    """Print the method `join` of a stage whose readers each fold what they read."""
    operator = stage.operator
    if stage.join and stage.join.module:
        fold.method(out, operator, lambda: out.line(f"state = {fold.STEP}"))
    elif operator.weights():
        fold.method(out, operator, None)
    else:
        fold.method(out, operator, lambda: call(out, "state = ", stage, fold.PAIR))


def join_function(out: Writer, stage: StageClass) -> None:
    """Print a function inside `forward` that computes each aggregate once for all its readers.

    Args:
        out: where to print.
        stage: a stage in which several layers read the same outputs.
    """
    out.line("joins: dict[tuple[int, ...], Tensor] = {}")
    out.blank()
    # The annotation is quoted because Dynamo of torch 2.6 cannot evaluate it inside `forward`.
    with out.block('def join(reads: "list[int] | range") -> Tensor:'):
        if stage.operator.operation is None and not stage.operator.folds:
            _single(out)
        out.line("key = tuple(reads)")
        with out.block("if key not in joins:"):
            if stage.operator.folds:
                out.line("joins[key] = self.join(outputs, reads)")
            else:
                aggregate(out, "joins[key] = ", stage, stage.operator, READ)
        out.line("return joins[key]")
    out.blank()


def _single(out: Writer) -> None:
    with out.block("if len(reads) == 1:"):
        out.line("return outputs[reads[0]]")


def aggregate(
    out: Writer, before: str, stage: StageClass, operator: Aggregation, outputs: str
) -> None:
    """Print a statement that joins outputs: by the operator's function, or with drop-path.

    Args:
        out: where to print.
        before: text before the expression, such as `return `.
        stage: the stage.
        operator: the aggregation of its layers or of its exit.
        outputs: an expression for the list of tensors.
    """
    if operator.dropped() and stage.drops_path:
        out.line(f"{before}path.mean({outputs}, {literal(operator.dropped())})")
    else:
        call(out, before, stage, outputs, operator)


def drops(stage: StageClass) -> bool:
    """Return whether the aggregates that layers read leave outputs out while training."""
    return stage.drops_path and stage.operator.dropped() > 0


def deepest(out: Writer) -> None:
    """Print a method for the deepest column alone: the first of every join, back from the exit."""
    with out.block("def deepest(self, x: Tensor) -> Tensor:"):
        out.line('"""Run the deepest column alone, without joins."""')
        out.line("source, column = self.exit[0], []")
        with out.block("while source:"):
            out.line("column.append(self.layers[source - 1])")
            out.line("source = self.reads[source - 1][0]")
        with out.block("for layer in reversed(column):"):
            out.line("x = layer(x)")
        out.line("return x")


def _first(out: Writer, stage: StageClass) -> str:
    """Print what makes y_0, and the first layer where that is run apart; return the others."""
    if stage.entry and not stage.projected:
        out.line("x = self.entry(x)")
    if not stage.projected:
        return "self.layers"
    out.line("first, *rest = self.layers")
    out.line("shortcut, y = self.entry(x), first(x)" if stage.entry else "shortcut, y = first(x)")
    return "rest"


FORWARDS: dict[str, Callable[[Writer, StageClass], None]] = {
    "chain": _chain,
    "running": _running,
    "buffer": _buffer,
    "list": _list,
}
