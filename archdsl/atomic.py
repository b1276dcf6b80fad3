"""Write a file completely or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from archdsl.interrupts import raised


def replace(path: Path, data: bytes) -> None:
    """Write a temporary file in the same folder, and rename it to `path`.

    The temporary file is removed if that fails, also after Ctrl-C.

    Args:
        path: the target, in an existing folder.
        data: the whole content of the file.

    Raises:
        OSError: if the file cannot be written or renamed.
    """
    with raised():
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
