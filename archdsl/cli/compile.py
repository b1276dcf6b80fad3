"""`archdsl compile`: a spec, or all that a manifest lists, to files of PyTorch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.backends.pytorch.naming import class_of
from archdsl.cli import options
from archdsl.cli.files import allowed, stale, write
from archdsl.cli.manifest import read_manifest
from archdsl.cli.render import report as show
from archdsl.cli.render import visible
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

MANIFEST = Path("compiled/manifest.yaml")
WITH_SPEC = "--set, -o, --class-name, --fuse, --fuse-for and --runtime go with a spec"
RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)}


@dataclass(frozen=True)
class Job:
    """One file to make."""

    spec: Path
    sets: dict[str, Any]
    output: Path | None
    class_name: str | None = None
    fuse: bool | str = False
    runtime: str = "paste"


@dataclass(frozen=True)
class Made:
    """A file that is not written yet."""

    job: Job
    found: api.Checked
    path: Path
    text: str


Runtime = Annotated[
    str,
    typer.Option(
        metavar="paste|import",
        help="paste: a standalone file. import: a short file that needs archdsl to run.",
    ),
]


@options.limited()
def compile(
    spec: Annotated[
        Path | None,
        typer.Argument(metavar="[SPEC]", help="A spec file; the manifest if not given."),
    ] = None,
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
    runtime: Runtime = "paste",
    manifest: Annotated[Path, typer.Option(help="Manifest of files to compile.")] = MANIFEST,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Write a standalone PyTorch file for a spec."""
    api.devices(fast := fuse_for or fuse)  # before anything is read
    api.carried(runtime)
    if spec is not None:
        jobs = [Job(spec, dict(options.settings(sets)), output, class_name, fast, runtime)]
    elif sets or output or class_name or fast or runtime != "paste":
        raise fail("A414", WITH_SPEC, help="name a spec")
    else:
        jobs = listed(manifest)
    made = make_all(jobs, limits, form)
    for file in [] if check else made:
        allowed(file.path, file.job.spec, force)
    results = [deliver(file, check=check, force=force, quiet=as_json) for file in made]
    if as_json:
        print(json.dumps(results[0] if spec else results, indent=2))
    stale = check and any(result["changed"] for result in results)
    return Exit.WRONG_SPEC if stale else Exit.FINE


def listed(manifest: Path) -> list[Job]:
    """The jobs of a manifest. Raises ArchdslError (A0xx, A1xx, A40x, A430)."""
    return [
        Job(entry.spec, entry.settings, entry.file, entry.class_name, entry.fuse, entry.runtime)
        for entry in read_manifest(manifest)
    ]


def make_all(jobs: Sequence[Job], limits: Limits, form: str) -> list[Made]:
    """Every file, before any is written. Raises ArchdslError with what is wrong with all specs."""
    made: list[Made] = []
    mistakes: list[Diagnostic] = []
    loaded: list[tuple[Job, Spec]] = []
    for job in jobs:
        try:
            loaded.append((job, api.load(job.spec, job.sets)))
        except ArchdslError as error:
            mistakes += error.diagnostics
    api.refuse_together((spec for _, spec in loaded), limits)
    for job, spec in loaded:
        try:
            found = api.check(spec, limits)
            show(found.remarks, form)
            text = found.require().emit(job.class_name, fuse=job.fuse, runtime=job.runtime)
            made.append(Made(job, found, target(job.output, found.spec.name), text))
        except ArchdslError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise ArchdslError(mistakes)
    return made


def deliver(made: Made, *, check: bool, force: bool, quiet: bool) -> dict[str, Any]:
    """Write or compare one file, and say what became of it."""
    job, found, path, text = made.job, made.found, made.path, made.text
    if check:
        changed = stale(path, text, "compiled", quiet=quiet)
    else:
        changed = write(path, text, spec=job.spec, force=force)
    if not quiet:
        said(found, path, changed, check)
    return {
        "file": str(path),
        "class": job.class_name or class_of(found.spec),
        "name": found.spec.name,
        "settings": dict(found.spec.settings),
        "sha256": found.spec.sha256,
        "parameters": found.report.parameters,
        "changed": changed,
        "lines": text.count("\n"),
        "expectations": [verdict.as_dict() for verdict in found.verdicts],
    }


def target(output: Path | None, name: str) -> Path:
    """Where a network is written. Raises ArchdslError (A109)."""
    if output is not None and not output.is_dir():
        return output
    stem = name.replace("-", "_")
    if stem in RESERVED:
        raise fail(
            "A109",
            f"`{stem}.py` is not a valid file name on Windows",
            help="name the file: -o network.py",
        )
    return (output or Path()) / f"{stem}.py"


def said(found: api.Checked, path: Path, changed: bool, check: bool) -> None:
    """One line on the file, one per published figure."""
    word = {(True, True): "stale", (True, False): "up to date", (False, True): "wrote"}.get(
        (check, changed), "unchanged"
    )
    report = found.report
    print(f"{word}  {visible(str(path))}  {report.parameters:,} parameters, {report.macs:,} MACs")
    for verdict in found.verdicts:
        if verdict.holds is not None:
            print(f"    published: {visible(verdict.says(), 1_000)}")
