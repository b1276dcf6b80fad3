"""`archdsl compare`: the numbers are those of the specs, in every form, whatever the names say."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

import archdsl as archdsl_package
from archdsl.api import analyse, check, load, lower
from archdsl.apps.compare.columns import COLUMNS, filled
from archdsl.apps.compare.entries import Entry, entries, labels, vary
from archdsl.apps.compare.forms import FORMS
from archdsl.apps.compare.model import Comparison, compare
from archdsl.apps.compare.published import quotes
from cli.commands import SPECS, archdsl, written

SPARSE, DENSE = SPECS / "sparsenet-bc-cifar.yaml", SPECS / "densenet-bc-cifar.yaml"
HOSTILE = '=1+1|<script>&amp;`x`\\end{tabular}_%$#~^"\x1b[31m'


def loaded(*settings: dict[str, object]) -> Comparison:
    return compare((str(place), check(load(SPARSE, some))) for place, some in enumerate(settings))


def test_json_has_exact_numbers() -> None:
    ran = archdsl("compare", SPARSE, DENSE, "--set", "depth=40", "--json")
    assert ran.code == 0
    rows = json.loads(ran.out)["networks"]
    assert [row["name"] for row in rows] == ["sparsenet-bc-cifar", "densenet-bc-cifar"]
    for row, path in zip(rows, (SPARSE, DENSE), strict=True):
        report = analyse(lower(load(path, {"depth": 40}))).as_dict()
        for name in ("parameters", "macs", "flops", "links", "skip_links", "exit_links", "layers"):
            assert row[name] == report[name]
        assert row["activation_bytes_training"] == report["activation_bytes"]["training"]
        assert row["settings"] == {"depth": 40}
    assert rows[1]["links"] == 3 * 6 * 7 / 2  # 6 layers a stage, full
    assert rows[0]["links"] == 3 * (1 + 2 + 2 + 3 + 3 + 3)  # floor(log2 l) + 1


def test_csv_has_the_same_numbers() -> None:
    words: list[str | Path] = [
        "compare",
        SPARSE,
        "--vary",
        "depth=16,40",
        "--columns",
        "parameters,links",
    ]
    rows = list(csv.DictReader(io.StringIO(archdsl(*words, "--csv").out)))
    found = json.loads(archdsl(*words, "--json").out)["networks"]
    assert [row["network"] for row in rows] == [f"sparsenet-bc-cifar depth={n}" for n in (16, 40)]
    for row, other in zip(rows, found, strict=True):
        assert set(row) == {"network", "parameters", "links"}
        assert int(row["parameters"]) == other["parameters"]
        assert int(row["links"]) == other["links"]


@pytest.mark.parametrize("form", ["--markdown", "--latex", "--json", "--csv", None])
def test_every_form_has_every_count(form: str | None) -> None:
    ran = archdsl("compare", SPARSE, DENSE, *([form] if form else []))
    report = analyse(lower(load(DENSE)))
    for count in (report.parameters, report.macs, report.links, report.activation_bytes.training):
        assert (f"{count:,}" in ran.out) or (form in {"--json", "--csv"} and str(count) in ran.out)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_text_keeps_to_80_columns_without_colour(count: int) -> None:
    paths = sorted(SPECS.glob("*cifar.yaml"))[:count]
    ran = archdsl("compare", *paths)
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\x1b" not in ran.out
    for path in paths:
        assert load(path).name in ran.out


def test_vary_makes_every_combination() -> None:
    words = ["--vary", "depth=40,100", "--vary", "growth=12,[8,16,32]", "--set", "classes=10"]
    rows = json.loads(archdsl("compare", SPARSE, *words, "--json").out)["networks"]
    assert [row["settings"] for row in rows] == [
        {"classes": 10, "depth": depth, "growth": growth}
        for depth in (40, 100)
        for growth in (12, [8, 16, 32])
    ]
    assert [row["label"] for row in rows][1] == "sparsenet-bc-cifar depth=40 growth=[8,16,32]"
    assert len({row["parameters"] for row in rows}) == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--vary", "depth"], "A414", "`depth` varies nothing"),
        (["--vary", "depth=40,,100"], "A414", "varies nothing"),
        (["--vary", "depth=40", "--vary", "depth=100"], "A414", "`depth` is varied twice"),
        (["--vary", "depth=40", "--set", "depth=100"], "A414", "`depth` is set and varied"),
        (["--vary", f"depth={','.join(map(str, range(70)))}"], "A305", "70 networks"),
        (["--columns", "parameter"], "A414", "did you mean `parameters`?"),
        (["--columns", "links,links"], "A414", "`links` is named twice"),
        (["--json", "--csv"], "A414", "--json and --csv exclude each other"),
        (["-o", "x.doc"], "A414", "`.doc` is not a supported file format"),
        (["--html", "x.txt"], "A414", "`.txt` is not a supported file format"),
        (["--vary", "dpth=40"], "A114", "no parameter `dpth`"),
    ],
)
def test_refusals(words: list[str], code: str, said: str) -> None:
    ran = archdsl("compare", SPARSE, *words)
    assert ran.code in {1, 2, 3}
    assert f"error[{code}]" in ran.err
    assert said in ran.err
    assert ran.out == ""


def test_a_wrong_spec_does_not_keep_the_others_from_being_compared(tmp_path: Path) -> None:
    bad = written(tmp_path, "archdsl: 1\nname: bad\n", "bad.yaml")
    ran = archdsl("compare", SPARSE, bad, "--json")
    assert [row["name"] for row in json.loads(ran.out)["networks"]] == ["sparsenet-bc-cifar"]
    assert ran.code == 1
    assert "error[A103]" in ran.err


def test_labels_tell_networks_apart(tmp_path: Path) -> None:
    one, other = Entry(tmp_path / "a", {}, {}), Entry(tmp_path / "b", {}, {})
    assert labels([("net", one), ("other", one)]) == ["net", "other"]
    assert labels([("net", one), ("net", other)]) == [
        f"net ({tmp_path / 'a'})", f"net ({tmp_path / 'b'})",
    ]  # fmt: skip
    assert len(set(labels([("net", one)] * 3))) == 3


def test_values_with_commas() -> None:
    assert vary(["a=1,2", "b=[1,[2,3]],(4,5)"]) == {"a": ["1", "2"], "b": ["[1,[2,3]]", "(4,5)"]}
    assert len(entries([Path("x")] * 2, {}, {"a": ["1", "2"], "b": ["3", "4", "5"]})) == 12


@pytest.mark.parametrize("form", ["json", "csv", "md", "tex", "txt"])
def test_files_by_suffix(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"nets.{form}"
    assert archdsl("compare", SPARSE, "-o", path).out == f"wrote  {path}\n"
    again = archdsl("compare", SPARSE, "-o", path)
    if form == "csv":  # nothing in a CSV file can say that it is ours
        assert again.code == 2
        assert "A411" in again.err
        assert archdsl("compare", SPARSE, "-o", path, "--force").code == 0
    else:
        assert again.out == f"unchanged  {path}\n"


PRINTED = [
    ("sparsenet-bc-cifar", {"depth": 100, "growth": 24, "classes": 100}, "c100", "22.12"),
    ("densenet-cifar", {"depth": 40, "classes": 100}, "c100", "24.79"),
    (
        "sparsenet-bc-cifar",
        {"depth": 1001, "growth": 12, "stem": 12, "classes": 100},
        "c100",
        "22.10",
    ),
]


@pytest.mark.parametrize(("name", "settings", "data", "error"), PRINTED)
def test_printed_errors_are_found(
    name: str, settings: dict[str, object], data: str, error: str
) -> None:
    """The figures stand in Tables 2 and 3 of Zhu et al. 2018."""
    found = {quote.data: quote for quote in quotes(load(SPECS / f"{name}.yaml", settings))}
    assert found[data].error.rstrip("*") == error
    assert found[data].source.startswith("Zhu et al. 2018, Table ")


def test_another_network_has_no_printed_error() -> None:
    assert not quotes(load(SPARSE, {"depth": 100, "growth": 23, "classes": 100}))
    assert not quotes(load(SPARSE, {"depth": 100, "growth": 24, "classes": 99}))
    assert not quotes(load(SPARSE, {"depth": 100, "growth": 24, "base": 3}))


def test_misprints_are_doubted() -> None:
    """SparseNet-BC-100 (k=12): 0.40M parameters are printed, and it has 370,024."""
    spec = load(SPARSE, {"depth": 100, "growth": 12, "stem": 12, "classes": 100})
    (quote,) = quotes(spec)
    assert quote.doubt
    made = compare([("a", check(spec))])
    assert "in doubt: " in FORMS["text"](made, COLUMNS)


def test_labels_that_are_not_unique_are_refused() -> None:
    checked = check(load(SPARSE))
    with pytest.raises(ValueError, match="labels"):
        compare([("a", checked), ("a", checked)])


def hostile() -> Comparison:
    return compare([(HOSTILE, check(load(SPARSE, {"depth": 16})))])


def test_hostile_labels_are_text_in_latex() -> None:
    said = FORMS["latex"](hostile(), filled(hostile()))
    assert said.count(r"\begin{tabular}") == said.count(r"\end{tabular}") == 1
    body = said.split(r"\toprule")[1].split(r"\bottomrule")[0]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert all(len(re.findall(r"(?<!\\)&", line)) == 1 for line in lines)
    assert not re.search(r"(?<!\\)[%$#_]", body)
    assert "\x1b" not in said


def test_hostile_labels_are_text_in_markdown_and_csv() -> None:
    said = FORMS["markdown"](hostile(), filled(hostile()))
    head = next(line for line in said.splitlines() if line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", head)) == 3
    assert "<script>" not in said
    (row,) = csv.DictReader(io.StringIO(FORMS["csv"](hostile(), COLUMNS)))
    assert row["network"] == f"'{HOSTILE}"


def test_latex_of_a_suite_has_what_markdown_has() -> None:
    suite = SPECS / "paper" / "table3.yaml"
    latex, markdown = (archdsl("reproduce", suite, form).out for form in ("--latex", "--markdown"))
    assert latex.startswith("% Generated by archdsl")
    for environment in ("table", "tabular"):
        assert (
            latex.count(rf"\begin{{{environment}}}") == latex.count(rf"\end{{{environment}}}") == 1
        )
    rows = [line for line in latex.splitlines() if line.endswith(r"\\")]
    piped = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert len(rows) == len(piped) - 1
    for row, line in zip(rows[1:], piped[2:], strict=True):
        numbers = re.findall(r"\d[\d,.]+", line.replace("\\", ""))
        assert re.findall(r"\d[\d,.]+", row.replace("\\", "")) == numbers


def test_from_python_and_in_notebooks() -> None:
    specs = [load(SPARSE, {"depth": depth}) for depth in (40, 100)]
    made = archdsl_package.compare(*specs, load(DENSE))
    assert [row.label for row in made.rows] == [
        "sparsenet-bc-cifar depth=40", "sparsenet-bc-cifar depth=100", "densenet-bc-cifar",
    ]  # fmt: skip
    shown = made._repr_html_()
    for row in made.rows:
        assert f">{row.report.parameters:,}<" in shown
    assert "<script>" not in hostile()._repr_html_()
    assert "&lt;script&gt;" in hostile()._repr_html_()
