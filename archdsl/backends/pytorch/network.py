"""The class of the whole network: its parts, its forward with shapes, its initialisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archdsl.backends.pytorch import backbone, efficient, module_lists
from archdsl.backends.pytorch.module import LONGEST
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.program import Call, Program, cuts_down
from archdsl.ir.ops import Shape
from archdsl.ir.shapes import show

CHOSEN = ("num_classes", "in_channels")


More = Callable[[Writer, Program], None]


def network(out: Writer, program: Program, described: str = "", more: More | None = None) -> None:
    """Print the network's class.

    Args:
        out: where to print.
        program: the program of the file.
        described: a sentence on the network for the docstring; empty if the spec has none.
        more: prints further methods, after a blank line.
    """
    graph = program.graph
    base = "Backbone" if program.backbone else "nn.Module"
    with out.block(f"class {program.class_name}({base}):"):
        first, last = (program.shapes[name] for name in (graph.input.name, graph.output))
        shapes = f"From {shape(first)} to {shape(last)}."
        line = f"{described} {shapes}".strip()
        out.docstring(*([line] if len(line) <= LONGEST else [described, shapes]))
        out.blank()
        if program.backbone:
            backbone.attributes(out, program.backbone)
        with out.constructor(["self", *choices(program)]):
            out.line("super().__init__()")
            for text in parts(program):
                out.line(text)
            several(out, "stages", [stage_call(program, i) for i in range(len(graph.stages))])
            if any(graph.between):
                calls = [part_call(program, gap) for gap in graph.between if gap]
                several(out, "between", calls)
            if graph.head:
                out.line(f"self.head = {part_call(program, graph.head)}")
            if program.training:
                efficient.switch(out, program)
            initialise(out, program)
        out.blank()
        forward(out, program)
        if program.cuts_down:
            out.blank()
            deepest(out, program)
        if more is not None:
            out.blank()
            more(out, program)


def forward(out: Writer, program: Program) -> None:
    """Print the forward pass, which in a backbone has two halves.

    Args:
        out: where to print, inside the class.
        program: the program of the file.
    """
    with out.block("def forward(self, x: Tensor) -> Tensor:"):
        if program.backbone:
            out.line("return self.forward_head(self.forward_features(x))")
        else:
            if program.columns:
                out.line(f"path = DropPath({program.columns}, self.training, x)")
            body(out, [(text_of(program, call), call.after) for call in program.calls])
    if program.backbone:
        out.blank()
        backbone.methods(out, program, program.backbone)


def body(out: Writer, calls: Sequence[tuple[str, Shape]]) -> None:
    """Print one statement per part, with the shape of its result as a comment.

    Args:
        out: where to print, inside `forward`.
        calls: an expression for each part, and the shape of its result without the batch.
    """
    *earlier, last = calls
    for text, result in earlier:
        out.line(f"x = {text}  # {shape(result)}")
    out.line(f"return {last[0]}  # {shape(last[1])}")


def text_of(program: Program, call: Call) -> str:
    """Return an expression that runs a part: `self.stages[0](x)`.

    A stage with drop-path also gets `path`, which says what is kept in this forward pass.

    Args:
        program: the program of the file.
        call: the part.
    """
    dropping = call.stage is not None and program.stages.used[call.stage][0].drops_path
    return f"{part_of(call)}({'x, path' if dropping else 'x'})"


def part_of(call: Call) -> str:
    """Return the attribute of a part: `self.stages[0]`."""
    name, _, index = call.target.partition(".")
    return f"self.{name}[{index}]" if index else f"self.{name}"


def deepest(out: Writer, program: Program) -> None:
    """Print the method that runs the deepest column of every fractal stage alone.

    Args:
        out: where to print.
        program: a program with at least one stage that has a method `deepest`.
    """
    with out.block("def deepest(self, x: Tensor) -> Tensor:"):
        out.line('"""Run the deepest column of every stage alone: a plain network."""')
        if alternates(program):
            if program.graph.stem:
                out.line("x = self.stem(x)")
            pairs = "zip(self.stages, [*self.between, self.head], strict=True)"
            with out.block(f"for stage, following in {pairs}:"):
                out.line("x = following(stage.deepest(x))")
            out.line("return x")
            return
        calls = []
        for call in program.calls:
            alone = call.stage is not None and cuts_down(program.stages.used[call.stage][0])
            text = f"{part_of(call)}.deepest(x)" if alone else text_of(program, call)
            calls.append((text, call.after))
        if any("path" in text for text, _ in calls):
            out.line(f"path = DropPath({program.columns}, self.training, x)")
        body(out, calls)


def alternates(program: Program) -> bool:
    """Return whether a loop runs the deepest column: a transition or head follows every stage.

    For fewer than three stages a loop would not be shorter than their calls.
    """
    graph = program.graph
    whole = all(cuts_down(stage) for stage, _ in program.stages.used)
    gaps = sum(gap is not None for gap in graph.between)
    return whole and gaps == len(graph.stages) - 1 > 1 and bool(graph.head)


def shape(sizes: Shape) -> str:
    """Return a shape as text: `(N, 48, 32, 32)`."""
    return f"(N, {', '.join(map(str, sizes))})"


def choices(program: Program) -> Iterator[str]:
    """Yield the parameters that a caller may choose, with the spec's numbers as defaults."""
    for name in CHOSEN:
        for part in (program.graph.head, program.graph.stem):
            if part is None:
                continue
            chain, values = program.arguments(part)
            if name in chain.parameters:
                yield f"{name}: int = {values[chain.parameters.index(name)]}"
    if program.takes_channels:
        yield f"in_channels: int = {program.shapes[program.graph.input.name][0]}"
    if program.training:
        yield f"{efficient.SWITCH}: bool = True"


