"""The name of a run in trackers."""

from __future__ import annotations

import uuid
from pathlib import Path


def identity(run: Path) -> str:
    """Return an identifier of a run that no other run has. It is kept in the folder of the run.

    So a run that is continued is one run in a tracker, too.

    Args:
        run: the folder of the run.
    """
    path = run / "run-id"
    if not path.exists():
        path.write_text(uuid.uuid4().hex[:8], encoding="utf-8")
    return path.read_text(encoding="utf-8")
