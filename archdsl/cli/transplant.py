"""`archdsl transplant`: slice the weights of a trained network into one with fewer links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.checkpoint import SUFFIXES
from archdsl.apps.transplant.plan import Plan
from archdsl.cli import files, inputs, options
from archdsl.errors import Exit
from archdsl.extras import require
from archdsl.lowering.limits import Limits
from archdsl.version import __version__

Checkpoint = Annotated[
    Path,
    typer.Argument(
        metavar="CHECKPOINT", help="A file with the state dict of --from.", show_default=False
    ),
]
Source = Annotated[
    Path,
    typer.Option("--from", metavar="SPEC", help="The trained network.", show_default=False),
]
Target = Annotated[
    Path,
    typer.Option(
        "--to", metavar="SPEC", help="The same network with fewer links.", show_default=False
    ),
]


@options.limited(*options.BUILT)
def transplant(
    checkpoint: Checkpoint,
    source: Source,
    target: Target,
    output: options.StateDict,
    sets: options.Sets = None,
    as_json: options.Json = False,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Slice trained weights into a network with fewer links."""
    suffix = files.form(output, SUFFIXES)
    sources = [checkpoint, source, target]
    files.allowed(output, sources, force)
    require("torch")
    settings = options.settings(sets)
    dense, sparse = (
        api.lower(inputs.load(path, settings, extend=extend), limits) for path in (source, target)
    )
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.checkpoint.writing import serialise
    from archdsl.apps.transplant import slicing

    transplanted = slicing.transplant(load(checkpoint), dense, sparse)
    content = serialise(transplanted.state, suffix)
    counts = [
        sum(value.numel() for value in state.values())
        for state in (transplanted.state, transplanted.source)
    ]
    if as_json:
        files.write(output, content, spec=sources, force=force)
        print(json.dumps(facts(transplanted.plan, counts), indent=2))
    else:
        files.deliver(output, content, spec=sources, force=force)
        print(f"  links        {transplanted.plan.kept:,} of {transplanted.plan.links:,}")
        print(f"  numbers      {counts[0]:,} of {counts[1]:,}")
    return Exit.FINE


def facts(plan: Plan, counts: list[int]) -> dict[str, object]:
    """Return what was kept, as plain values.

    Args:
        plan: how the weights were sliced.
        counts: how many numbers the sliced and the original state dict have.
    """
    return {
        "archdsl": __version__,
        "links": {"kept": plan.kept, "of": plan.links},
        "numbers": {"kept": counts[0], "of": counts[1]},
        "sliced": [
            {"name": mixed.key, "axis": mixed.axis, "dropped": len(mixed.dropped)}
            for mixed in plan.mixed
        ],
    }
