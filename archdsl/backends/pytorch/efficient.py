"""What makes stages train in linear memory: an operator in each, and a switch in the network."""

from __future__ import annotations

from archdsl.analysis.stage_operator import StageUnit
from archdsl.backends.pytorch.fuse import nested
from archdsl.backends.pytorch.literal import Call, record
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.memory_efficient import MemoryEfficient
from archdsl.codegen.program import Program

ROOTS = frozenset({"StageOperator", "StageUnit", "StageActivation"})
"""Names of the source that a file needs; what these need follows from them."""

SWITCH = "memory_efficient"


def construct(out: Writer) -> None:
    """Print the operator of a stage, inside its constructor."""
    out.line("self.operator = StageOperator(UNITS, self.layers, widths, self.reads, self.exit)")


def run(out: Writer) -> None:
    """Print the call of the operator, inside `forward`."""
    with out.block("if not self.operator.obstacle(self.layers, x):"):
        out.line("return self.operator(self.layers, x)")


def switch(out: Writer, program: Program) -> None:
    """Print what turns the operators on or off, inside the constructor of the network.

    Args:
        out: where to print.
        program: the program of a file whose stages have operators.
    """
    used = program.stages.used
    have = [index for index, (kind, _) in enumerate(used) if program.is_operator(kind)]
    if len(have) == len(used):
        with out.block("for stage in self.stages:"):
            out.line(f"stage.operator.enabled = {SWITCH}")
        return
    nested(out, "for index in ", tuple(have), ":")
    out.depth += 1
    out.line(f"self.stages[index].operator.enabled = {SWITCH}")
    out.depth -= 1


def units(out: Writer, training: MemoryEfficient) -> None:
    """Print what the operator computes for each unit.

    Args:
        out: where to print.
        training: the units by the name of their class.
    """
    out.line("# Units as the operator of a stage computes them.")
    nested(out, "UNITS = ", {name: _unit(unit) for name, unit in training.units.items()}, "")


def _unit(unit: StageUnit) -> Call:
    activations = tuple(map(record, unit.activations))
    call = record(unit)
    return Call(call.name, (activations, *call.positional[1:]), call.keywords)
