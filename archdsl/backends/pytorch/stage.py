"""A class for a stage: its docstring and its constructor."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate, islice

from archdsl.backends.pytorch import carry, efficient, join, module_lists, words
from archdsl.backends.pytorch.forward import FORWARDS, deepest, has_join, join_method
from archdsl.backends.pytorch.join import READ, WIDTHS
from archdsl.backends.pytorch.module import LONGEST, signature
from archdsl.backends.pytorch.reads import layers_less, reads
from archdsl.backends.pytorch.widths import print_widths
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.columns import Term, repeated
from archdsl.codegen.program import cuts_down
from archdsl.codegen.sketches import INCOMING, said
from archdsl.codegen.stages import Run, StageClass
from archdsl.counted import counted


def stage(out: Writer, printed: StageClass, *, operator: bool = False) -> None:
    """Print a stage class.

    Args:
        out: the file that is written.
        printed: the class, and how its stages differ.
        operator: whether the stage is trained as one operator.
    """
    with out.block(f"class {printed.name}(nn.Module):"):
        docstring(out, printed)
        out.blank()
        with out.constructor(signature(printed.parameters, printed.lists)):
            out.line("super().__init__()")
            constructor(out, printed, operator=operator)
        out.blank()
        # A snapshot calls such a stage as it is, in evaluation, without the argument.
        apart = printed.exit_operator != printed.operator or printed.entry or printed.carrying
        alone = printed.drops_path and apart
        path = ', path: "DropPath | None" = None' if alone else ', path: "DropPath"'
        with out.block(
            f"def forward(self, x: Tensor{path if printed.drops_path else ''}) -> Tensor:"
        ):
            if alone:
                out.line("path = path or DropPath(columns=1, training=False, like=x)")
            if operator:
                efficient.run(out)
            FORWARDS[printed.strategy](out, printed)
        if has_join(printed):
            out.blank()
            join_method(out, printed)
        if cuts_down(printed):
            out.blank()
            deepest(out)


def docstring(out: Writer, printed: StageClass) -> None:
    """Print the docstring of a stage class: what a layer reads and how that is joined.

    Args:
        out: the file that is written.
        printed: the class.
    """
    number = int(printed.layers.number or 0)
    each = "it reads" if number == 1 else "each reads"
    count = f"{counted(number, 'layer')}; {each}" if number else "Each layer reads"
    rule = printed.rule.oldest_first() if printed.operator.folds else printed.rule
    text = f"{count} {rule.says()}"
    joined = said(printed.operator, list(map(words.term, printed.numbers)))
    text += "." if printed.rule.reads_one and not printed.operator.folds else f", {joined}."
    details = returns(printed)
    if len(text) > LONGEST:
        text, details = "Layers that read earlier outputs of their stage.", [text, *details]
    out.docstring(text, *details)


def returns(printed: StageClass) -> list[str]:
    """The sentence on what a stage returns, unless it is what one more layer would read."""
    match printed.exit_form:
        case "all":
            return ["Returns all outputs joined."]
        case "last":
            return ["Returns the last output."]
        case "newest-first":
            return ["Returns all outputs joined, newest first."]
        case "grown":
            return [
                f"Returns what the last layer reads and its output, {printed.exit_operator.says()}."
            ]
        case "made":
            return [f"Returns the outputs of all layers, {printed.exit_operator.says()}."]
    reads = printed.exit_rule.exit_says()
    if printed.leaves == "own" or reads != printed.exit_rule.says():
        return [f"Returns {reads}, {printed.exit_operator.says()}."]
    return []


def constructor(out: Writer, printed: StageClass, *, operator: bool = False) -> None:
    """Print the body of the constructor: widths and reads if they are needed, and the layers.

    Args:
        out: the file that is written.
        printed: the class.
        operator: whether the stage is trained as one operator.
    """
    before, start = len(out.lines), "    " * out.depth
    _body(out, printed, operator=operator)
    if operator:
        efficient.construct(out)
    if printed.counted and any(map(re.compile(r"(?<![.\w])layers\b").search, out.lines[before:])):
        name, more = printed.counted
        out.lines.insert(before, f"{start}layers = len({name}){f' + {more}' if more else ''}")


def _body(out: Writer, printed: StageClass, *, operator: bool) -> None:
    """The constructor's statements."""
    grows = any(INCOMING in run.arguments for run in printed.runs)
    if grows and isinstance(printed.joined, tuple):
        items = repeated(printed.joined) if printed.carrying else [*map(str, printed.joined)]
        out.call("incoming = [", items, "]")
    if operator or _keeps_widths(printed):
        print_widths(out, widths(printed))
    if printed.strategy == "buffer":
        out.line("self.channels = sum(widths)")
    if printed.strategy in {"buffer", "list"}:
        reads(out, printed)
    for name in sorted({term.parameter for term in printed.numbers if term.parameter}):
        out.line(f"self.{name} = {name}")
    if printed.join is not None:
        join.construct(out, printed)
    if printed.entry is not None:
        module, arguments = printed.entry
        out.call(f"self.entry = {module.name}(", [words.term(term) for term in arguments])
    if printed.carrying:
        carry.construct(out, printed)
    starts = accumulate((run.count or 0 for run in printed.runs), initial=0)
    runs = [run(printed, i, start) for i, start in enumerate(islice(starts, len(printed.runs)))]
    if len(runs) == 1 and runs[0].startswith("*("):
        module_lists.generated(out, "layers", runs[0][2:-1])
    else:
        module_lists.listed(out, "layers", runs)


