"""`archdsl weights`: convert a checkpoint of another library, or write one for it."""

from __future__ import annotations

from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.checkpoint import SUFFIXES
from archdsl.cli import files, inputs, options
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

Source = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="LIBRARY",
        help="Whose names the checkpoint has: torchvision, timm, sparsenet, ... or auto.",
    ),
]
Under = Annotated[
    str,
    typer.Option(
        metavar="KEY", help="Which state dict to take, if there are several: ema, state_dict.model."
    ),
]
Reverse = Annotated[
    bool, typer.Option("--reverse", help="Convert from our names to those of the library.")
]
Partial = Annotated[
    bool, typer.Option("--partial", help="Leave out weights that do not fit, and write the others.")
]  # fmt: skip


@options.limited(*options.BUILT)
def weights(
    spec: options.SpecPath,
    checkpoint: options.Checkpoint,
    output: options.StateDict,
    source: Source = "auto",
    under: Under = "",
    reverse: Reverse = False,
    partial: Partial = False,
    sets: options.Sets = None,
    as_json: options.Json = False,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Convert weights of another library for a spec, or back."""
    suffix = files.form(output, SUFFIXES)
    files.allowed(output, [spec, checkpoint], force)
    if reverse and source == "auto":
        raise fail("A414", "--reverse needs the library", help="--reverse --from torchvision")
    require("torch")
    graph = api.lower(inputs.load(spec, options.settings(sets), extend=extend), limits)
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.checkpoint.wrapped import below
    from archdsl.apps.checkpoint.writing import serialise
    from archdsl.apps.weights import conversion

    convert = conversion.reverse if reverse else conversion.convert
    content = load(checkpoint)
    converted = convert(graph, below(content, under) if under else content, source)
    if not partial:
        converted.report.require()
    data = serialise(converted.state, suffix)
    sources = [spec, checkpoint]
    if as_json:
        files.write(output, data, spec=sources, force=force)
        print(converted.report.as_json(), end="")
    else:
        files.deliver(output, data, spec=sources, force=force)
        print(converted.report.text())
    return Exit.FINE
