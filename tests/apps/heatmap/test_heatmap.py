"""`archdsl heatmap`: checkpoints of known weights give the known numbers; others are refused."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pickle
import zipfile
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

import archdsl  # noqa: E402
from archdsl.apps.checkpoint.reading import load  # noqa: E402
from archdsl.apps.heatmap.checkpoint import heat_map  # noqa: E402
from archdsl.apps.heatmap.plot import _panel, draw  # noqa: E402
from archdsl.apps.heatmap.readers import readers  # noqa: E402
from archdsl.cli.files import ours  # noqa: E402
from archdsl.frontend.load import parse  # noqa: E402
from cli.commands import SPECS  # noqa: E402
from cli.commands import archdsl as command  # noqa: E402

TOP = "archdsl: 1\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 10, kernel: 3}}]\n"
BASIC = "{kind: basic, order: pre, width: 4}"
BOTTLENECK = "{kind: dense-bottleneck, order: pre, width: 4}"
POWERS = "{rule: exponential, base: 2}"


def spec(rule: str, unit: str = BASIC, count: int = 2, aggregate: str = "concat") -> str:
    return TOP + (
        f"stages: {{count: {count}, layers: 5, unit: {unit}, connect: {rule},"
        f" aggregate: {aggregate}, exit: rule}}\n"
        "between: {kind: transition, width: 10, pool: average}\n"
        "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"
    )


def known(stage: int | None, layer: int, source: int) -> float:
    """The mean absolute weight that a test gives a link."""
    return 0.01 * (1 + (stage or 0)) + 0.1 * (1 + layer) + 0.003 * (1 + source) ** 2


def reads(rule: str, layer: int) -> list[int]:
    """What a layer reads, by hand, in the order of equations 2 and 3."""
    if rule == "full":
        return list(range(layer))
    return [layer - 2**power for power in range(layer) if 2**power <= layer]


def filled(text: str, rule: str, first: str) -> tuple[Any, dict[str, Any]]:
    """A network and its state dict: of every link the weights are `known`, with random signs."""
    graph = archdsl.lower(parse(text))
    network = archdsl.build(parse(text))
    state = {name: value.clone() for name, value in network.state_dict().items()}
    generator = torch.Generator().manual_seed(1)
    for stage in range(2):
        keys = [f"stages.{stage}.layers.{layer}.{first}.weight" for layer in range(5)]
        keys.append("head.linear.weight" if stage else "between.0.conv.weight")
        for layer, key in enumerate(keys, start=1):
            widths = [10 if source == 0 else 4 for source in reads(rule, layer)]
            ends = [0, *accumulate(widths)]
            assert state[key].shape[1] == ends[-1]
            for source, start, end in zip(reads(rule, layer), ends, ends[1:], strict=False):
                part = state[key][:, start:end]
                signs = torch.randint(0, 2, part.shape, generator=generator) * 2 - 1
                # Around the mean, in pairs that cancel, so that a mean it is and no maximum.
                size = torch.full(part.shape, known(stage, layer, source))
                spread = torch.linspace(-0.5, 0.5, size.numel()).reshape(part.shape)
                state[key][:, start:end] = signs * size * (1 + spread)
    return graph, state


@pytest.mark.parametrize("rule", ["full", POWERS])
@pytest.mark.parametrize(("unit", "first"), [(BASIC, "conv"), (BOTTLENECK, "conv1")])
def test_known_weights_give_known_numbers(rule: str, unit: str, first: str) -> None:
    graph, state = filled(spec(rule, unit), rule, first)
    found = heat_map(graph, state)
    assert [panel.stage for panel in found.panels] == [0, 1]
    for panel in found.panels:
        links = {(source, layer) for layer in range(1, 7) for source in reads(rule, layer)}
        assert panel.means.keys() == links
        for (source, layer), mean in panel.means.items():
            assert mean == pytest.approx(known(panel.stage, layer, source), rel=1e-5)
        for (source, layer), value in panel.rescaled.items():
            most = max(known(panel.stage, layer, other) for other in reads(rule, layer))
            assert value == pytest.approx(known(panel.stage, layer, source) / most, rel=1e-5)
        for layer in range(1, 7):
            assert max(panel.rescaled[source, layer] for source in reads(rule, layer)) == 1


def test_groups_see_their_own_features() -> None:
    """Two groups of two features: the second outputs never see the first features."""
    text = TOP.replace("10", "2") + (
        "stages: {count: 1, layers: 2, connect: full, aggregate: concat,"
        " unit: [{conv: {width: 2, kernel: 1, groups: 2}}]}\n"
    )
    graph = archdsl.lower(parse(text))
    state = archdsl.build(parse(text)).state_dict()
    key = "stages.0.layers.1.conv.weight"
    assert state[key].shape == (2, 2, 1, 1)  # group 0 reads y_0, group 1 reads y_1
    state[key] = torch.tensor([[1.0, -3.0], [10.0, 30.0]]).reshape(2, 2, 1, 1)
    (panel,) = heat_map(graph, state).panels
    assert (panel.means[0, 2], panel.means[1, 2]) == (2.0, 20.0)


def test_maps_that_are_flattened_keep_their_places() -> None:
    """A head that flattens 4 x 4 places: each channel has 16 features."""
    text = TOP + (
        f"stages: {{count: 1, layers: 2, unit: {BASIC}, connect: full, aggregate: concat}}\n"
        "head: [{pool: {to: 4}}, flatten, {linear: {width: 3}}]\n"
    )
    graph = archdsl.lower(parse(text))
    state = archdsl.build(parse(text)).state_dict()
    weight = state["head.linear.weight"]
    assert weight.shape == (3, 18 * 16)
    for source, (start, end) in enumerate([(0, 10), (10, 14), (14, 18)]):
        weight[:, start * 16 : end * 16] = -float(source + 1)
    (panel,) = heat_map(graph, state).panels
    assert [panel.means[source, 3] for source in range(3)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("name", ["densenet-cifar", "sparsenet-bc-cifar", "densenet-imagenet"])
def test_every_link_of_shipped_networks_is_there(name: str) -> None:
    graph = archdsl.lower(archdsl.load(SPECS / f"{name}.yaml"))
    found = list(readers(graph))
    for stage in graph.stages:
        here = [reader for reader in found if reader.stage == stage.index]
        assert [reader.layer for reader in here] == list(range(1, stage.depth + 2))
        assert sum(len(r.sources) for r in here[:-1]) == stage.rule.links(stage.depth)


def test_zeros_are_no_division() -> None:
    graph, state = filled(spec("full"), "full", "conv")
    state["stages.0.layers.2.conv.weight"].zero_()
    panel = heat_map(graph, state).panels[0]
    assert [panel.rescaled[source, 3] for source in range(3)] == [0.0, 0.0, 0.0]


def test_sums_have_no_heat_map(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        spec("full", "{kind: basic, order: pre, width: 10}", aggregate="sum"), encoding="utf-8"
    )
    torch.save(archdsl.build(archdsl.load(path)).state_dict(), tmp_path / "net.pt")
    ran = command("heatmap", tmp_path / "net.pt", path, "--json")
    assert ran.code == 2
    assert "A442" in ran.err


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint and its spec."""
    path = tmp_path / "net.yaml"
    path.write_text(spec("full"), encoding="utf-8")
    _, state = filled(spec("full"), "full", "conv")
    torch.save(state, tmp_path / "net.pt")
    return tmp_path / "net.pt", path


