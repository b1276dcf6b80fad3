"""Borders inside a sequence: what carries outputs, and where that happens."""

from __future__ import annotations

from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.module_lists import grouped, listed
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.sketches import Carrying
from archdsl.codegen.stages import StageClass


def construct(out: Writer, stage: StageClass) -> None:
    """Print the borders, the outputs that are carried, and their modules.

    Args:
        out: where to print, inside `__init__`.
        stage: a stage with at least one border in its `carrying`.
    """
    out.line(f"self.borders = {literal([carrying.layer for carrying in stage.carrying])}")
    out.call("self.carried = [", [_sources(x.sources) for x in stage.carrying], "]")
    listed(out, "carries", [_modules(carrying) for carrying in stage.carrying])


def _sources(sources: tuple[int, ...]) -> str:
    """Return a list of outputs, or a range if they follow one another."""
    whole = range(sources[0], sources[-1] + 1)
    if len(sources) < 3 or tuple(whole) != sources:
        return literal(list(sources))
    return f"range({f'{whole.start}, ' if whole.start else ''}{whole.stop})"


def _modules(carrying: Carrying) -> str:
    calls = (f"{module.name}({', '.join(map(str, values))})" for module, values in carrying.calls)
    return f"nn.ModuleList([{', '.join(grouped(calls))}])"


def cross(out: Writer, *, clears: bool) -> None:
    """Print, inside the loop over layers, what happens at a border.

    Args:
        out: where to print.
        clears: whether aggregates are kept by what they read, and must be computed again.
    """
    with out.block("if len(outputs) in self.borders:"):
        out.line("border = self.borders.index(len(outputs))")
        zipped = "zip(self.carried[border], self.carries[border], strict=True)"
        with out.block(f"for source, carry in {zipped}:"):
            out.line("outputs[source] = carry(outputs[source])")
        if clears:
            out.line("joins.clear()")
