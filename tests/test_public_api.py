"""What `import archdsl` gives, and what it does not bring along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import archdsl
from archdsl.errors import Exit

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "sparsenet-bc-cifar.yaml"

LIGHT = """
import sys
before = set(sys.modules)
import archdsl
found = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = {n for n in found if n not in sys.stdlib_module_names and not n.startswith("_")}
print(*sorted(foreign))
"""

ALLOWED = {
    "archdsl",
    "yaml", "cython_runtime",
    "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection",
}  # fmt: skip


def test_all_names_what_there_is() -> None:
    assert archdsl.__all__ == [
        "Aggregation", "ArchdslError", "Layer", "Rule", "Unit", "analyse", "build", "compare",
        "emit", "load", "lower", "picture",
    ]  # fmt: skip
    assert archdsl.__all__ == sorted(archdsl.__all__)
    for name in archdsl.__all__:
        assert getattr(archdsl, name).__doc__, name


def test_it_brings_little_along(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LIGHT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(ran.stdout.split())
    assert {"archdsl", "pydantic", "yaml"} <= found
    assert found <= ALLOWED


def test_from_a_path_to_a_file() -> None:
    spec = archdsl.load(str(SPEC), {"depth": 40, "growth": [8, 16, 32], "base": "1 + 1"})
    assert spec.settings == {"base": 2, "depth": 40, "growth": [8, 16, 32]}
    report = archdsl.analyse(archdsl.lower(spec))
    text = archdsl.emit(spec, "Mine")
    assert f"{report.parameters:,} parameters" in text
    assert '__all__ = ["Mine"]' in text


def test_a_module_of_it() -> None:
    torch = pytest.importorskip("torch")
    spec = archdsl.load(SPEC, {"depth": 16})
    module = archdsl.build(spec)
    assert isinstance(module, torch.nn.Module)
    count = sum(weight.numel() for weight in module.parameters())
    assert count == archdsl.analyse(archdsl.lower(spec)).parameters


def test_an_error_holds_its_findings() -> None:
    with pytest.raises(
        archdsl.ArchdslError, match=r"\[A114\] the spec has no parameter `dpth`"
    ) as e:
        archdsl.load(SPEC, {"dpth": 40})
    (finding,) = e.value.diagnostics
    assert finding.code == "A114"
    assert e.value.exit == Exit.WRONG_SPEC
    with pytest.raises(archdsl.ArchdslError) as e:
        archdsl.load("none.yaml")
    assert e.value.diagnostics[0].code == "A401"


def test_settings_of_any_form_are_the_same() -> None:
    forms: list[object] = [[8, 16, 32], (8, 16, 32), "[8, 16, 32]", ["8", 16, "2 ** 5"]]
    specs = [archdsl.load(SPEC, {"growth": form}) for form in forms[:3]]
    assert len({spec.sha256 for spec in specs}) == 1
    with pytest.raises(archdsl.ArchdslError):
        archdsl.load(SPEC, {"growth": forms[3]})


@pytest.mark.parametrize("value", [True, None, {"a": 1}, [], object(), b"12", {1, 2}, 1j, "\udcff"])
def test_settings_of_no_form_are_refused(value: object) -> None:
    with pytest.raises(archdsl.ArchdslError):
        archdsl.load(SPEC, {"growth": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, -(10**40), 0, 2.5])
def test_settings_of_no_sense_are_refused(value: float) -> None:
    with pytest.raises(archdsl.ArchdslError):
        archdsl.emit(archdsl.load(SPEC, {"growth": value}))
