"""`archdsl train`: train a network by a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archdsl import api
from archdsl.apps.train import folder
from archdsl.apps.train.recipe import Recipe, load_recipe, published
from archdsl.cli import files, inputs, options, terminal
from archdsl.cli.progress import working
from archdsl.cli.render import report, visible
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

RecipeName = Annotated[
    str,
    typer.Option(metavar="RECIPE", help="A recipe, or the name of one that comes with archdsl."),
]
Folder = Annotated[
    Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder of the run.")
]
Data = Annotated[Path | None, typer.Option(metavar="PATH", help="Folder or file of the data set.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a parameter of the spec, the recipe, or both."
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs, instead of the recipe's.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed, instead of the recipe's.")]
Precision = Annotated[
    Literal["float32", "bfloat16", "float16"] | None,
    typer.Option(help="Precision of autocast, instead of the recipe's."),
]
Compile = Annotated[bool, typer.Option("--compile", help="Use torch.compile.")]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last", help="Store images with channels last.")
]
MemoryEfficient = Annotated[
    bool, typer.Option("--memory-efficient", help="Train each stage as one operator.")
]
Deterministic = Annotated[
    bool, typer.Option("--deterministic", help="Use deterministic algorithms alone.")
]
Device = Annotated[
    Literal["cpu", "cuda"] | None, typer.Option(help="Where to train; cuda if there is one.")
]
ProcessCount = Annotated[
    int, typer.Option(min=1, help="Processes that train together on this machine.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="End early, after this step.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Measure a step, and train no further.")]
Start = Annotated[bool, typer.Option("--run/--no-run", help="Train, or only write the files.")]


@options.limited()
def train(
    spec: options.SpecPath,
    recipe: RecipeName,
    output: Folder,
    data: Data = None,
    sets: Sets = None,
    epochs: Epochs = None,
    seed: Seed = None,
    precision: Precision = None,
    compile: Compile = False,
    channels_last: ChannelsLast = False,
    memory_efficient: MemoryEfficient = False,
    deterministic: Deterministic = False,
    device: Device = None,
    processes: ProcessCount = 1,
    limit_steps: Limit = None,
    dry_run: DryRun = False,
    start: Start = True,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Train a network by a recipe, with a file of plain PyTorch."""
    if start and data is None:
        raise fail("A414", "--data is missing", help="name the data set's folder, or use --no-run")
    keys = {
        "epochs": epochs, "seed": seed, "precision": precision, "compile": compile,
        "channels_last": channels_last, "memory_efficient": memory_efficient,
        "deterministic": deterministic,
    }  # fmt: skip
    chosen, network = together(recipe, spec, options.settings(sets), extend)
    chosen = chosen.with_keys({k: v for k, v in keys.items() if v is not None and v is not False})
    with working(f"{network.name}: counting"):
        checked = api.check(network, limits).require()
    report([*chosen.notes, *checked.remarks], form)
    write(output, folder.files(checked, chosen), spec)
    if not start:
        return Exit.FINE
    pairs = {"--data": data, "--device": device, "--limit-steps": limit_steps}
    words = [str(x) for pair in pairs.items() if pair[1] is not None for x in pair]
    code = run(output, [*words, *(["--dry-run"] if dry_run else [])], processes)
    for error in published(chosen, network) if code == Exit.FINE and not dry_run else ():
        terminal.say(str(error))
    return code


def together(
    recipe: str, spec: Path, settings: Mapping[str, Any], extend: options.Extend
) -> tuple[Recipe, Spec]:
    """Return a recipe and a network with the settings of each.

    Args:
        recipe: path or name of the recipe.
        spec: path or name of the spec.
        settings: parameters of the recipe, of the spec, or of both.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: A114 for a name that neither has, and as loading does.
    """
    network = inputs.load(spec, {}, extend=extend)
    chosen = load_recipe(recipe)
    own, theirs = chosen.parameters.defaults, network.parameters.defaults
    for name in settings.keys() - own.keys() - theirs.keys():
        near = get_close_matches(name, [*own, *theirs], 1)
        raise fail(
            "A114",
            f"neither the spec nor the recipe has a parameter `{name[:80]}`",
            help=f"did you mean `{near[0]}`?" if near else None,
        )
    chosen = chosen.with_settings({k: v for k, v in settings.items() if k in own})
    for_network = {k: v for k, v in settings.items() if k in theirs}
    return chosen, network.with_settings({**chosen.settings_for(network), **for_network})


def write(output: Path, texts: Mapping[str, str], spec: Path) -> None:
    """Write the files of a run.

    Args:
        output: the folder, which is made if it is missing.
        texts: by name.
        spec: what they were made from.

    Raises:
        ArchdslError: A410 to A412 if a file cannot be written, A463 if the folder has another run.
    """
    folder.refuse_other(output, texts)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fail("A412", f"{output} cannot be made: {error.strerror}") from None
    for name, text in texts.items():
        files.deliver(output / name, text, spec=spec)


def run(output: Path, words: list[str], processes: int) -> int:
    """Train, say how it ended if it was interrupted, and return the exit code.

    Args:
        output: the folder of the run.
        words: options of train.py.
        processes: how many train together.
    """
    require("torch")
    code = folder.train(folder.command(output, words, processes))
    if code > Exit.WRONG_SPEC and (output / folder.CHECKPOINT).exists():
        checkpoint = visible(str(output / folder.CHECKPOINT), 4_096)
        terminal.say(f"ended with code {code}; the same command continues from {checkpoint}")
    return code
