"""`archdsl draw --weights`: the numbers of the heat map, as the widths of links."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

import archdsl  # noqa: E402
from archdsl.apps.heatmap.checkpoint import heat_map  # noqa: E402
from cli.commands import SPECS  # noqa: E402
from cli.commands import archdsl as command  # noqa: E402

SETTINGS: dict[str, dict[str, int]] = {
    "resnet-weighted-cifar": {}, "resnet-streams-cifar": {}, "learned-sums-cifar": {},
    "sparsenet-bc-cifar": {"depth": 16}, "densenet-cifar": {"depth": 22}, "highway-mnist": {},
    "mixnet-cifar": {},
}  # fmt: skip


def checkpoint(path: Path, name: str, settings: dict[str, int]) -> archdsl.api.Checked:
    """Save a network of random weights."""
    torch.manual_seed(1)
    spec = archdsl.load(SPECS / f"{name}.yaml", settings)
    state = archdsl.build(spec).state_dict()
    random = {
        key: torch.randn_like(value) if value.is_floating_point() else value
        for key, value in state.items()
    }
    torch.save(random, path)
    return archdsl.api.check(spec)


@pytest.mark.parametrize("name", SETTINGS)
def test_strengths_are_those_of_the_heat_map(name: str, tmp_path: Path) -> None:
    checked = checkpoint(tmp_path / "net.pt", name, SETTINGS[name])
    state = torch.load(tmp_path / "net.pt")
    found, heat = archdsl.strengths(checked.spec, state), heat_map(checked.graph, state)
    assert found.stages == {panel.stage: panel.rescaled for panel in heat.panels}
    for links in found.stages.values():
        assert all(0 <= strength <= 1 for strength in links.values())
    for view in ("paper", "arc", "focus", "matrix"):
        drawn = archdsl.picture(checked, "dot", view=view, strengths=found)
        assert b"strongly" in drawn.content


@pytest.mark.parametrize("form", ["dot", "svg", "png", "pdf"])
def test_the_command_writes_a_picture(form: str, tmp_path: Path) -> None:
    checkpoint(tmp_path / "net.pt", "sparsenet-bc-cifar", {"depth": 16})
    spec, path = SPECS / "sparsenet-bc-cifar.yaml", tmp_path / f"net.{form}"
    words: list[str | Path] = ["draw", spec, "--set", "depth=16", "-o", path]
    assert command(*words).out == f"wrote  {path}  paper\n"
    without = path.read_bytes()
    weighed = command(*words, "--weights", tmp_path / "net.pt")
    assert (weighed.code, weighed.out, weighed.err) == (0, f"wrote  {path}  paper\n", "")
    assert path.read_bytes() != without
    assert command(*words).code == 0
    assert path.read_bytes() == without


@pytest.mark.parametrize(
    ("weights", "spec", "words", "code", "text"),
    [
        ("none.pt", "sparsenet-bc-cifar", ["--set", "depth=16"], "A401", "there is no file"),
        ("text.pt", "sparsenet-bc-cifar", ["--set", "depth=16"], "A440", "is not a checkpoint"),
        ("net.pt", "sparsenet-bc-cifar", ["--set", "depth=40"], "A441", "is not one of"),
        ("net.pt", "densenet-cifar", [], "A441", "the checkpoint is not one of densenet-cifar"),
        ("sum.pt", "resnet-basic-cifar", ["--set", "depth=20"], "A442", "no separate weights"),
        ("net.pt", "sparsenet-bc-cifar", ["--set", "depth=16", "--view", "overview"], "A414",
         "the view overview does not draw links one by one"),
    ],
)  # fmt: skip
def test_refusals(
    weights: str, spec: str, words: list[str], code: str, text: str, tmp_path: Path
) -> None:
    checkpoint(tmp_path / "net.pt", "sparsenet-bc-cifar", {"depth": 16})
    checkpoint(tmp_path / "sum.pt", "resnet-basic-cifar", {"depth": 20})
    (tmp_path / "text.pt").write_text("weights", encoding="utf-8")
    path = tmp_path / "net.dot"
    ran = command(
        "draw", SPECS / f"{spec}.yaml", *words, "--weights", tmp_path / weights, "-o", path
    )
    assert ran.code == 2
    assert f"error[{code}]" in ran.err
    assert text in ran.err
    assert not path.exists()