def _keeps_widths(printed: StageClass) -> bool:
    """Whether the constructor has a list of the widths of the outputs."""
    grows = any(INCOMING in run.arguments for run in printed.runs)
    grows = grows or (printed.join is not None and bool(printed.widths))
    return printed.strategy == "buffer" or (grows and printed.joined in WIDTHS)


def widths(printed: StageClass) -> list[str]:
    """`[channels]`, `[24] * layers`."""
    parts, taken = [], 0
    for place, (width, count) in enumerate(printed.widths):
        shown = f"[{'*' * (width.parameter in printed.lists)}{words.term(width)}]"
        if place and count != 1 and width.parameter not in printed.lists:
            times = layers_less(printed, taken) if count is None else str(count)
            shown += f" * {times}" if times.isalnum() else f" * ({times})"
            shown = shown.removesuffix(" * 1")
        taken += (count or 0) if place else 0
        parts.append(shown)
    return parts


def run(printed: StageClass, index: int, taken: int) -> str:
    """Return the layers of a run, such as `*(Basic(channels) for _ in range(layers - 1))`.

    Args:
        printed: the class of the stage.
        index: the number of the run; the first is 0.
        taken: how many layers the runs before this one have.

    Returns:
        One item of a list of layers: a call such as `Basic(16, 2)`, or a generator after a star.
    """
    this = printed.runs[index]
    made_by = (
        f"{this.module.name}({', '.join(argument(printed, value) for value in this.arguments)})"
    )
    last = len(printed.runs) == index + 1
    loops = [_reads(printed, this, taken, last=last)] if INCOMING in this.arguments else []
    loops += [(_each(printed, name), _own(printed, name, taken)) for name in _lists(printed, this)]
    count = layers_less(printed, taken) if this.count is None else str(this.count)
    if len(loops) > 1:
        names, lists = zip(*loops, strict=True)
        return f"*({made_by} for {', '.join(names)} in zip({', '.join(lists)}, strict=True))"
    if loops:
        return f"*({made_by} for {loops[0][0]} in {loops[0][1]})"
    return made_by if "1" in {str(this.count), count} else f"*({made_by} for _ in range({count}))"


def _reads(printed: StageClass, this: Run, taken: int, *, last: bool) -> tuple[str, str]:
    """What the layers of a run read, as the variable and the list of a loop."""
    start = taken - printed.projected
    if printed.line is not None:
        end = (
            layers_less(printed, int(printed.projected)) if last else str(start + (this.count or 0))
        )
        return "position", f"range({f'{start}, ' if start else ''}{end})"
    variable, values = (
        ("reads", "self.reads") if isinstance(printed.joined, str) else (READ, "incoming")
    )
    end = "" if last else str(start + (this.count or 0))
    return variable, values + (f"[{start or ''}:{end}]" if start or end else "")


def _lists(printed: StageClass, this: Run) -> list[str]:
    """The lists that have a number for each layer of a run."""
    names = [term.parameter for term in this.arguments if isinstance(term, Term)]
    return [name for name in dict.fromkeys(names) if name in printed.lists]


def _own(printed: StageClass, name: str, taken: int) -> str:
    """The part of a list that is for a run; that of the widths is of all outputs."""
    whole = any(width.parameter == name for width, _ in printed.widths)
    start = taken + _keeps_widths(printed) if whole else 0
    return f"{name}[{start}:]" if start else name


def _each(printed: StageClass, name: str) -> str:
    """The variable for one number of a list: `width` of `widths`."""
    singular = re.sub(r"s(?=\d*$)", "", name)
    return f"layer_{singular}" if singular in printed.parameters else singular


def argument(printed: StageClass, value: Term | str) -> str:
    """Return an argument of a layer as text.

    Args:
        printed: the class of the stage.
        value: the argument; `INCOMING` for the width of the outputs that the layer reads.
    """
    if not isinstance(value, str):
        listed = value.parameter in printed.lists
        return words.term(
            replace(value, parameter=_each(printed, value.parameter)) if listed else value
        )
    if printed.line is not None:
        return join.along(printed.line)
    return WIDTHS[printed.joined].format("reads") if isinstance(printed.joined, str) else READ
