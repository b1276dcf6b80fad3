"""Remarks on layers that work, but maybe not as meant: each once, where the layer is written."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn import functional

from archdsl.api import check_text
from archdsl.errors import Diagnostic
from archdsl.ir.layers.windows import Axis

SPEC = """archdsl: 1
name: net
input: {input}
stem: {stem}
stages:
{stages}
between: {between}
head: {head}
"""
STAGES = """  count: 1
  layers: 1
  unit: {kind: basic, order: post, width: 4}
  connect: plain
  aggregate: sum"""


def remarks(
    size: str = "[3, 16, 16]",
    stem: str = "[relu]",
    stages: str = STAGES,
    between: str = "[relu]",
    head: str = "[relu]",
) -> tuple[Diagnostic, ...]:
    text = SPEC.format(input=size, stem=stem, stages=stages, between=between, head=head)
    return check_text(text).remarks


def places(*findings: Diagnostic) -> list[tuple[str, str]]:
    """The code of each finding, and the line of the text from where it points on."""
    return [
        (d.code, d.source.text.splitlines()[d.span.line - 1][d.span.column - 1 :])
        for d in findings
        if d.source and d.span
    ]


def windows() -> list[tuple[int, int, int, int]]:
    """Size, kernel, stride and padding of every small window that fits."""
    numbers = itertools.product(range(1, 13), range(1, 5), range(1, 6), range(4))
    return [n for n in numbers if n[0] + 2 * n[3] >= n[1]]


def test_unread_rows_are_those_that_lie_in_no_window() -> None:
    for size, kernel, stride, padding in windows():
        read = {
            row
            for index in range(Axis(kernel, stride, padding).count(size))
            for row in range(index * stride - padding, index * stride - padding + kernel)
        }
        expected = size - len(read & set(range(size)))
        assert Axis(kernel, stride, padding).unread(size)[0] == expected


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 2, 0), (2, 3, 0), (5, 4, 2), (1, 2, 0)]
)
def test_unread_rows_get_no_gradient_in_torch(kernel: int, stride: int, padding: int) -> None:
    for size in range(kernel, 14):
        x = torch.zeros(1, 1, size, size, requires_grad=True)
        weight = torch.ones(1, 1, kernel, kernel)
        y = functional.conv2d(x, weight, stride=stride, padding=padding)
        (gradient,) = torch.autograd.grad(y.sum(), x)
        without = int((gradient[0, 0].sum(1) == 0).sum())
        assert Axis(kernel, stride, padding).unread(size)[0] == without


WINDOWS = {
    "{pool: {kind: max, kernel: 3, stride: 2}}": "the last row and the last column",
    "{pool: {kernel: 5}}": "the last row and the last column",
    "{pool: {kernel: 6, stride: 5}}": "",
    "{pool: {kernel: 7}}": "the last 2 rows and the last 2 columns",
    "{pool: {kernel: 3, stride: 2, padding: 1}}": "",
    "{conv: {width: 4, stride: 2}}": "",
    "{conv: {width: 4, stride: 2, padding: 0}}": "the last row and the last column",
    "{conv: {width: 4, kernel: 2, stride: 4, padding: 0}}": "8 of 16 rows and 8 of 16 columns",
    "{conv: {width: 4, kernel: 1, stride: 2}}": "",
}


@pytest.mark.parametrize(("layer", "left_out"), WINDOWS.items())
@pytest.mark.parametrize("where", ["stem", "unit", "listed unit", "between", "head"])
def test_rows_that_are_not_read_are_noted_everywhere(where: str, layer: str, left_out: str) -> None:
    chain = f"[relu, {layer}, relu]"
    stages = {
        "unit": STAGES.replace("{kind: basic, order: post, width: 4}", chain),
        "listed unit": STAGES.replace("  layers: 1\n", "").replace(
            "unit: {kind: basic, order: post, width: 4}", f"layers: [[relu], {chain}]"
        ),
        "between": STAGES.replace("count: 1", "count: 2"),
    }
    chains = {where: chain} if where in {"stem", "between", "head"} else {}
    findings = [d for d in remarks(stages=stages.get(where, STAGES), **chains) if d.code == "A222"]
    assert len(findings) == bool(left_out)
    for (code, text), finding in zip(places(*findings), findings, strict=True):
        assert (code, finding.level) == ("A222", "note")
        assert text.startswith(layer)
        assert f"does not read {left_out} of its 16x16 map" in finding.message


def test_sides_are_told_apart() -> None:
    stem = "[{pool: {kernel: 2}}]"
    (rows,), (columns,) = remarks("[3, 15, 16]", stem), remarks("[3, 16, 15]", stem)
    assert "the last row of its 15x16 map" in rows.message
    assert "the last column of its 16x15 map" in columns.message


def test_the_same_is_said_once_and_what_differs_is_said_of_each() -> None:
    """33 rows become 16, 8 and 4: only the first transition leaves one out."""
    stages = STAGES.replace("count: 1", "count: 4")
    (finding,) = remarks("[3, 33, 33]", stages=stages, between="[{pool: {kernel: 2}}]")
    assert "33x33" in finding.message
    findings = remarks("[3, 31, 31]", stages=stages, between="[{pool: {kernel: 2}}]")
    assert [d.message.split()[-2] for d in findings] == ["31x31", "15x15", "7x7"]


def test_norms_of_a_hundred_layers_are_said_once() -> None:
    stages = STAGES.replace("layers: 1", "layers: 100").replace("plain", "full")
    findings = remarks("[3, 1, 1]", stages=stages.replace("sum", "concat").replace("post", "pre"))
    assert places(*findings) == [("A214", "{kind: basic, order: pre, width: 4}")]


def test_every_layer_of_a_stage_is_looked_at() -> None:
    """The first unit reads 2x2, the second and the third 1x1."""
    stages = STAGES.replace("layers: 1", "layers: 3") + "\n  stride: 2"
    findings = remarks("[3, 2, 2]", stages=stages.replace("post", "pre"))
    assert places(*findings) == [("A214", "{kind: basic, order: pre, width: 4}")]


EACH = """  - layers: 1
    unit: [relu]
  - layers: 1
