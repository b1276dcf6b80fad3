"""Results in a notebook: a picture or a table, a short text; no traceback for a wrong spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.api import check
from cli.commands import ROOT, SPECS

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

SPEC = SPECS / "sparsenet-bc-cifar.yaml"
WRONG = """archdsl: 1
name: wrong
input: [3, 8, 8]
stages: {count: 1, layers: 2, unit: basic, connect: ful, aggregate: sum}
"""
BEGIN = f"import archdsl; spec = archdsl.load({str(SPEC)!r}, {{'depth': 40}})"
CELLS = {
    "spec": ("spec", "image/svg+xml", "<Spec sparsenet-bc-cifar, depth=40>"),
    "graph": ("archdsl.lower(spec)", "image/svg+xml", "<Graph sparsenet-bc-cifar: "),
    "picture": ("archdsl.picture(spec, 'png')", "image/png", "<Picture paper, png, "),
    "report": (
        "archdsl.analyse(archdsl.lower(spec))", "text/html",
        "<Report sparsenet-bc-cifar: 503,812 parameters, 223,403,040 multiply-adds>",
    ),
    "comparison": ("archdsl.compare(spec, spec)", "text/html", "<Comparison of "),
}  # fmt: skip


METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""What the stored notebook says of its kernel, without versions."""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a real kernel answers to each cell, in one notebook."""
    folder: Path = tmp_path_factory.mktemp("notebook")
    (folder / "wrong.yaml").write_text(WRONG, "utf-8")
    sources = [BEGIN, *(source for source, _, _ in CELLS.values()), "archdsl.load('wrong.yaml')"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    client = nbclient.NotebookClient(
        nbformat.v4.new_notebook(cells=cells), timeout=120, allow_errors=True,
        resources={"metadata": {"path": folder}},
    )  # fmt: skip
    ran = client.execute()
    (wrong,) = ran.cells[-1].outputs
    return {"wrong": wrong} | {
        name: cell.outputs[0].data for name, cell in zip(CELLS, ran.cells[1:-1], strict=True)
    }


@pytest.mark.parametrize("name", CELLS)
def test_a_result_shows_itself(outputs: dict[str, Any], name: str) -> None:
    _, kind, text = CELLS[name]
    assert kind in outputs[name]
    assert outputs[name]["text/plain"].startswith(text)
    assert len(outputs[name]["text/plain"]) < 120


def test_the_table_of_a_report_has_the_parts(outputs: dict[str, Any]) -> None:
    table = outputs["report"]["text/html"]
    report = archdsl.analyse(archdsl.lower(archdsl.load(SPEC, {"depth": 40})))
    assert all(f"{part.parameters:,}" in table for part in report.parts)
    assert f"{report.links:,}" in table


def test_a_wrong_spec_shows_its_line_and_no_traceback(outputs: dict[str, Any]) -> None:
    shown = "\n".join(outputs["wrong"].traceback)
    assert "error[A105]: `ful` is not one of" in shown
    assert "connect: ful" in shown
    assert "^^^" in shown
    assert "Traceback" not in shown
    assert "load.py" not in shown


def test_a_checked_spec_has_a_short_text_too() -> None:
    checked = check(archdsl.load(SPEC, {"depth": 40}))
    assert repr(checked) == "<Checked Spec sparsenet-bc-cifar, depth=40>"


def test_the_stored_notebook_has_the_outputs_of_its_cells(request: pytest.FixtureRequest) -> None:
    """Run with --update-golden to store them again."""
    path = ROOT / "docs" / "notebook.ipynb"
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    client = nbclient.NotebookClient(
        nbformat.from_dict(stored), timeout=120, record_timing=False,
        resources={"metadata": {"path": path.parent}},
    )  # fmt: skip
    ran = nbformat.from_dict({**client.execute(), "metadata": METADATA})
    if request.config.getoption("--update-golden"):
        nbformat.write(ran, path)
        return
    assert [cell.get("outputs") for cell in ran.cells] == [
        cell.get("outputs") for cell in stored.cells
    ]
    kinds = {kind for cell in stored.cells for out in cell.get("outputs", []) for kind in out}
    assert {"data", "traceback"} <= kinds
