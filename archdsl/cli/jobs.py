"""The files that `archdsl compile` writes: what each is made of, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archdsl import api
from archdsl.cli import inputs, options
from archdsl.cli.manifest import read_manifest
from archdsl.cli.progress import working
from archdsl.cli.render import report as show
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)}


@dataclass(frozen=True)
class Job:
    """A file to compile: its spec, and the options for it."""

    spec: Path
    sets: dict[str, Any]
    output: Path | None
    class_name: str | None = None
    fuse: bool | str = False
    memory_efficient: bool = False
    runtime: str = "paste"
    backbone: bool = False
    output_stride: int | None = None


@dataclass(frozen=True)
class Output:
    """A compiled file that is not written yet."""

    job: Job
    checked: api.Checked
    path: Path
    text: str


def listed(manifest: Path) -> list[Job]:
    """Return the jobs of a manifest. Raise A0xx, A1xx, A40x or A430 as `read_manifest` does."""
    return [
        Job(
            e.spec, e.settings, e.file, e.class_name, e.fuse, e.memory_efficient, e.runtime,
            e.backbone,
        )
        for e in read_manifest(manifest)
    ]  # fmt: skip


def make_all(
    jobs: Sequence[Job], limits: Limits, form: str, extend: options.Extend = ()
) -> list[Output]:
    """Compile all files before any is written.

    Args:
        jobs: the files and their specs.
        limits: how large the networks may be, each alone and all together.
        form: the format of warnings and notes on stderr, `text` or `json`.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: the errors of all specs; A305 if the networks are too large together.
    """
    outputs: list[Output] = []
    mistakes: list[Diagnostic] = []
    loaded: list[tuple[Job, Spec]] = []
    for job in jobs:
        try:
            loaded.append((job, inputs.load(job.spec, job.sets, extend=extend)))
        except ArchdslError as error:
            mistakes += error.diagnostics
    api.refuse_together((spec for _, spec in loaded), limits)
    for job, spec in loaded:
        try:
            with working(f"{spec.name}: counting"):
                checked = api.check(spec, limits)
            show(checked.remarks, form)
            with working(f"{spec.name}: compiling"):
                checked = checked.require().with_output_stride(job.output_stride)
                text = checked.emit(
                    job.class_name, fuse=job.fuse, memory_efficient=job.memory_efficient,
                    runtime=job.runtime, backbone=job.backbone,
                )  # fmt: skip
            outputs.append(Output(job, checked, target(job.output, spec.called or spec.name), text))
        except ArchdslError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise ArchdslError(mistakes)
    return outputs


def target(output: Path | None, name: str) -> Path:
    """Return the path that a network is written to.

    Args:
        output: a file, a folder, or None for the current folder.
        name: the name of the network, which names the file in a folder.

    Raises:
        ArchdslError: A109 if the name is reserved on Windows.
    """
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