def entry_call(program: Program) -> str:
    """Return the first stage where it reads the input itself: `Stage(in_channels, 16)`."""
    stage, values = program.stages.used[0]
    arguments = [
        "in_channels" if name == "channels" else str(value)
        for name, value in zip(stage.parameters, values, strict=True)
    ]
    return f"{stage.name}({', '.join(arguments)})"


def part_call(program: Program, scope: str) -> str:
    """Return an expression that builds a part: `Transition(120)`.

    Numbers that a caller may choose, such as `num_classes`, are passed by name.

    Args:
        program: the program of the file.
        scope: the name of the part, such as `head`.
    """
    chain, values = program.arguments(scope)
    arguments = [
        name if name in CHOSEN else str(value)
        for name, value in zip(chain.parameters, values, strict=True)
    ]
    return f"{chain.name}({', '.join(arguments)})"


def stage_call(program: Program, index: int) -> str:
    """Return an expression that builds a stage: `Stage(48)`.

    Args:
        program: the program of the file.
        index: the index of the stage. The first one takes `in_channels` if no stem comes before it.
    """
    if index == 0 and program.takes_channels:
        return entry_call(program)
    stage, values = program.stages.used[index]
    return f"{stage.name}({', '.join(map(str, values))})"


def parts(program: Program) -> Iterator[str]:
    """Yield the statements before the stages."""
    if program.graph.stem:
        yield f"self.stem = {part_call(program, program.graph.stem)}"


def several(out: Writer, name: str, calls: Sequence[str]) -> None:
    """Print the assignment of a list of modules: `self.stages = nn.ModuleList([...])`.

    Args:
        out: where to print, inside `__init__`.
        name: the attribute.
        calls: an expression for each module; three or more equal ones become a generator.
    """
    if len(calls) > 2 and len(set(calls)) == 1:
        module_lists.generated(out, name, f"{calls[0]} for _ in range({len(calls)})")
    else:
        module_lists.listed(out, name, calls)


def initialise(out: Writer, program: Program) -> None:
    """Print He et al.'s initialisation, as in the paper; biases start at zero.

    Args:
        out: where to print, inside `__init__`.
        program: the program of the file; nothing is printed if no layer is initialised.
    """
    lines = list(program.initialised())
    if not lines:
        return
    with out.block("for module in self.modules():  # He et al. 2015"):
        for place, (kind, body) in enumerate(lines):
            with out.block(f"{'el' if place else ''}if isinstance(module, {kind}):"):
                for text in body:
                    out.line(text)


def summary(program: Program) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the file's table: part, layers, what they read, channels, size."""
    for call in program.calls:
        stage = None if call.stage is None else program.graph.stages[call.stage]
        yield (
            call.target,
            str(stage.depth) if stage else "",
            stage.rule.rule if stage else "",
            stage.operator.kind if stage else "",
            f"{call.before[0]} -> {call.after[0]}",
            show(call.after[1:]),
        )
