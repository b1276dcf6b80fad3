"""How a stage runs: one small function per way of keeping its outputs."""

from __future__ import annotations

from collections.abc import Callable

from archdsl.emit.literal import literal
from archdsl.emit.module import FUNCTIONS
from archdsl.emit.writer import Writer
from archdsl.passes.program import drops_path
from archdsl.passes.stages import StageClass
from archdsl.vocabulary.aggregations import Running


def forward_chain(out: Writer, made: StageClass) -> None:
    """Nothing is kept: one output goes into the next layer."""
    with out.block("for layer in self.layers:"):
        out.line("x = layer(x)")
    out.line("return x")


def forward_running(out: Writer, made: StageClass) -> None:
    """The aggregate so far is kept."""
    layers = _first(out, made)
    if made.projected:
        out.line(f"x = {added(made, 'shortcut', 'y')}")
    with out.block(f"for layer in {layers}:"):
        if made.leaves == "last":
            out.line("y = layer(x)")
            out.line(f"x = {added(made, 'x', 'y')}")
        else:
            out.line(f"x = {added(made, 'x', 'layer(x)')}")
    out.line("return y" if made.leaves == "last" else "return x")


def added(made: StageClass, total: str, newest: str) -> str:
    """The next aggregate."""
    operator = made.operator
    if isinstance(operator, Running):
        return f"{FUNCTIONS[operator.activation]}({total} + {newest})"
    if operator.kind == "sum":
        return f"{total} + {newest}"
    return f"{operator.join.__name__}([{total}, {newest}])"  # type: ignore[union-attr]


def forward_buffer(out: Writer, made: StageClass) -> None:
    """Outputs stand side by side in one buffer."""
    layers = _first(out, made)
    out.line(f"outputs = ConcatBuffer({'shortcut' if made.projected else 'x'}, self.channels)")
    if made.projected:
        out.line("outputs.append(y)")
    with out.block(f"for layer, reads in zip({layers}, self.reads, strict=True):"):
        out.line("outputs.append(layer(outputs.read(reads)))")
    out.line("return outputs.read(self.exit)")


def forward_list(out: Writer, made: StageClass) -> None:
    """Outputs are kept each on its own."""
    layers = _first(out, made)
    out.line(f"outputs = [{'shortcut, y' if made.projected else 'x'}]")
    if made.shares:
        out.line("joins: dict[tuple[int, ...], Tensor] = {}")
    with out.block(f"for layer, reads in zip({layers}, self.reads, strict=True):"):
        out.line(f"outputs.append(layer({joined(made, 'reads')}))")
    out.line(f"return {joined(made, 'self.exit')}")


def joined(made: StageClass, reads: str) -> str:
    """The aggregate of the outputs at some places."""
    if made.shares:
        path = "path, " if drops_path(made) else ""
        return f"self.join({path}outputs, joins, {reads})"
    return one_join(made, reads)


def one_join(made: StageClass, reads: str) -> str:
    """The aggregate itself, made anew."""
    outputs = f"[outputs[source] for source in {reads}]"
    if drops_path(made):
        return f"path.mean({outputs}, {literal(made.operator.drop_path)})"  # type: ignore[attr-defined]
    return f"{made.operator.join.__name__}({outputs})"  # type: ignore[union-attr]


def shared_join(out: Writer, made: StageClass) -> None:
    """A method that makes an aggregate once, however many layers read it."""
    out.line("def join(")
    out.depth += 1
    out.line("self,")
    if drops_path(made):
        out.line('path: "DropPath",')
    out.line("outputs: list[Tensor],")
    out.line("joins: dict[tuple[int, ...], Tensor],")
    out.line("reads: list[int] | range,")
    out.depth -= 1
    with out.block(") -> Tensor:"):
        out.line("key = tuple(reads)")
        with out.block("if key not in joins:"):
            out.line(f"joins[key] = {one_join(made, 'reads')}")
        out.line("return joins[key]")


def deepest(out: Writer) -> None:
    """A method for the deepest column alone: the first of every join, back from the exit."""
    with out.block("def deepest(self, x: Tensor) -> Tensor:"):
        out.line('"""The deepest column alone, as FractalNet is run when it is cut down."""')
        out.line("source, column = self.exit[0], []")
        with out.block("while source:"):
            out.line("column.append(self.layers[source - 1])")
            out.line("source = self.reads[source - 1][0]")
        with out.block("for layer in reversed(column):"):
            out.line("x = layer(x)")
        out.line("return x")


def _first(out: Writer, made: StageClass) -> str:
    """The first layer of a projected stage gives two outputs."""
    if not made.projected:
        return "self.layers"
    out.line("first, *rest = self.layers")
    out.line("shortcut, y = first(x)")
    return "rest"


FORWARDS: dict[str, Callable[[Writer, StageClass], None]] = {
    "chain": forward_chain,
    "running": forward_running,
    "buffer": forward_buffer,
    "list": forward_list,
}