each:
  unit: [relu, {pool: {kernel: 8, stride: 8}}, norm]
  connect: plain
  aggregate: sum"""


def test_a_unit_from_each_is_pointed_to_there() -> None:
    assert places(*remarks("[3, 8, 8]", stages=EACH)) == [("A214", "norm]")]


def test_a_list_of_one_unit_is_pointed_to() -> None:
    stages = """  - layers: [[{pool: {kernel: 16}}, norm]]
    connect: plain
    aggregate: sum"""
    assert places(*remarks(stages=stages)) == [("A214", "norm]]")]


def test_remarks_come_in_the_order_of_the_file() -> None:
    lines = SPEC.splitlines()
    upside_down = "\n".join([*lines[:2], lines[-1], *lines[3:-1], lines[2]])
    text = upside_down.format(
        input="[3, 16, 16]",
        stem="[{pool: {kernel: 5}}]",
        stages=STAGES,
        between="[relu]",
        head="[flatten, norm]",
    )
    findings = check_text(text).remarks
    assert [code for code, _ in places(*findings)] == ["A214", "A222"]


@pytest.mark.parametrize(("kernel", "padding"), [(1, 1), (3, 3), (3, 4)])
def test_windows_of_padding_alone(kernel: int, padding: int) -> None:
    conv = f"{{conv: {{width: 4, kernel: {kernel}, padding: {padding}}}}}"
    (finding,) = remarks(stem=f"[{conv}]")
    assert places(finding) == [("A227", f"{conv}]")]
    fits = conv.replace(f"padding: {padding}", f"padding: {kernel - 1}")
    assert not remarks(stem=f"[{fits}]")
