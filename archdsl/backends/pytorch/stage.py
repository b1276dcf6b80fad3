"""A class for a stage: its docstring and its constructor."""

from __future__ import annotations

from itertools import accumulate

from archdsl.backends.pytorch import carry, join, words
from archdsl.backends.pytorch.forward import FORWARDS, deepest, has_join, join_method
from archdsl.backends.pytorch.join import READ, WIDTHS
from archdsl.backends.pytorch.module import LONGEST, signature
from archdsl.backends.pytorch.reads import layers_less, reads
from archdsl.backends.pytorch.widths import print_widths
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.columns import Term
from archdsl.codegen.program import cuts_down
from archdsl.codegen.sketches import INCOMING, said
from archdsl.codegen.stages import Run, StageClass


def stage(out: Writer, made: StageClass) -> None:
    """Print a stage class."""
    with out.block(f"class {made.name}(nn.Module):"):
        docstring(out, made)
        out.blank()
        with out.constructor(signature(made.parameters)):
            out.line("super().__init__()")
            constructor(out, made)
        out.blank()
        # A snapshot calls such a stage as it is, in evaluation, without the argument.
        alone = made.drops_path and made.exit_operator != made.operator
        path = ', path: "DropPath | None" = None' if alone else ', path: "DropPath"'
        with out.block(f"def forward(self, x: Tensor{path if made.drops_path else ''}) -> Tensor:"):
            if alone:
                out.line("path = path or DropPath(columns=1, training=False)")
            FORWARDS[made.strategy](out, made)
        if has_join(made):
            out.blank()
            join_method(out, made)
        if cuts_down(made):
            out.blank()
            deepest(out)


def docstring(out: Writer, made: StageClass) -> None:
    """What a layer reads and how that is joined."""
    count = f"{made.layers.number} layers; each reads" if made.layers.number else "Each layer reads"
    text = f"{count} {made.rule.says()}"
    joined = said(made.operator, list(map(words.term, made.numbers)))
    text += "." if made.rule.reads_one else f", {joined}."
    details = returns(made)
    if len(text) > LONGEST:
        text, details = "Layers that read earlier outputs of their stage.", [text, *details]
    out.docstring(text, *details)


def returns(made: StageClass) -> list[str]:
    """The sentence on what a stage returns, unless it is what one more layer would read."""
    match made.exit_form:
        case "all":
            return ["Returns all outputs joined."]
        case "last":
            return ["Returns the last output."]
        case "newest-first":
            return ["Returns all outputs joined, newest first."]
        case "grown":
            return [
                f"Returns what the last layer reads and its output, {made.exit_operator.says()}."
            ]
        case "made":
            return [f"Returns the outputs of all layers, {made.exit_operator.says()}."]
    reads = made.exit_rule.exit_says()
    if made.leaves == "own" or reads != made.exit_rule.says():
        return [f"Returns {reads}, {made.exit_operator.says()}."]
    return []


def constructor(out: Writer, made: StageClass) -> None:
    """Widths where they are needed, reads where they are followed, and the layers."""
    grows = any(INCOMING in run.arguments for run in made.runs)
    if grows and isinstance(made.joined, tuple):
        items = carry.repeated(made.joined) if made.carrying else [*map(str, made.joined)]
        out.call("incoming = [", items, "]")
    grows = grows or (made.join is not None and bool(made.widths))
    if made.strategy == "buffer" or (grows and made.joined in WIDTHS):
        print_widths(out, widths(made))
    if made.strategy == "buffer":
        out.line("self.channels = sum(widths)")
    if made.strategy in {"buffer", "list"}:
        reads(out, made)
    for name in sorted({term.parameter for term in made.numbers if term.parameter}):
        out.line(f"self.{name} = {name}")
    if made.join is not None:
        join.construct(out, made)
    if made.entry is not None:
        module, arguments = made.entry
        out.call(f"self.entry = {module.name}(", [words.term(term) for term in arguments])
    if made.carrying:
        carry.construct(out, made)
    starts = accumulate((run.count or 0 for run in made.runs), initial=0)
    module_list(
        out,
        [
            run(made, index, start)
            for index, start in zip(range(len(made.runs)), starts, strict=False)
        ],
    )


def module_list(out: Writer, runs: list[str]) -> None:
    """`self.layers`: a generator if all layers are made alike, else a list."""
    before = "self.layers = nn.ModuleList("
    room = WIDTH - 4 * out.depth - len(before) - 1
    if len(runs) == 1 and runs[0].startswith("*("):
        if len(runs[0]) - 3 <= room:
            out.line(f"{before}{runs[0][2:-1]})")
            return
        out.line(before)
        out.generator(runs[0][2:-1])
    else:
        joined = f"[{', '.join(runs)}]"
        if len(joined) <= room:
            out.line(f"{before}{joined})")
            return
        out.line(before)
        out.depth += 1
        out.call("[", runs, "]")
        out.depth -= 1
    out.line(")")


def widths(made: StageClass) -> list[str]:
    """`[channels]`, `[24] * layers`."""
    parts, taken = [], 0
    for place, (width, count) in enumerate(made.widths):
        shown = f"[{words.term(width)}]"
        if place and count != 1:
            times = layers_less(made, taken) if count is None else str(count)
            shown += f" * {times}" if times.isalnum() else f" * ({times})"
            shown = shown.removesuffix(" * 1")
        taken += (count or 0) if place else 0
        parts.append(shown)
    return parts


def run(made: StageClass, index: int, taken: int) -> str:
    """`Basic(16, 2)`, or `*(Basic(channels) for _ in range(layers - 1))`.

    `taken` is how many layers the runs before this one have.
    """
    this = made.runs[index]
    arguments = [argument(made, value) for value in this.arguments]
    made_by = f"{this.module.name}({', '.join(arguments)})"
    grows = INCOMING in this.arguments
    if this.count == 1 and not grows:
        return made_by
    count = layers_less(made, taken) if this.count is None else str(this.count)
    if count == "1" and not grows:
        return made_by
    if grows:
        offset = taken - made.projected
        part = _part(offset, this, len(made.runs) == index + 1)
        if made.line is not None:
            end = layers_less(made, int(made.projected)) if len(made.runs) == index + 1 else None
            end = end or str(offset + (this.count or 0))
            return f"*({made_by} for position in range({f'{offset}, ' if offset else ''}{end}))"
        each = "reads in self.reads" if isinstance(made.joined, str) else f"{READ} in incoming"
        return f"*({made_by} for {each}{part})"
    return f"*({made_by} for _ in range({count}))"


def _part(start: int, this: Run, last: bool) -> str:
    end = "" if last else str(start + (this.count or 0))
    return f"[{start or ''}:{end}]" if start or end else ""


def argument(made: StageClass, value: Term | str) -> str:
    """An argument of a layer; what varies is the width of its reads."""
    if isinstance(value, str):
        if made.line is not None:
            return join.along(made.line)
        return WIDTHS[made.joined].format("reads") if isinstance(made.joined, str) else READ
    return words.term(value)
