"""Draw figures with matplotlib, independent of the user's settings.

This must be the first file that imports matplotlib. While it is imported, matplotlib reads the
variable MPLBACKEND and files named `matplotlibrc`, which can be broken or come from an untrusted
folder. None of them is used: figures are drawn without pyplot.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from archdsl.extras import require

VARIABLES = ("MPLBACKEND", "SOURCE_DATE_EPOCH")


@contextmanager
def _without_variables() -> Iterator[None]:
    """Remove the variables that matplotlib reads, as they can be invalid, and restore them."""
    taken = {name: os.environ.pop(name) for name in VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)


@contextmanager
def _in_its_folder() -> Iterator[None]:
    """Change to the folder of matplotlib's own `matplotlibrc`.

    The current folder is always searched first, so no other file is read then.
    """
    package = find_spec("matplotlib") if "matplotlib" not in sys.modules else None
    folder = Path(package.origin).with_name("mpl-data") if package and package.origin else None
    if folder is None or not folder.is_dir() or os.chdir not in os.supports_fd:
        yield
        return
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    try:
        os.chdir(folder)
        yield
    finally:
        os.chdir(here)
        os.close(here)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress matplotlib's messages on its cache folder and on missing glyphs."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+")  # a box is drawn instead
            yield
    finally:
        log.setLevel(level)


require("matplotlib")
with _quiet(), _without_variables(), _in_its_folder():
    import matplotlib as mpl
    from matplotlib.figure import Figure

__all__ = ["Figure", "plotted"]


def plotted(
    fill: Callable[[Figure], None],
    form: str,
    *,
    size: tuple[float, float],
    style: Any,
    metadata: Mapping[str, Any],
) -> bytes:
    """Draw a figure and return it as a file; the same input gives the same bytes.

    Args:
        fill: draws on the empty figure.
        form: `svg`, `png` or `pdf`.
        size: inches across and down.
        style: matplotlib's parameters, over its defaults.
        metadata: the metadata of the file, such as its creator.
    """
    with _quiet(), _without_variables(), mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(style)
        figure = Figure(figsize=size, layout="constrained")
        fill(figure)
        file = BytesIO()
        figure.savefig(file, format=form, metadata=dict(metadata))
    return file.getvalue()
