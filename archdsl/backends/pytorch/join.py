"""The class of an aggregation with weights, and the modules of it that a stage has."""

from __future__ import annotations

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.module_lists import generated
from archdsl.backends.pytorch.reads import layers_less
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.columns import Term
from archdsl.codegen.joins import JoinClass
from archdsl.codegen.stages import StageClass
from archdsl.language.aggregation import Aggregation

WIDTHS = {"first": "widths[{0}[0]]", "sum": "sum(widths[source] for source in {0})"}
"""How wide the aggregate of the outputs at some positions is."""

READ = "channels_read"


def join_class(out: Writer, join: JoinClass) -> None:
    """Print the class: its weights, and the call of the aggregation's own function.

    Args:
        out: where to print.
        join: the class. Its modules are built with the number of outputs, and with their channels
            or the index of the newest one if its weights depend on these.
    """
    if join.operator.folds:
        _fold_class(out, join)
        return
    operator = join.operator
    parameters = ["sources: int", *(["channels: int"] if join.channels else [])]
    parameters += ["newest: int"] if join.newest else []
    with out.block(f"class {join.name}(nn.Module):"):
        summary, alone = f"Outputs {operator.says()}", "one output is returned as it is."
        if len(summary) + len(alone) + 12 > WIDTH:
            out.docstring(f"{summary}.", f"O{alone[1:]}")
        else:
            out.docstring(f"{summary}; {alone}")
        out.blank()
        with out.block(f"def __init__(self, {', '.join(parameters)}) -> None:"):
            out.line("super().__init__()")
            with out.block("if sources > 1:"):
                _weights(out, operator)
        out.blank()
        with out.block("def forward(self, outputs: list[Tensor]) -> Tensor:"):
            with out.block("if len(outputs) == 1:"):
                out.line("return outputs[0]")
            _call(out, operator)


def _fold_class(out: Writer, join: JoinClass) -> None:
    """Print the class with the weights of one output, which are those of a step of a fold."""
    with out.block(f"class {join.name}(nn.Module):"):
        out.docstring(f"An output {join.operator.says()}.")
        out.blank()
        channels = ", channels: int" if join.channels else ""
        with out.block(f"def __init__(self{channels}) -> None:"):
            out.line("super().__init__()")
            _weights(out, join.operator)
        out.blank()
        with out.block("def forward(self, outputs: list[Tensor]) -> Tensor:"):
            _call(out, join.operator)


def _weights(out: Writer, operator: Aggregation) -> None:
    """Print the weights, as they are at first."""
    for name, weight in operator.weights().items():
        sizes = [*map(str, weight.shape), *(["newest=newest"] if weight.newest else [])]
        initial = f"{weight.initial.__name__}({', '.join(sizes)})"
        out.line(f"self.{name} = nn.Parameter({initial})")


def _call(out: Writer, operator: Aggregation) -> None:
    """Print the call of the aggregation's own function."""
    numbers = map(literal, operator.arguments())
    weights = (f"self.{name}" for name in operator.weights())
    function = operator.join.__name__  # type: ignore[union-attr]
    out.call(f"return {function}(", ["outputs", *numbers, *weights])


def construct(out: Writer, stage: StageClass) -> None:
    """Print the modules of a stage, one for each reader.

    Args:
        out: where to print, inside `__init__`.
        stage: a stage whose aggregation has weights.
    """
    assert stage.join is not None
    if stage.strategy == "running":
        _running(out, stage)
        return
    if stage.join.module:
        (_folds if stage.operator.folds else _layers)(out, stage)
    if stage.join.exit_module:
        name, leaving = stage.join.exit_module.name, _exit_channels(stage)
        leaving += _newest(stage.join.exit_module, "self.exit")
        out.line(f"self.exit_join = {name}(len(self.exit){leaving})")


def _folds(out: Writer, stage: StageClass) -> None:
    """Print a module for each output but y_0, with its weights; outputs may have none."""
    if _takes_channels(stage) and stage.join_channels is None:
        widths = literal(stage.join.widths)  # type: ignore[union-attr]
        one = f"{_module(stage)}(channels) if channels else nn.Identity()"
        generated(out, "joins", f"{one} for channels in {widths}")
        return
    channels = words.term(stage.join_channels) if stage.join_channels is not None else ""
    module = f"{_module(stage)}({channels})"
    count = words.term(stage.layers)
    if stage.join is not None and stage.join.whole:
        generated(out, "joins", f"{module} for _ in range({count})")
        return
    rows = "[*self.reads, self.exit]" if stage.exit_operator.folds else "self.reads"
    out.line("# A state starts with the oldest output that a layer reads, which needs no weights.")
    out.line(f"written = {{source for reads in {rows} for source in reads[1:]}}")
    one = f"{module} if source in written else nn.Identity()"
    generated(out, "joins", f"{one} for source in range(1, {layers_less(stage, -1)})")


def _layers(out: Writer, stage: StageClass) -> None:
    """Print a module for each layer, which joins the outputs that it reads."""
    name, loop, channels = _module(stage), "for reads in self.reads", ""
    if stage.join_channels is not None:
        channels = f", {words.term(stage.join_channels)}"
    elif _takes_channels(stage) and stage.line is not None:
        channels = f", {along(stage.line)}"
        loop = "for position, reads in enumerate(self.reads)"
    elif _takes_channels(stage) and isinstance(stage.joined, str):
        channels = f", {WIDTHS[stage.joined].format('reads')}"
    elif _takes_channels(stage):
        channels = f", {READ}"
        loop = f"for reads, {READ} in zip(self.reads, incoming, strict=True)"
    newest = _newest(stage.join.module if stage.join else None, "reads")
    generated(out, "joins", f"{name}(len(reads){channels}{newest}) {loop}")


def along(line: tuple[Term, Term]) -> str:
    """Return the width of the aggregate at a position: `incoming + growth * position`."""
    start, step = (words.term(term) for term in line)
    return f"{start} + {step if step.isidentifier() or step.isdigit() else f'({step})'} * position"


def _running(out: Writer, stage: StageClass) -> None:
    """Print a module for each layer: it joins the aggregate before with the layer's output."""
    assert stage.join is not None
    name, count = _module(stage), words.term(stage.layers)
    takes = stage.join.module is not None and stage.join.module.newest
    newest = ", 1" if takes else ""
    if stage.join_channels is not None:
        channels = words.term(stage.join_channels)
        generated(out, "joins", f"{name}(2, {channels}{newest}) for _ in range({count})")
    elif _takes_channels(stage):
        widths = literal(stage.join.widths)
        generated(out, "joins", f"{name}(2, channels{newest}) for channels in {widths}")
    else:
        generated(out, "joins", f"{name}(2{newest}) for _ in range({count})")


def _module(stage: StageClass) -> str:
    assert stage.join is not None
    assert stage.join.module is not None
    return stage.join.module.name


def _takes_channels(stage: StageClass) -> bool:
    return stage.join is not None and stage.join.takes_channels()


def _newest(join: JoinClass | None, reads: str) -> str:
    """Return the index of the newest output among the reads, as one more argument."""
    return f", {reads}.index(max({reads}))" if join is not None and join.newest else ""


def _exit_channels(stage: StageClass) -> str:
    term: Term | None = stage.exit_channels
    return "" if term is None else f", {words.term(term)}"
