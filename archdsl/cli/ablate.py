"""`archdsl ablate`: how much the output of a trained network changes without each link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archdsl.cli import options
from archdsl.cli.progress import Progress
from archdsl.errors import Exit
from archdsl.extras import require
from archdsl.lowering.limits import Limits


@options.limited()
def ablate(
    spec: options.SpecPath,
    checkpoint: options.Checkpoint,
    data: Annotated[
        Path,
        typer.Option(
            metavar="FILE", show_default=False,
            help="Images as the network reads them: .npy, or .npz with an array `images`.",
        ),
    ],
    sets: options.Sets = None,
    as_json: options.Json = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:  # fmt: skip
    """Show how much the output changes without each link."""
    require("torch", "numpy")
    checked = options.checked(spec, sets, limits, extend)
    from archdsl.apps.ablate.measuring import ablate as measured
    from archdsl.apps.checkpoint.images import load_images
    from archdsl.apps.checkpoint.reading import load

    with Progress() as progress:
        ablation = measured(checked, load(checkpoint), load_images(data), progress.show)
    print(ablation.as_json() if as_json else ablation.text(), end="")
    return Exit.FINE
