"""Limits: what is just accepted, what is just refused, and that a refusal builds nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, Literal

import pytest

from archdsl import Unit
from archdsl.api import check_text
from archdsl.cli import options
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.ir.ops import Chain
from archdsl.language.layers import LayerWords, Norm
from archdsl.lowering.builder import Builder
from archdsl.lowering.limits import Allowance, Limits, Size
from archdsl.lowering.network import lower, size
from cli.commands import SMALL, archdsl, environment

HEAD = """stem: [{conv: {width: 8}}, norm]
between: {kind: transition, width: 8}
head: [norm, {pool: {to: 1}}, flatten]
"""
PROJECTED = SMALL.replace("count: 1", "count: 2") + "  entry: projection\n" + HEAD
LAYERED = SMALL.replace("width: 8", 'width: "8 + layer - layer"')

SIZES = {
    "one stage": (SMALL, Size(4, 10, 12)),
    "stages with stem, transition, projections and head": (PROJECTED, Size(8, 20, 37)),
    "arithmetic over layers, 17 characters": (LAYERED, Size(4, 10, 16)),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_by_closed_form(name: str) -> None:
    text, wanted = SIZES[name]
    assert size(parse(text)) == wanted


@pytest.mark.parametrize(
    "name", ["one stage", "stages with stem, transition, projections and head"]
)
def test_no_network_has_more_primitives_than_are_counted(name: str) -> None:
    spec = parse(SIZES[name][0])
    chains = [node.op for node in lower(spec).graph if isinstance(node.op, Chain)]
    built = sum(len(chain.layers) for chain in chains)
    assert built <= size(spec).primitives <= built + 4  # projections that nothing needs


@pytest.mark.parametrize(
    "unit",
    [
        "{kind: basic, width: 8, order: pre}",
        "{kind: basic, width: 8, order: post, dropout: 0.1}",
        "{kind: double, inner: 8, order: pre}",
        "{kind: bottleneck, inner: 2, order: pre, dropout: 0.1}",
        "{kind: dense-bottleneck, width: 8, order: post}",
        "[norm, relu, gelu, {conv: {width: 8}}]",
    ],
)
def test_the_size_of_a_unit_is_that_of_its_list(unit: str) -> None:
    spec = parse(SMALL.replace("{kind: basic, order: pre, width: 8}", unit))
    chains = [node.op for node in lower(spec).graph if isinstance(node.op, Chain)]
    assert size(spec).primitives == sum(len(chain.layers) for chain in chains)


@pytest.mark.parametrize("what", ["layers", "links", "primitives"])
@pytest.mark.parametrize("command", ["check", "show", "compile", "draw", "diff", "compare"])
def test_just_accepted_and_just_refused(what: str, command: str, tmp_path: Path) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL)
    # Two networks of one command are counted together.
    pair = [spec] if command in {"diff", "compare"} else []
    options: dict[str, list[str | Path]] = {
        "compile": ["-o", tmp_path / "small.py"],
        "draw": ["-o", tmp_path / "small.dot"],
        "diff": [spec],
        "compare": [spec.with_name("again.yaml")],
    }
    output = options.get(command, [])
    spec.with_name("again.yaml").write_text(SMALL)
    count = getattr(size(parse(SMALL)), what) * (1 + len(pair))
    ran = archdsl(command, spec, *output, f"--max-{what}={count}")
    assert ran.code == 0, ran.err
    ran = archdsl(command, spec, *output, f"--max-{what}={count - 1}")
    assert ran.code == 3
    assert f"error[{'A305' if pair else 'A301'}]" in ran.err
    assert f"--max-{what} {count}" in ran.err


def never(*arguments: Any) -> None:
    raise AssertionError("something was built")


@pytest.mark.parametrize("command", ["check", "show", "compile", "heatmap", "solve", "reconcile"])
def test_a_refusal_builds_nothing(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Builder, "add", never)
    spec = tmp_path / "large.yaml"
    large = SMALL.replace("layers: 4", "layers: 100000").replace("full", "exponential")
    spec.write_text(large.replace("width: 8", "width: growth") + "params: {growth: 8}\n")
    options: dict[str, list[str | Path]] = {
        "heatmap": [tmp_path / "none.pt", spec, "--json"],
        "solve": [spec, "--over", "growth", "--parameters", "1M"],
        "reconcile": [spec, "--parameters", "1M"],
    }
    ran = archdsl(command, *options.get(command, [spec]))
    assert ran.code == 3
    assert "error[A301]" in ran.err
    assert "100,000 layers (limit 50,000)" in ran.err


def test_networks_that_are_too_large_alone_leave_the_others(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "large.yaml").write_text(SMALL.replace("layers: 4", "layers: 1000000"))
    ran = archdsl("compare", tmp_path / "small.yaml", tmp_path / "large.yaml")
    assert "error[A301]" in ran.err
    assert "small" in ran.out


def test_a_manifest_is_counted_as_a_whole(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(SMALL.replace("small", name))
    entries = ", ".join(f"{{spec: {n}.yaml, file: {n}.py}}" for n in ("one", "two"))
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(f"files: [{entries}]\n")
    ran = archdsl("compile", "--manifest", manifest, "--max-links", "19")
    assert ran.code == 3
    assert "these 2 networks have 20 links (limit 19) together" in ran.err
    assert archdsl("compile", "--manifest", manifest, "--max-links", "20").code == 0


def test_a_search_counts_what_it_builds_together(tmp_path: Path) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL.replace("width: 8", "width: growth") + "params: {growth: 8}\n")
    words: list[str | Path] = ["solve", spec, "--over", "growth", "--parameters", "1M"]
    ran = archdsl(*words, "--max-layers", "4")
    assert ran.code == 3
    assert "error[A305]: the networks that are counted here have 20 layers (limit 16)" in ran.err
    assert archdsl(*words, "--max-layers", "200").code == 0


def test_an_allowance_is_used_up_by_what_fits() -> None:
    allowance = Allowance(Limits(layers=10), times=2)
    allowance.take(Size(layers=11))  # refused by itself later, and never built
    allowance.take(Size(layers=10))
    allowance.take(Size(layers=10))
    with pytest.raises(ArchdslError) as raised:
        allowance.take(Size(layers=1))
    assert raised.value.diagnostics[0].help == "raise it on the command line: --max-layers 11"


def test_scaling_is_limited_by_what_it_counts(tmp_path: Path) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL)
    words: list[str | Path] = ["scaling", spec, "--depths", "16:64"]
    assert archdsl(*words, "--max-primitives", "48").code == 0
    ran = archdsl(*words, "--max-primitives", "47")
    assert ran.code == 3
    assert "64 layers have 192 primitives (limit 188)" in ran.err
    spec.write_text(SMALL.replace("full", "exponential"))
    assert archdsl(*words, "--max-links", "100").code == 0
    assert archdsl(*words, "--max-links", "10").code == 3


class Long(Unit):
    """As many norms as are asked for."""

    kind: Literal["long"]
    count: int = 64

    def layers(self, stride: int) -> Sequence[LayerWords]:
        return [Norm()] * self.count


def test_a_unit_of_ones_own_is_counted_by_its_most() -> None:
    text = SMALL.replace("{kind: basic, order: pre, width: 8}", "{kind: long, count: 64}")
    text = text.replace("full", "plain")
    assert size(parse(text, extend=[Long])).primitives == 4 * 64
    assert check_text(text, extend=[Long]).report.layers == 4
    with pytest.raises(ArchdslError) as raised:
        check_text(text.replace("count: 64", "count: 65"), extend=[Long])
    diagnostic = raised.value.diagnostics[0]
    assert (diagnostic.code, diagnostic.message) == (
        "A301", "the unit `long` has 65 layers (limit 64)",
    )  # fmt: skip


def test_the_largest_accepted_network_keeps_to_its_memory(tmp_path: Path) -> None:
    """A network of 1,000,000 links is checked in less than 200 MB of data; it takes about 50."""
    spec = tmp_path / "large.yaml"
    spec.write_text(SMALL.replace("layers: 4", "layers: 1413").replace("[3, 8, 8]", "[3, 1, 1]"))
    code = (
        "import resource, sys\n"
        "from archdsl.cli.main import run\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (200 * 2**20,) * 2)\n"
        f"sys.argv = ['archdsl', 'check', {str(spec)!r}]\n"
        "sys.exit(run())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "998,991" in ran.stdout  # links


def test_limits_can_be_given_in_python() -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(SMALL, limits=Limits(primitives=11))
    diagnostic = raised.value.diagnostics[0]
    assert diagnostic.message == "4 layers make 12 primitives (limit 11)"
    assert diagnostic.span is not None
    assert diagnostic.span.line == 6


def test_every_limit_has_an_option() -> None:
    assert list(options.LIMITS) == [field.name for field in fields(Limits)]


def test_a_command_gets_the_limits_that_it_names() -> None:
    @options.limited("links", "layers")
    def command(spec: str, *, limits: Limits = options.DEFAULT) -> int:
        assert limits == Limits(links=7)
        return len(spec)

    assert [*signature(command).parameters] == ["spec", "max_links", "max_layers"]
    assert command(spec="four", max_links=7, max_layers=options.DEFAULT.layers) == 4
