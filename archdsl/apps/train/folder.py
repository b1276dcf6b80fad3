"""The folder of a run: the files that are written to it, and how training is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from archdsl.analysis.shapes import shapes
from archdsl.api import Checked
from archdsl.apps.train.emit import emit
from archdsl.apps.train.filled import Trained
from archdsl.apps.train.recipe import Recipe
from archdsl.backends.pytorch.file import BANNER
from archdsl.errors import fail
from archdsl.frontend.files import read_bytes
from archdsl.version import __version__

CHECKPOINT = "last.pt"
LARGEST = 8 * 1024 * 1024

MEMORY = {"MALLOC_TRIM_THRESHOLD_": f"{1 << 40}", "MALLOC_MMAP_THRESHOLD_": f"{1 << 25}"}
"""Makes glibc keep the memory that a step frees; the next one would get it page by page, as zeros.

It reads these when a process starts. With the first, the second no longer grows, so it has here the
most that it would grow to. Elsewhere they mean nothing.
"""


def files(checked: Checked, recipe: Recipe) -> dict[str, str]:
    """Return what is written to the folder of a run: texts by name.

    Args:
        checked: the network.
        recipe: how it is trained.

    Raises:
        ArchdslError: A462 unless the network's result is one score per class, and as `emit` does.
    """
    from archdsl.backends.pytorch.naming import class_of

    graph, spec = checked.graph, checked.spec
    sizes = shapes(graph)
    image, result = sizes[graph.input.name], sizes[graph.output]
    if len(result) != 1:
        raise fail(
            "A462",
            f"the result of {spec.name} has the shape {' x '.join(map(str, result))}",
            help="end the head with a linear layer: one score per class",
        )
    name = class_of(spec)
    network = checked.emit(name, memory_efficient=recipe.words.memory_efficient)
    trained = Trained(name, image, result[0], spec.name, spec.sha256)
    banner = f"{BANNER} {__version__} from the recipe {recipe.name}\n"
    return {"net.py": network, **emit(trained, recipe), "recipe.yaml": banner + recipe.text}


def refuse_other(folder: Path, texts: Mapping[str, str]) -> None:
    """Raise A463 if a folder has the checkpoint of another training.

    Args:
        folder: the folder of a run, which may be missing.
        texts: what will be written to it.
    """
    if not (folder / CHECKPOINT).exists():
        return
    for name, text in texts.items():
        path = folder / name
        if not path.is_file() or read_bytes(path, LARGEST) != text.encode():
            raise fail(
                "A463",
                f"{folder} is the run of another spec or recipe, or {name} was edited",
                help=f"choose another folder with -o, or go on with `python {folder / 'train.py'}`",
            )


def command(folder: Path, options: Sequence[str], processes: int) -> list[str]:
    """Return the command that trains.

    Args:
        folder: the folder of the run.
        options: of train.py.
        processes: how many; torchrun starts several.
    """
    several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [sys.executable, *(several if processes > 1 else []), str(folder / "train.py"), *options]


def train(command: Sequence[str]) -> int:
    """Run the command that trains, and return its exit code: 128 and a signal's number if killed.

    A terminal sends Ctrl-C to the child, too, which then stops cleanly; SIGTERM is passed on.
    The child keeps memory that it frees (`MEMORY`), unless the environment says otherwise.

    Args:
        command: as `command` returns it.
    """
    environment = {**MEMORY, **os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment) as child:

        def forward(number: int, frame: FrameType | None) -> None:
            child.send_signal(number)

        before = [
            signal.signal(signal.SIGINT, signal.SIG_IGN),
            signal.signal(signal.SIGTERM, forward),
        ]
        try:
            code = child.wait()
        finally:
            signal.signal(signal.SIGINT, before[0])
            signal.signal(signal.SIGTERM, before[1])
    return 128 - code if code < 0 else code
