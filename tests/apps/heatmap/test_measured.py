"""Heat maps of aggregations whose shares depend on the input: means over given images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
np = pytest.importorskip("numpy", reason="numpy is not installed")

import archdsl  # noqa: E402
from archdsl.api import check_text  # noqa: E402
from archdsl.apps.checkpoint.images import load_images  # noqa: E402
from archdsl.apps.heatmap.measured import measured_shares  # noqa: E402
from archdsl.errors import ArchdslError  # noqa: E402
from archdsl.oracle import aggregations  # noqa: E402
from archdsl.oracle.interpret import interpret  # noqa: E402
from cli.commands import archdsl as command  # noqa: E402

UNIT = "[norm, {conv: {width: 4, kernel: 3}}]"
BLOCK = f"[{{block: {{layers: 3, unit: {UNIT}, connect: full, aggregate: attention}}}}]"
SPEC = """archdsl: 2
name: net
input: [4, 5, 5]
stages: {count: 1, layers: 3, unit: UNIT, connect: CONNECT, aggregate: KIND}
"""


def spec(unit: str = UNIT, kind: str = "attention", connect: str = "full") -> str:
    return SPEC.replace("UNIT", unit).replace("KIND", kind).replace("CONNECT", connect)


def trained(text: str) -> tuple[Any, dict[str, Any]]:
    """A network with random weights."""
    checked = check_text(text)
    torch.manual_seed(0)
    state = archdsl.build(checked.spec).state_dict()
    learned = {
        name: torch.randn_like(value)
        for name, value in state.items()
        if name.endswith(("query", "scale"))
    }
    return checked, dict(state) | learned


PLACES = {
    "stage": (spec(), "stages.0"),
    "block": (spec(BLOCK, "sum", "plain"), "stages.0.layers.1.block"),
}


@pytest.mark.parametrize("place", PLACES)
def test_shares_are_the_means_of_what_the_oracle_multiplies(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If one output were 1 and the others 0, the aggregate would be the share of that output."""
    text, path = PLACES[place]
    checked, state = trained(text)
    images = torch.randn(20, 4, 5, 5)
    joined: dict[int, list[Any]] = {}
    attention = aggregations.COMPUTE["attention"]

    def watched(operator: Any, outputs: Any, query: Any, scale: Any) -> Any:
        joined[id(query)] = [*outputs]
        return attention(operator, outputs, query, scale)

    monkeypatch.setitem(aggregations.COMPUTE, "attention", watched)
    double = {name: value.double() for name, value in state.items()}
    interpret(checked.graph, double, images.double())
    shares = measured_shares(checked, state, images)
    for scope in (f"{path}.joins.1", f"{path}.joins.2", f"{path}.exit_join"):
        query, scale = double[f"{scope}.query"], double[f"{scope}.scale"]
        outputs = torch.stack(joined[id(query)])
        root = (outputs.square().mean(dim=2, keepdim=True) + 1e-6).sqrt()
        scores = torch.einsum("c,snchw->snhw", query * scale, outputs / root)
        wanted = scores.softmax(dim=0).mean(dim=(1, 2, 3))
        assert shares[scope] == pytest.approx(wanted.tolist(), rel=1e-4)
        assert sum(shares[scope]) == pytest.approx(1)


def test_a_zero_query_gives_equal_shares(tmp_path: Path) -> None:
    checked = check_text(spec())
    torch.save(archdsl.build(checked.spec).state_dict(), tmp_path / "net.pt")
    (tmp_path / "net.yaml").write_text(spec(), encoding="utf-8")
    np.save(tmp_path / "images.npy", np.ones((3, 4, 5, 5), dtype=np.float16))
    paths = (tmp_path / "net.pt", tmp_path / "net.yaml", "--data", tmp_path / "images.npy")
    ran = command("heatmap", *paths, "--json")
    assert (ran.code, ran.err) == (0, "")
    (stage,) = json.loads(ran.out)["stages"]
    means = {(link["source"], link["layer"]): link["mean"] for link in stage["links"]}
    assert means == pytest.approx(
        {(source, layer): 1 / layer for layer in (2, 3, 4) for source in range(layer)}
    )


