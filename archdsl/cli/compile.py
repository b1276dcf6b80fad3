"""`archdsl compile`: compile a spec, or all specs in a manifest, to PyTorch files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.analysis.stage_operator import obstacles
from archdsl.backends.pytorch.naming import class_of
from archdsl.cli import options, terminal
from archdsl.cli.edited import refuse_edited
from archdsl.cli.files import allowed, stale, write
from archdsl.cli.jobs import Job, Output, listed, make_all
from archdsl.cli.render import visible
from archdsl.counted import counted
from archdsl.errors import Exit, fail
from archdsl.lowering.limits import Limits

MANIFEST = Path("compiled/manifest.yaml")
WITH_SPEC = (
    "--set, -o, --class-name, --fuse, --fuse-for, --memory-efficient, --backbone, --output-stride "
    "and --runtime go with a spec"
)
PLAIN = (None, False, False, "paste", False, None)
"""What the options of a file are if none is given: the last fields of `Job`."""

SpecOrNone = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SPEC]", help="A spec file, or the name of a network; the manifest if not given."
    ),
]


Runtime = Annotated[
    str,
    typer.Option(
        metavar="paste|import",
        help="paste: a standalone file. import: a short file that needs archdsl to run.",
    ),
]


Efficient = Annotated[
    bool,
    typer.Option("--memory-efficient", help="Train concatenating stages in linear memory."),
]


Backbone = Annotated[
    bool,
    typer.Option("--backbone", help="Add methods for features and feature maps, as timm has."),
]


OutputStride = Annotated[
    int | None,
    typer.Option(
        "--output-stride",
        metavar="8|16",
        help="Dilate late layers instead of striding, for larger maps.",
    ),
]


@options.limited()
def compile(
    spec: SpecOrNone = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Output file or folder; NAME.py if not given."),
    ] = None,
    sets: options.Sets = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if a file is stale.")
    ] = False,
    as_json: options.Json = False,
    class_name: Annotated[
        str | None, typer.Option("--class-name", help="Name of the network's class.")
    ] = None,
    fuse: Annotated[
        bool, typer.Option("--fuse", help="Add a method `fuse` for fast inference.")
    ] = False,
    fuse_for: Annotated[
        str | None,
        typer.Option(metavar="cpu|cuda", help="Like --fuse, for one kind of device only."),
    ] = None,
    memory_efficient: Efficient = False,
    backbone: Backbone = False,
    output_stride: OutputStride = None,
    runtime: Runtime = "paste",
    manifest: Annotated[Path, typer.Option(help="Manifest of files to compile.")] = MANIFEST,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Write a standalone PyTorch file for a spec."""
    api.devices(fast := fuse_for or fuse)  # before anything is read
    api.carried(runtime)
    of_file = (class_name, fast, memory_efficient, runtime, backbone, output_stride)
    if spec is not None:
        settings = dict(options.settings(sets))
        jobs = [Job(spec, settings, output, *of_file)]
    elif sets or output or of_file != PLAIN:
        raise fail("A414", WITH_SPEC, help="name a spec")
    else:
        jobs = listed(manifest)
    outputs = make_all(jobs, limits, form, extend)
    if not check:
        writable(outputs, limits, extend, force=force)
    results = [deliver(file, check=check, force=force, quiet=as_json) for file in outputs]
    if as_json:
        print(json.dumps(results[0] if spec else results, indent=2))
    stale = check and any(result["changed"] for result in results)
    return Exit.WRONG_SPEC if stale else Exit.FINE


def writable(
    outputs: Sequence[Output], limits: Limits, extend: options.Extend, *, force: bool
) -> None:
    """Raise an error if one of the files must not be overwritten, before any is written.

    Args:
        outputs: the compiled files.
        limits: how large the networks in the existing files may be.
        extend: custom rules, units, aggregations and layers.
        force: overwrite files that archdsl did not generate or that were edited.

    Raises:
        ArchdslError: A410 to A412 as `files.allowed` and `refuse_edited` do.
    """
    for file in outputs:
        allowed(file.path, file.job.spec, force)
        if not force:
            refuse_edited(file.path, file.text, limits, extend)


def deliver(file: Output, *, check: bool, force: bool, quiet: bool) -> dict[str, Any]:
    """Write one file, or compare it, and return its facts for `--json`.

    Args:
        file: the compiled file.
        check: compare with the file on disk instead of writing.
        force: overwrite a file that archdsl did not generate.
        quiet: print nothing.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does.
    """
    job, checked, path, text = file.job, file.checked, file.path, file.text
    if check:
        changed = stale(path, text, "compiled", quiet=quiet)
    else:
        changed = write(path, text, spec=job.spec, force=force)
    reasons = obstacles(checked.graph) if job.memory_efficient else []
    if not quiet:
        print_result(checked, path, changed=changed, check=check)
        for index, reason in enumerate(reasons):
            if reason:
                terminal.say(f"    stages.{index} is trained layer by layer: {reason}")
    return {
        "file": str(path),
        "class": job.class_name or class_of(checked.spec),
        "name": checked.spec.name,
        "settings": dict(checked.spec.settings),
        "sha256": checked.spec.sha256,
        "parameters": checked.report.parameters,
        "changed": changed,
        "lines": text.count("\n"),
        **({"memory_efficient_obstacles": reasons} if job.memory_efficient else {}),
        "expectations": [verdict.as_dict() for verdict in checked.verdicts],
    }


def print_result(checked: api.Checked, path: Path, *, changed: bool, check: bool) -> None:
    """Print a line about the file, and a line for each published figure.

    Args:
        checked: the network and its published figures.
        path: the file, as it is printed.
        changed: whether the text differs from what the file had.
        check: whether nothing was written, so that a file that differs is stale.
    """
    word = {(True, True): "stale", (True, False): "up to date", (False, True): "wrote"}.get(
        (check, changed), "unchanged"
    )
    report = checked.report
    counts = f"{counted(report.parameters, 'parameter')}, {counted(report.macs, 'MAC')}"
    tell = print if check else terminal.say
    tell(f"{word}  {visible(str(path))}  {counts}")
    for verdict in checked.verdicts:
        if verdict.holds is not None:
            tell(f"    published: {visible(verdict.says(), 1_000)}")
