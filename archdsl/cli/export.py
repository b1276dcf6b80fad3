"""`archdsl export`: write a network with its weights for another runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from archdsl.apps.export.formats import FORMATS, Format
from archdsl.apps.export.formats.format import INPUT, OUTPUT
from archdsl.apps.export.model import Exported, convert, format_of
from archdsl.cli import files, options, terminal
from archdsl.cli.progress import working
from archdsl.cli.render import report, visible
from archdsl.counted import counted
from archdsl.errors import Exit, fail
from archdsl.lowering.limits import Limits

SUFFIXES = ", ".join(f".{suffix}" for suffix in FORMATS)


@options.limited()
def export(
    spec: options.SpecPath,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help=f"Output file: {SUFFIXES}.", show_default=False
        ),
    ],
    weights: Annotated[
        Path | None,
        typer.Option(metavar="CHECKPOINT", help="A file with the network's state dict."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of new weights, without --weights; 0 if not given.")
    ] = None,
    sets: options.Sets = None,
    as_json: options.Json = False,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Write a network for ONNX, OpenVINO or torch.export."""
    if weights is not None and seed is not None:
        raise fail("A414", "--weights and --seed exclude each other", help="choose one")
    format = format_of(output)
    inputs = [spec, *([weights] if weights else [])]
    for path, forced in targets(output, format, force):
        files.allowed(path, inputs, forced)
    checked = options.checked(spec, sets, limits, extend)
    report(checked.remarks, form)
    with working(f"{output}: exporting"):
        exported = convert(checked.require(), format, weights, seed or 0)
    for path, forced in targets(output, format, force):
        content = exported.files[path.suffix.removeprefix(".")]
        wrote = files.write(path, content, spec=inputs, force=forced)
        if not as_json:
            terminal.say(f"{'wrote' if wrote else 'unchanged'}  {visible(str(path), 4_096)}")
    if as_json:
        print(json.dumps({"file": str(output), **exported.as_dict()}, indent=2))
    else:
        terminal.say("\n".join(facts(exported)))
    return Exit.FINE


def targets(output: Path, format: Format, force: bool) -> Iterator[tuple[Path, bool]]:
    """Yield the files to write, the named one last, and whether each may be overwritten.

    The files next to the named one carry no mark of archdsl. They belong to it if it has one.

    Args:
        output: the named file.
        format: its format.
        force: overwrite files that archdsl did not generate.
    """
    own = force or (output.is_file() and files.ours(output))
    for suffix in format.companions:
        yield output.with_suffix(f".{suffix}"), own
    yield output, force


def facts(exported: Exported) -> Iterator[str]:
    """Yield lines about the files: weights, format, shapes, what was changed, and the check."""
    done, merged = exported.simplification, len(exported.simplification.merges)
    size = sum(map(len, exported.files.values()))
    yield f"  weights    {visible(exported.weights)}"
    yield f"  format     {exported.format.title}, {size / 1e6:,.1f} MB"
    for name, shape in zip((INPUT, OUTPUT), exported.shapes, strict=True):
        yield f"  {name:<11}float32, batch x {' x '.join(map(str, shape))}"
    yield f"  merged     {counted(merged, 'norm or scale', 'norms and scales')} into weights"
    yield f"  pooling    {done.moved} moved before 1x1 convolutions, {done.windows} with a window"
    batches = " and ".join(map(str, exported.differences))
    yield (
        f"  checked    relative difference {exported.worst:.1e} from float64 "
        f"at batches of {batches} ({exported.checked_by})"
    )
