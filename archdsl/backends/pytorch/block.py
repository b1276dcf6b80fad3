"""Print the class of a block: straight statements, or a loop over many parts."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.pytorch import fold, module_lists, words
from archdsl.backends.pytorch.aggregate import join, listed, of_list
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.module import LONGEST, assign, signature, statements, summed_up
from archdsl.backends.pytorch.module_lists import grouped
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.block_joins import JoinModule
from archdsl.codegen.blocks import BlockClass, Part
from archdsl.codegen.growing import STRAIGHT, Growing
from archdsl.counted import counted
from archdsl.ir.ops import Weighted
from archdsl.language.aggregation import Aggregation

SUMMARIES = {
    "residual": "The sum of the input and the output of the layers.",
    "gate": "The product of the input and the output of the layers.",
}


def block_class(out: Writer, block: BlockClass) -> None:
    """Print the class of a block.

    Args:
        out: where to print.
        block: the class; one without weights has no constructor.
    """
    with out.block(f"class {block.name}(nn.Module):"):
        docstring(out, block)
        out.blank()
        if (
            block.parameters
            or block.parts
            or block.growing
            or block.exit_join
            or any(isinstance(x.layer, Weighted) for x in block.layers)
        ):
            constructor(out, block)
            out.blank()
        with out.block("def forward(self, x: Tensor) -> Tensor:"):
            flat(out, block) if block.block.flat else forward(out, block)
        if block.folds:
            out.blank()
            _fold_method(out, block)


def docstring(out: Writer, block: BlockClass) -> None:
    """Print what the block computes.

    Args:
        out: where to print.
        block: the class, whose layers or parts are summed up.
    """
    ir = block.block
    if ir.flat:
        text = words.chain(block.layers)
        summary = SUMMARIES.get(ir.word)
        out.docstring(*((summary, text) if summary else summed_up(text, block.layers)))
    else:
        branches = all(reads == (0,) for reads in ir.reads)
        number, verb = len(ir.parts), "reads" if len(ir.parts) == 1 else "read"
        parts = f"{counted(number, 'part')} that {verb} earlier outputs"
        if branches:
            parts = f"{counted(number, 'branch', 'branches')} that {verb} the input"
        parts = "Parts that read all outputs before them" if block.growing else parts
        joined = (ir.exit_operator if branches else ir.operator).says()
        more = [f"The outputs that leave are {ir.joining.says()}."] if ir.joining else []
        if len(f"{parts}, {joined}.") > LONGEST:
            parts, more = f"{parts}.", [f"They are {joined}.", *more]
        else:
            parts = f"{parts}, {joined}."
        out.docstring(parts, *([] if branches else more))


def constructor(out: Writer, block: BlockClass) -> None:
    """Print `__init__`: a line for each layer, or the list of parts.

    Args:
        out: where to print.
        block: the class. Arguments that only `forward` reads become attributes.
    """
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
        if block.growing:
            _growing(out, block.growing)
        if block.parts:
            module_lists.listed(out, "layers", grouped(map(_part, block.parts)))
        if block.joins:
            module_lists.listed(out, "joins", grouped(map(_join_module, block.joins)))
        if block.exit_join:
            out.line(f"self.exit_join = {_join_module(block.exit_join)}")


def _growing(out: Writer, parts: Growing) -> None:
    start, step, count = map(words.term, (parts.start, parts.step, parts.count))
    part = f"{parts.class_name}({start} + {step} * position)"
    module_lists.generated(out, "layers", f"{part} for position in range({count})")


def _part(part: Part) -> str:
    return f"{part.class_name}({', '.join(map(words.term, part.arguments))})"


def _join_module(join: JoinModule) -> str:
    if not join.sources:
        return "nn.Identity()"
    arguments = [] if join.module.operator.folds else [str(join.sources)]
    arguments += [words.term(join.channels)] if join.module.channels and join.channels else []
    arguments += [str(join.newest)] if join.module.newest else []
    return f"{join.module.name}({', '.join(arguments)})"


def flat(out: Writer, block: BlockClass) -> None:
    """Print the statements of a block that joins its input with the output of its layers.

    Args:
        out: where to print.
        block: a class whose block is flat.
    """
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
    """Print the body of `forward`: parts one after another, or a loop over them.

    Args:
        out: where to print.
        block: a class with parts.
    """
    ir = block.block
    if ir.operator.running:
        _running(out, block)
        return
    if block.folds:
        _folds(out, block)
        return
    if not block.straight:
        _loop(out, block)
        return
    for place, reads in enumerate(ir.reads):
        module = f"self.joins[{place}]" if block.joins else ""
        source = _source(ir.operator, reads, module)
        read = any(place + 1 in sources for sources in (*ir.reads, ir.exit))
        out.call(f"{f'y{place + 1} = ' if read else ''}self.layers[{place}](", [source])
    module = "self.exit_join" if block.exit_join else ""
    out.line(f"return {_source(ir.exit_operator, ir.exit, module)}")


def _source(operator: Aggregation, reads: Sequence[int], module: str) -> str:
    """Return what a part or the exit reads; `module` joins it if its aggregation has weights."""
    outputs = [f"y{read}" if read else "x" for read in reads]
    if module and len(outputs) > 1:
        return f"{module}([{', '.join(outputs)}])"
    return join(operator, outputs)


def _folds(out: Writer, block: BlockClass) -> None:
    """Print a body in which each part reads a state of the outputs that it reads."""
    ir = block.block
    out.line("outputs = [x]")
    out.call("reads = [", [literal(list(reads)) for reads in ir.reads], "]")
    with out.block("for layer, sources in zip(self.layers, reads, strict=True):"):
        out.line("outputs.append(layer(self.join(outputs, sources)))")
    if ir.exit_operator.folds:
        out.line(f"return self.join(outputs, {literal(list(ir.exit))})")
    elif block.straight and not block.exit_join:
        outputs = [f"outputs[{source}]" for source in ir.exit]
        out.line(f"return {join(ir.exit_operator, outputs)}")
    else:
        _leave(out, block)


def _fold_method(out: Writer, block: BlockClass) -> None:
    """Print the method `join` of a block whose parts each fold what they read."""
    operator = block.block.operator
    step = fold.STEP if block.joins else of_list(operator, fold.PAIR)
    reads_one = operator.weights() and not block.joins
    fold.method(out, operator, None if reads_one else lambda: out.line(f"state = {step}"))


def _running(out: Writer, block: BlockClass) -> None:
    """Print a body in which `x` is the aggregate so far, and each part adds its output to it."""
    ir = block.block
    last = len(ir.exit) == 1  # the output of the last part leaves, not the aggregate
    count = len(ir.parts)
    if count <= STRAIGHT:
        for place in range(count):
            module = f"self.joins[{place}]" if block.joins else ""
            output = f"self.layers[{place}](x)"
            final = place == count - 1
            added = output if last and final else _added(ir.operator, output, module)
            out.line(f"return {added}" if final else f"x = {added}")
        return
    if last:
        out.line("*layers, last = self.layers")
    layers = "layers" if last else "self.layers"
    if block.joins:
        with out.block(f"for layer, join in zip({layers}, self.joins, strict=True):"):
            out.line(f"x = {_added(ir.operator, 'layer(x)', 'join')}")
    else:
        with out.block(f"for layer in {layers}:"):
            out.line(f"x = {_added(ir.operator, 'layer(x)', '')}")
    out.line("return last(x)" if last else "return x")


def _added(operator: Aggregation, output: str, module: str) -> str:
    """Return an expression for the aggregate so far, joined with an output."""
    return f"{module}([x, {output}])" if module else join(operator, ["x", output])


def _loop(out: Writer, block: BlockClass) -> None:
    ir = block.block
    out.line("outputs = [x]")
    # A function of the file in the place of `torch.cat`, which copies a single output.
    function = ir.operator.join.__name__ if block.spares_copies and ir.operator.join else ""
    if block.chained:
        with out.block("for layer in self.layers:"):
            out.line("outputs.append(layer(outputs[-1]))")
    elif ir.whole and not block.joins:
        with out.block("for layer in self.layers:"):
            out.line(f"outputs.append(layer({of_list(ir.operator, 'outputs', function)}))")
    else:
        out.call("reads = [", [literal(list(reads)) for reads in ir.reads], "]")
        names = ("layer, join, sources", "self.layers, self.joins")
        names = names if block.joins else ("layer, sources", "self.layers")
        with out.block(f"for {names[0]} in zip({names[1]}, reads, strict=True):"):
            module = "join" if block.joins else function
            out.line(f"outputs.append(layer({listed(ir.operator, 'sources', module)}))")
    _leave(out, block)


def _leave(out: Writer, block: BlockClass) -> None:
    """Print the `return` of a block that keeps its outputs in a list."""
    ir, module = block.block, "self.exit_join" if block.exit_join else ""
    if len(ir.exit) == 1:
        out.line(f"return outputs[{ir.exit[0]}]")
    elif ir.exit == tuple(range(len(ir.parts) + 1)):
        out.line(f"return {of_list(ir.exit_operator, 'outputs', module)}")
    elif ir.exit == tuple(range(1, len(ir.parts) + 1)):
        out.line(f"return {of_list(ir.exit_operator, 'outputs[1:]', module)}")
    else:
        out.line(f"return {listed(ir.exit_operator, literal(list(ir.exit)), module)}")
