"""Print the class of a block: straight statements, or a loop over many parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import groupby

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.module import assign, signature, statements
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.blocks import BlockClass, Part
from archdsl.ir.layers.activation import FUNCTIONS
from archdsl.ir.ops import Weighted
from archdsl.language.aggregation import Aggregation

SUMMARIES = {
    "residual": "The sum of the input and the output of the layers.",
    "gate": "The product of the input and the output of the layers.",
}


def block_class(out: Writer, block: BlockClass) -> None:
    """Print a class."""
    with out.block(f"class {block.name}(nn.Module):"):
        docstring(out, block)
        out.blank()
        if (
            block.parameters
            or block.parts
            or any(isinstance(x.layer, Weighted) for x in block.layers)
        ):
            constructor(out, block)
            out.blank()
        with out.block("def forward(self, x: Tensor) -> Tensor:"):
            flat(out, block) if block.block.flat else forward(out, block)


def docstring(out: Writer, block: BlockClass) -> None:
    """What the block computes."""
    ir = block.block
    if ir.flat:
        text = words.chain(block.layers)
        out.docstring(*((SUMMARIES[ir.word], text) if ir.word in SUMMARIES else (text,)))
    elif all(reads == (0,) for reads in ir.reads):
        out.docstring(f"{len(ir.parts)} branches that read the input, {ir.operator.says()}.")
    else:
        out.docstring(f"{len(ir.parts)} parts that read earlier outputs, {ir.operator.says()}.")


def constructor(out: Writer, block: BlockClass) -> None:
    """`__init__`: a line for each layer, or the list of parts."""
    with out.constructor(signature(block.parameters)):
        out.line("super().__init__()")
        used: set[str] = set()
        for template in block.layers:
            if isinstance(template.layer, Weighted):
                assign(out, template)
            else:
                used |= {term.parameter for term in template.terms.values() if term.parameter}
        for name in sorted(used):
            out.line(f"self.{name} = {name}")
        if block.parts:
            items = [item for _, same in groupby(block.parts) for item in _items(list(same))]
            before = "self.layers = nn.ModuleList("
            listed = f"[{', '.join(items)}]"
            if 4 * out.depth + len(before) + len(listed) + 1 <= WIDTH:
                out.line(f"{before}{listed})")
                return
            out.line(before)
            out.depth += 1
            out.call("[", items, "]")
            out.depth -= 1
            out.line(")")


def _items(same: Sequence[Part]) -> list[str]:
    """Parts that are built alike: `A(8), A(8)`, or `*(A(8) for _ in range(5))`."""
    part = same[0]
    call = f"{part.class_name}({', '.join(map(words.term, part.arguments))})"
    return [f"*({call} for _ in range({len(same)}))"] if len(same) > 2 else [call] * len(same)


def flat(out: Writer, block: BlockClass) -> None:
    """Print the statements of a block that joins its input with the output of its layers."""
    joins = len(block.block.exit) > 1
    target = "y" if joins else "x"
    *earlier, last = statements(block.layers, target=target)
    for statement in earlier:
        out.line(f"{target} = {statement}")
    joined = join(block.block.operator, ["x", last]) if joins else last
    if joins and 4 * out.depth + len(f"return {joined}") > WIDTH:
        out.line(f"y = {last}")
        joined = join(block.block.operator, ["x", "y"])
    out.line(f"return {joined}")


def forward(out: Writer, block: BlockClass) -> None:
    """Parts one after another."""
    ir = block.block
    if not block.straight:
        _loop(out, block)
        return
    for place, reads in enumerate(ir.reads):
        source = join(ir.operator, [_output(read) for read in reads])
        out.call(f"y{place + 1} = self.layers[{place}](", [source])
    out.line(f"return {join(ir.operator, [_output(read) for read in ir.exit])}")


def _output(index: int) -> str:
    return f"y{index}" if index else "x"


def _loop(out: Writer, block: BlockClass) -> None:
    ir = block.block
    out.line("outputs = [x]")
    if block.chained:
        with out.block("for layer in self.layers:"):
            out.line("outputs.append(layer(outputs[-1]))")
    else:
        out.call("reads = [", [literal(list(reads)) for reads in ir.reads], "]")
        with out.block("for layer, sources in zip(self.layers, reads, strict=True):"):
            out.line(f"outputs.append(layer({_listed(ir.operator, 'sources')}))")
    whole = ir.exit == tuple(range(len(ir.parts) + 1))
    if whole and not ir.operator.running:
        out.line(f"return {_of_list(ir.operator, 'outputs')}")
    elif len(ir.exit) == 1:
        out.line(f"return outputs[{ir.exit[0]}]")
    else:
        out.line(f"return {_listed(ir.operator, literal(list(ir.exit)))}")


def _listed(operator: Aggregation, sources: str) -> str:
    return _of_list(operator, f"[outputs[source] for source in {sources}]")


def _of_list(operator: Aggregation, outputs: str) -> str:
    """The aggregate of a list of tensors; of one tensor it is that tensor."""
    if operator.concatenates:
        return f"torch.cat({outputs}, dim=1)"
    numbers = "".join(f", {literal(number)}" for number in operator.arguments())
    name = operator.join.__name__ if operator.join else ""
    return f"{name}({outputs}{numbers})"


def join(operator: Aggregation, outputs: Sequence[str]) -> str:
    """An expression for the aggregate of outputs.

    >>> from archdsl.language.aggregations import Concat, Sum
    >>> join(Sum(kind="sum"), ["x", "y1"]), join(Concat(kind="concat"), ["x", "y1"])
    ('x + y1', 'torch.cat([x, y1], dim=1)')
    """
    if len(outputs) == 1:
        return outputs[0]
    then = operator.then()
    if operator.running and operator.adds:
        function = FUNCTIONS[then] if then else ""
        return reduce(lambda total, newest: f"{function}({total} + {newest})", outputs)
    if operator.running:
        return reduce(lambda total, newest: _of_list(operator, f"[{total}, {newest}]"), outputs)
    if operator.infix:
        return f" {operator.infix} ".join(outputs)
    if operator.concatenates:
        return f"torch.cat([{', '.join(outputs)}], dim=1)"
    return _of_list(operator, f"[{', '.join(outputs)}]")
