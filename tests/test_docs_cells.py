"""docs/cells.md and its pictures are what benchmarks/cells.py makes of the specs."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from apps.draw.test_gallery import shapes

ROOT = Path(__file__).parent.parent
SCRIPT = runpy.run_path(str(ROOT / "benchmarks" / "cells.py"))


def test_page_is_fresh() -> None:
    assert (ROOT / "docs" / "cells.md").read_text(encoding="utf-8") == SCRIPT["page"]()


@pytest.mark.parametrize("rule", SCRIPT["RULES"])
def test_picture_is_fresh(rule: str) -> None:
    drawn = (ROOT / "docs" / "cells" / f"{rule}.svg").read_bytes()
    assert shapes(drawn) == shapes(SCRIPT["picture"](rule))