def test_json_and_csv_say_the_same(trained: tuple[Path, Path]) -> None:
    ran = command("heatmap", *trained, "--json")
    facts = json.loads(ran.out)
    rows = list(csv.DictReader(io.StringIO(command("heatmap", *trained, "--csv").out)))
    links = [(s["stage"], link) for s in facts["stages"] for link in s["links"]]
    assert len(rows) == len(links) == 2 * (1 + 2 + 3 + 4 + 5 + 6)
    for row, (stage, link) in zip(rows, links, strict=True):
        assert (int(row["stage"]), int(row["layer"])) == (stage, link["layer"])
        assert float(row["mean"]) == link["mean"]
        wanted = known(stage, link["layer"], link["source"])
        assert link["mean"] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_pictures(form: str, trained: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / f"heat.{form}"
    assert command("heatmap", *trained, "-o", path).out == f"wrote  {path}\n"
    assert ours(path)
    assert command("heatmap", *trained, "-o", path).out == f"unchanged  {path}\n"


def test_rows_are_sources_and_columns_are_readers() -> None:
    """As in figure 3, whose first row is the input, and in `archdsl draw --view matrix`."""
    from matplotlib.figure import Figure

    graph, state = filled(spec("full"), "full", "conv")
    panel = heat_map(graph, state).panels[0]
    axes = Figure().subplots()
    cells: Any = _panel(axes, panel).get_array()
    values = cells.filled(-1.0)  # where there is no link, the value is masked
    for source in range(6):
        for layer in range(1, 7):
            wanted = panel.rescaled[source, layer] if source < layer else -1.0
            assert values[source][layer - 1] == pytest.approx(wanted)
    assert (axes.get_ylabel(), axes.get_xlabel()[:5]) == ("output it reads", "layer")


def test_where_there_is_no_link_the_picture_is_white() -> None:
    """The right half of the upper row is dark only where a layer reads what enters."""
    import matplotlib.image

    graph, state = filled(spec(POWERS), POWERS, "conv")
    found = heat_map(graph, state)
    image = matplotlib.image.imread(io.BytesIO(draw(found, "png")))
    assert image[:2, :2].min() == 1  # the margin is white
    white = (image[:, :, :3] > 0.999).all(axis=2).mean()
    full_graph, full_state = filled(spec("full"), "full", "conv")
    full = matplotlib.image.imread(io.BytesIO(draw(heat_map(full_graph, full_state), "png")))
    assert white > (full[:, :, :3] > 0.999).all(axis=2).mean()


def averaged(network: Any) -> dict[str, Any]:
    return dict(torch.optim.swa_utils.AveragedModel(network).state_dict())


def parallel(network: Any) -> Any:
    """What `DistributedDataParallel` does to names, without a process group."""
    return torch.nn.ModuleDict({"module": network})


WRAPPED: dict[str, Any] = {
    "torch.compile of data parallel": lambda net: torch.compile(parallel(net)).state_dict(),
    "data parallel of torch.compile": lambda net: parallel(torch.compile(net)).state_dict(),
    "AveragedModel": averaged,
    "AveragedModel of torch.compile": lambda net: averaged(torch.compile(net)),
    "a script's dictionary": lambda net: {"net": net.state_dict(), "acc": 93.0},
    "a module of a trainer": lambda net: {
        "state_dict": torch.nn.ModuleDict({"net": net}).state_dict()
    },
    "beside an optimiser": lambda net: {
        "model": net.state_dict(), "epoch": 3,
        "optimizer": torch.optim.Adam(net.parameters()).state_dict(),
    },
}  # fmt: skip


@pytest.mark.parametrize("how", WRAPPED)
def test_wrapped_checkpoints(how: str, tmp_path: Path) -> None:
    """Each gives the numbers of the state dict that the network itself has."""
    path = tmp_path / "net.yaml"
    path.write_text(spec("full"), encoding="utf-8")
    network = archdsl.build(archdsl.load(path))
    torch.save(network.state_dict(), tmp_path / "plain.pt")
    torch.save(WRAPPED[how](network), tmp_path / "wrapped.pt")
    ran = command("heatmap", tmp_path / "wrapped.pt", path, "--csv")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == command("heatmap", tmp_path / "plain.pt", path, "--csv").out


def test_two_state_dicts_in_a_checkpoint(trained: tuple[Path, Path], tmp_path: Path) -> None:
    state = torch.load(trained[0], weights_only=True)
    torch.save({"model": state, "ema": dict(state)}, tmp_path / "both.pt")
    ran = command("heatmap", tmp_path / "both.pt", trained[1], "--json")
    assert ran.code == 2
    assert (
        "error[A443]: the checkpoint holds 2 state dicts of this network: `ema`, `model`" in ran.err
    )


def test_folded_weights_are_refused_with_the_advice_that_helps(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    """A network whose norms were folded into its convolutions has no heat map to give."""
    state = torch.load(trained[0], weights_only=True)
    folded = {f"network.{name}": value for name, value in state.items() if "norm" not in name}
    torch.save(folded, tmp_path / "folded.pt")
    ran = command("heatmap", tmp_path / "folded.pt", trained[1], "--json")
    assert ran.code == 2
    assert "error[A441]: the checkpoint is not one of net: it has no " in ran.err
    assert "save the state dict of the network itself" in ran.err


WEIGHT = "stages.0.layers.2.conv.weight"
CONVERTED: dict[str, Any] = {
    "float64": lambda w: w.double(),
    "bfloat16": lambda w: w.bfloat16(),
    "float8": lambda w: w.to(torch.float8_e5m2),
    "sparse": lambda w: w.to_sparse(),
    "quantised": lambda w: torch.quantize_per_tensor(w, 0.01, 0, torch.qint8),
    "quantised by channel": lambda w: torch.quantize_per_channel(
        w, torch.full((len(w),), 0.01), torch.zeros(len(w), dtype=torch.long), 0, torch.qint8
    ),
    "one number, expanded": lambda w: torch.full((1, 1, 1, 1), 0.5).expand(w.shape),
}


@pytest.mark.filterwarnings("ignore:torch.quantize_per")
@pytest.mark.parametrize("how", CONVERTED)
def test_weights_of_any_floating_kind(how: str) -> None:
    """The number is that of the values the tensor stands for, rounded as its kind rounds."""
    graph, state = filled(spec("full"), "full", "conv")
    state[WEIGHT] = CONVERTED[how](state[WEIGHT])
    plain = state[WEIGHT].dequantize() if "quantised" in how else state[WEIGHT].to_dense()
    means = heat_map(graph, state).panels[0].means
    for source, (start, end) in enumerate([(0, 10), (10, 14), (14, 18)]):
        wanted = float(plain.double()[:, start:end].abs().mean())
        assert means[source, 3] == pytest.approx(wanted, rel=1e-12)
        assert how.startswith("one") or wanted == pytest.approx(known(0, 3, source), rel=0.1)


UNUSABLE: dict[str, tuple[Any, str]] = {
    "meta": (lambda w: w.to("meta"), "is on the meta device and has no values"),
    "nested": (lambda w: torch.nested.nested_tensor([w[0], w[1]]), "is a nested tensor"),
    "integers": (lambda w: w.to(torch.int8), "has the dtype torch.int8"),
    "complex": (lambda w: w.to(torch.complex64), "has the dtype torch.complex64"),
    "float4": (
        lambda w: w.to(torch.uint8).view(torch.float4_e2m1fn_x2),
        "is torch.strided torch.float4_e2m1fn_x2, which",
    ),
    "a list": (lambda w: [1.0, 2.0], "is a list, not a tensor"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("how", UNUSABLE)
def test_weights_without_real_numbers(how: str, trained: tuple[Path, Path], tmp_path: Path) -> None:
    state = torch.load(trained[0], weights_only=True)
    make, said = UNUSABLE[how]
    state[WEIGHT] = make(state[WEIGHT])
    torch.save(state, tmp_path / "odd.pt")
    ran = command("heatmap", tmp_path / "odd.pt", trained[1], "--json")
    assert (ran.code, ran.out) == (2, "")
    assert f"error[A440]: {WEIGHT} {said}" in ran.err


def test_a_shape_is_looked_at_before_values_are_made(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    """A sparse tensor of 10^15 zeros is a small file."""
    state = torch.load(trained[0], weights_only=True)
    with torch.sparse.check_sparse_tensor_invariants(True):
        size = (4, 10**9, 10**3, 9)
        state[WEIGHT] = torch.sparse_coo_tensor(torch.zeros(4, 0), torch.zeros(0), size)
    torch.save(state, tmp_path / "large.pt")
    ran = command("heatmap", tmp_path / "large.pt", trained[1], "--json")
    assert f"error[A441]: the checkpoint is not one of net: {WEIGHT} is 4x1000000000" in ran.err


def test_sparse_indices_outside_of_their_tensor_are_refused(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    """A dense copy would write where its memory is not."""
    state = torch.load(trained[0], weights_only=True)
    weight = state[WEIGHT].to_sparse().coalesce()
    indices = weight.indices() + 10**7
    with torch.sparse.check_sparse_tensor_invariants(False):
        state[WEIGHT] = torch.sparse_coo_tensor(indices, weight.values(), weight.shape)
    torch.save(state, tmp_path / "outside.pt")
    ran = command("heatmap", tmp_path / "outside.pt", trained[1], "--json")
    assert ran.code == 2
    assert "error[A440]" in ran.err
    assert "size is inconsistent with indices" in ran.err


def test_a_small_file_cannot_fill_the_memory(trained: tuple[Path, Path], tmp_path: Path) -> None:
    """Records of zeros, packed a thousandfold: refused by their sizes, before they are unpacked."""
    with (
        zipfile.ZipFile(trained[0]) as old,
        zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, bytes(2**26) if name.endswith("/data/0") else old.read(name))
    ran = command("heatmap", tmp_path / "packed.pt", trained[1], "--json")
    assert ran.code == 2
    assert "error[A440]" in ran.err
    assert "its records unpack to 67," in ran.err


def test_a_reader_that_runs_out_of_memory(
    trained: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(torch, "load", exhausted)
    ran = command("heatmap", *trained, "--json")
    assert ran.code == 2
    assert "error[A440]" in ran.err
    assert "MemoryError" in ran.err


class Harmful:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch harmed",)


def test_nothing_in_a_checkpoint_is_run(
    trained: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Harmful()}, "harmful.pt")
    Path("harmful.pkl").write_bytes(pickle.dumps(Harmful()))
    for name in ("harmful.pt", "harmful.pkl"):
        ran = command("heatmap", name, trained[1], "--json")
        assert ran.code == 2
        assert "error[A440]" in ran.err
        assert "Traceback" not in ran.err
    assert not Path("harmed").exists()


def test_what_is_no_checkpoint(trained: tuple[Path, Path], tmp_path: Path) -> None:
    whole = trained[0].read_bytes()
    cases = {
        "empty": b"", "cut": whole[: len(whole) // 2], "text": b"weights", "zip": b"PK\3\4" * 9,
    }  # fmt: skip
    for name, content in cases.items():
        path = tmp_path / f"{name}.pt"
        path.write_bytes(content)
        ran = command("heatmap", path, trained[1], "--json")
        assert (ran.code, "error[A440]" in ran.err) == (2, True), name
    torch.save([1, 2], tmp_path / "list.pt")
    assert (
        "the checkpoint holds a list, not a state dict"
        in command("heatmap", tmp_path / "list.pt", trained[1], "--json").err
    )
    assert "A401" in command("heatmap", tmp_path / "none.pt", trained[1], "--json").err
    assert "A402" in command("heatmap", tmp_path, trained[1], "--json").err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("stem.conv.weight"), "it has no stem.conv.weight"),
        (lambda s: s.update(more=torch.zeros(1)), "the network has no more"),
        (lambda s: s.update({"stem.conv.weight": torch.zeros(2, 3)}), "stem.conv.weight is 2x3"),
        (
            lambda s: s["stem.conv.weight"].fill_(math.nan),
            "stem.conv.weight has values that are not finite",
        ),
    ],
)
def test_other_networks(change: Any, said: str, trained: tuple[Path, Path], tmp_path: Path) -> None:
    state = torch.load(trained[0], weights_only=True)
    change(state)
    torch.save(state, tmp_path / "other.pt")
    ran = command("heatmap", tmp_path / "other.pt", trained[1], "--json")
    assert ran.code == 2
    assert "error[A441]: the checkpoint is not one of net" in ran.err
    assert said in ran.err


def test_there_must_be_something_to_write(trained: tuple[Path, Path]) -> None:
    assert "there is nothing to write" in command("heatmap", *trained).err


def test_the_checkpoint_is_not_overwritten(trained: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "net.svg"
    target.write_bytes(trained[0].read_bytes())
    ran = command("heatmap", target, trained[1], "-o", target, "--force")
    assert ran.code == 2
    assert load(target)


SHARED = {
    "mixed": ("{kind: mixed, inner: 2}", {0: [0, 1, 2, 3], 1: [2, 3, 4, 5], 2: [4, 5, 6, 7]}),
    "dual": ("{kind: dual, sum: 3}", {0: [0, 1, 2, 3], 1: [0, 1, 2, 4], 2: [0, 1, 2, 5]}),
}


@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.parametrize("place", ["stage", "block"])
def test_channels_that_hold_several_outputs_count_for_each(kind: str, place: str) -> None:
    """An output is read by the weights of all channels that it is added to or copied to."""
    aggregate, channels = SHARED[kind]
    keys = f"layers: 3, unit: [{{conv: {{width: 4, kernel: 1}}}}], aggregate: {aggregate}"
    inner, path = f"[{{block: {{{keys}, connect: full, exit: last}}}}]", "stages.0.layers.2."
    stages = f"{keys}, connect: full"
    if place == "block":
        stages = f"layers: 1, unit: {inner}, connect: plain, aggregate: sum"
        path = "stages.0.layers.0.block.layers.2."
    checked = archdsl.api.check_text(
        f"archdsl: 2\nname: net\ninput: [4, 4, 4]\nstages: {{count: 1, {stages}}}\n"
    )
    state = dict(archdsl.build(checked.spec).state_dict())
    weight = torch.randn_like(state[f"{path}conv.weight"])
    *_, panel = heat_map(checked.graph, state | {f"{path}conv.weight": weight}).panels
    for source, own in channels.items():
        wanted = float(weight[:, own].abs().mean())
        assert panel.means[source, 3] == pytest.approx(wanted, rel=1e-6)