def test_pictures_show_the_shares(tmp_path: Path) -> None:
    checked, state = trained(spec())
    torch.save(state, tmp_path / "net.pt")
    (tmp_path / "net.yaml").write_text(spec(), encoding="utf-8")
    images = torch.randn(3, 4, 5, 5)
    np.savez(tmp_path / "images.npz", images=images.numpy(), labels=np.zeros(2))
    words = ("draw", tmp_path / "net.yaml", "--weights", tmp_path / "net.pt")
    data = ("--data", tmp_path / "images.npz", "-o", tmp_path / "net.dot")
    assert command(*words, *data).code == 0
    strengths = archdsl.strengths(checked, state, images)
    drawn = archdsl.picture(checked, "dot", strengths=strengths).content
    assert drawn in (tmp_path / "net.dot").read_bytes()
    with pytest.raises(ArchdslError, match="a graph cannot be run on images"):
        archdsl.strengths(checked.graph, state, images)


def test_without_images_the_help_names_the_option(tmp_path: Path) -> None:
    checked, state = trained(spec())
    with pytest.raises(ArchdslError, match="A442") as refused:
        archdsl.strengths(checked, state)
    assert refused.value.diagnostics[0].note == "the shares of `attention` depend on the input"
    assert "--data" in str(refused.value.diagnostics[0].help)
    other, weights = trained(spec(kind="weighted"))
    with pytest.raises(ArchdslError, match="no shares of net depend on its input"):
        archdsl.strengths(other, weights, torch.randn(1, 4, 5, 5))


ARRAYS: dict[str, Any] = {
    "objects": np.array([{}], dtype=object),
    "bytes": np.zeros((1, 4, 5, 5), dtype=np.uint8),
    "complex numbers": np.zeros((1, 4, 5, 5), dtype=np.complex64),
    "another shape": np.zeros((1, 5, 5, 4), dtype=np.float32),
    "no images": np.zeros((0, 4, 5, 5), dtype=np.float32),
    "an image alone": np.zeros((4, 5, 5), dtype=np.float32),
    "infinite": np.full((1, 4, 5, 5), np.inf, dtype=np.float32),
    "a number": np.float32(1),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_arrays_that_are_refused(name: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"images.{form}"
    (np.save if form == "npy" else np.savez_compressed)(path, ARRAYS[name], allow_pickle=True)
    checked, state = trained(spec())
    with pytest.raises(ArchdslError) as refused:
        measured_shares(checked, state, load_images(path))
    assert refused.value.diagnostics[0].code == "A444"


def test_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = np.zeros((1, 4, 5, 5), dtype=np.float32)
    np.savez(tmp_path / "two.npz", one, one)
    np.savez(tmp_path / "none.npz")
    (tmp_path / "text.npy").write_text("images", encoding="utf-8")
    (tmp_path / "empty.npy").write_bytes(b"")
    np.save(tmp_path / "short.npy", one)
    content = (tmp_path / "short.npy").read_bytes()
    (tmp_path / "short.npy").write_bytes(content[:-4])
    np.savez_compressed(tmp_path / "large.npz", np.zeros(1 << 18, dtype=np.float32))
    monkeypatch.setattr("archdsl.apps.checkpoint.images.MOST", 1 << 19)
    for name in ("two.npz", "none.npz", "text.npy", "empty.npy", "short.npy", "large.npz"):
        with pytest.raises(ArchdslError) as refused:
            load_images(tmp_path / name)
        assert refused.value.diagnostics[0].code == "A444"
    with pytest.raises(ArchdslError) as refused:
        load_images(tmp_path)
    assert refused.value.diagnostics[0].code == "A402"
