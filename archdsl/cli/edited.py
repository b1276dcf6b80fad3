"""Find generated files that were edited by hand, so that an edit is not overwritten."""

from __future__ import annotations

from pathlib import Path

from archdsl import api
from archdsl.backends.pytorch.provenance import Emitted, read_emitted, version_of
from archdsl.cli import options
from archdsl.cli.files import HEAD, existing
from archdsl.errors import ArchdslError, fail
from archdsl.frontend.files import read_bytes
from archdsl.lowering.limits import Limits
from archdsl.version import __version__


def emitted_again(emitted: Emitted, checked: api.Checked) -> str:
    """Return the text that a spec makes with the options of a generated file.

    Args:
        emitted: the file, and the options that its header names.
        checked: the spec in the file, or another one.
    """
    return checked.emit(
        emitted.class_name, fuse=emitted.fast, memory_efficient=emitted.memory_efficient,
        runtime=emitted.runtime, backbone=emitted.backbone,
    )  # fmt: skip


def refuse_edited(path: Path, text: str, limits: Limits, extend: options.Extend) -> None:
    """Raise A411 if a file of this version of archdsl is not what the spec in it makes.

    Files of other versions cannot be made again, so they are not compared.

    Args:
        path: the file to overwrite, which may be missing.
        text: its new content; a file that has it already is not written.
        limits: how large the network in the file may be.
        extend: custom rules, units, aggregations and layers.
    """
    if not path.is_file() or existing(path, most=len(text)) == text.encode():
        return
    if version_of(read_bytes(path, HEAD)) == __version__ and _differs(path, limits, extend):
        raise fail(
            "A411",
            f"{path} was edited since archdsl generated it",
            help="choose another file with -o, or overwrite it with --force",
        )


def _differs(path: Path, limits: Limits, extend: options.Extend) -> bool:
    """Return whether a generated file is not what the spec in it makes."""
    try:
        emitted = read_emitted(path)
        checked = api.check_text(emitted.spec, emitted.settings, limits, extend=extend)
        checked = checked.with_output_stride(emitted.output_stride)
        return emitted_again(emitted, checked) != emitted.text
    except ArchdslError:
        return True
