"""`archdsl report`: numbers and groups of runs, as text, JSON and CSV."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from archdsl.apps.runs.columns import duration
from archdsl.apps.runs.spread import spread
from cli.commands import Ran, archdsl
from run_folders import RECIPE, SETTINGS, SPEC, checkpoint, row, run


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def groups(*runs: str | Path) -> list[dict[str, Any]]:
    """The groups of runs without damaged files."""
    ran = archdsl("report", *runs, "--json")
    assert (ran.code, ran.err) == (0, "")
    listed: list[dict[str, Any]] = json.loads(ran.out)["groups"]
    return listed


def warned(ran: Ran) -> list[str]:
    """The messages of the warnings of a command that succeeds."""
    assert ran.code == 0
    assert set(ran.codes()) == {"A461"}
    return [finding["message"] for finding in ran.findings()]


def three() -> list[Path]:
    """Three seeds of one training, out of order."""
    errors = {2: 5.6, 0: 5.0, 1: 5.2}
    return [
        run(Path(f"seed{seed}"), settings={"seed": seed}, error=error, best_error=error - 0.5)
        for seed, error in errors.items()
    ]


def test_seeds_are_one_row() -> None:
    """The mean of 5.0, 5.2 and 5.6 is 5.2667, the sample standard deviation 0.3055."""
    ran = archdsl("report", *three())
    lines = dict(line.split("  ", 1) for line in ran.out.splitlines()[1:])
    assert lines["error, %"].strip() == "5.27 ± 0.31 (3 seeds)"
    assert lines["best error, %"].strip() == "4.77 ± 0.31 (3 seeds)"
    assert lines["seeds"].strip() == "0, 1, 2"
    assert lines["parameters"].strip() == "1,234,567"
    assert lines["time"].strip() == "1 h 02 min"
    assert lines["peak memory"].strip() == "3.00 GiB"
    assert lines["spec hash"].strip() == "5" * 12
    assert ran.out.split("\n")[0].split() == ["net"]


def test_json_has_exact_numbers() -> None:
    (group,) = groups(*three())
    assert group["error"]["mean"] == pytest.approx(15.8 / 3)
    assert group["error"]["standard_deviation"] == pytest.approx(0.30550504633)
    assert group["error"]["values"] == 3
    assert [each["seed"] for each in group["runs"]] == [0, 1, 2]
    assert [each["error"] for each in group["runs"]] == [5.0, 5.2, 5.6]
    assert group["settings"]["growth"] == "8"


def test_csv_has_a_line_for_each_run() -> None:
    runs = three()
    rows = list(csv.DictReader(StringIO(archdsl("report", *runs, "--csv").out)))
    assert [(each["run"], each["error"]) for each in rows] == [
        ("seed0", "5.0"), ("seed1", "5.2"), ("seed2", "5.6"),
    ]  # fmt: skip
    assert {each["group"] for each in rows} == {"net"}


def test_a_csv_has_no_formulas() -> None:
    ran = archdsl("report", run(Path("a"), data="=1+1"), "--csv")
    assert next(csv.DictReader(StringIO(ran.out)))["data"] == "'=1+1"


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ({"growth": 12}, "net growth=12"),
        ({"settings": {"rate": 0.2}}, "net rate=0.2"),
        ({"recipe": RECIPE.replace("sgd", "adam")}, "net recipe optimizer={kind: adam}"),
        ({"spec": SPEC.replace("full", "exponential")}, "net (2)"),
        ({"spec": SPEC.replace("name: net", "name: other")}, "other"),
    ],
)
def test_other_runs_are_rows_of_their_own(more: dict[str, Any], label: str) -> None:
    listed = groups(*three(), run(Path("more"), **more))
    assert [len(group["runs"]) for group in listed] == [3, 1]
    assert listed[1]["label"] == label


@pytest.mark.parametrize(
    "more",
    [
        {"settings": {"seed": 9, "workers": 8}},
        {"settings": {"seed": 9}, "recipe": RECIPE.replace("seed: 0", "seed: 9")},
        {"settings": {"seed": 9}, "device": "cuda", "processes": 8, "recipe_sha256": "1" * 64},
    ],
)
def test_what_does_not_change_the_training_is_no_difference(more: dict[str, Any]) -> None:
    (group,) = groups(*three(), run(Path("more"), **more))
    assert len(group["runs"]) == 4


def test_a_repeated_seed_is_counted_as_a_run() -> None:
    runs = [run(Path(name), error=5.0) for name in "ab"]
    assert "5.00 ± 0.00 (2 runs)" in archdsl("report", *runs).out


def test_a_folder_that_is_named_twice_is_read_once() -> None:
    path = run(Path("a"))
    (group,) = groups(path, Path("../") / Path.cwd().name / "a")
    assert len(group["runs"]) == 1


def test_a_run_in_progress_has_no_final_error() -> None:
    """Its settings are in its checkpoint, names in its script; its parameters are counted."""
    path = run(Path("a"), finished=False, rows=2)
    checkpoint(path, "last", settings={**SETTINGS, "seed": 4})
    (path / "train.py").write_text(
        'ORIGIN: dict[str, str] = {\n    "data": "cifar10",\n}\n', "utf-8"
    )
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 30, "epo')
    (group,) = groups(path)
    (each,) = group["runs"]
    assert each == {
        **each, "error": None, "best_error": 25.0, "epochs": 2, "finished": False, "seed": 4,
        "seconds": 40.0, "data": "cifar10", "parameters": 4_440,
    }  # fmt: skip
    assert "2 of 3" in archdsl("report", path).out


def test_runs_in_progress_are_grouped_with_finished_ones() -> None:
    path = run(Path("a"), finished=False, rows=2)
    checkpoint(path, "last", settings={**SETTINGS, "seed": 4})
    (group,) = groups(*three(), path)
    assert [each["finished"] for each in group["runs"]] == [True, True, True, False]
    out = archdsl("report", *map(str, sorted(Path().iterdir()))).out
    assert "3 of 4" in out
    assert "2 to 3 of 3" in out


def test_a_run_that_went_on_has_no_final_error() -> None:
    """Its summary is that of fewer epochs."""
    path = run(Path("a"), epochs=3, rows=5)
    (group,) = groups(path)
    assert (group["runs"][0]["error"], group["runs"][0]["finished"]) == (None, False)
    assert group["runs"][0]["epochs"] == 5


def test_without_settings_runs_are_not_grouped() -> None:
    runs = [run(Path(name), finished=False) for name in "ab"]
    assert [group["label"] for group in groups(*runs)] == ["net (1)", "net (2)"]


DAMAGED: dict[str, tuple[str, bytes, str]] = {
    "no JSON": ("summary.json", b"{", "a/summary.json is not a JSON object"),
    "a list": ("summary.json", b"[1]", "a/summary.json is not a JSON object"),
    "nested": ("summary.json", b"[" * 100_000, "a/summary.json is not a JSON object"),
    "huge": ("summary.json", b" " * 2**21, "a/summary.json is larger than 1 MiB"),
    "not a network": ("net.py", b"import os", "a/net.py has no spec that can be read"),
    "recipe": ("recipe.yaml", b"&a [*a]", "a/recipe.yaml cannot be read"),
    "rows": (
        "metrics.jsonl",
        b'{"epoch": 1}\n\nnull\n\xff\n{"epoch": -1}\n',
        "a/metrics.jsonl has 3 lines without the metrics of an epoch, the first in line 3",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_reported_and_the_rest_is_used(case: str) -> None:
    name, content, message = DAMAGED[case]
    path = run(Path("a"))
    (path / name).write_bytes(content)
    ran = archdsl("report", path, "--json", "--format", "json")
    assert warned(ran) == [message]
    (group,) = json.loads(ran.out)["groups"]
    assert group["network"] == "net"


def test_a_damaged_checkpoint_is_reported() -> None:
    path = run(Path("a"), finished=False)
    (path / "last.pt").write_bytes(b"nothing")
    message = "a/last.pt is not a checkpoint that can be read safely"
    assert warned(archdsl("report", path, "--format", "json")) == [message]


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999", "true", '"5"', "-1", "[]", "9" * 400]
)
def test_what_is_not_a_number_is_missing(value: str) -> None:
    path = run(Path("a"))
    names = ("error", "best_error", "parameters", "peak_memory_bytes", "epochs")
    text = "{" + ", ".join(f'"{name}": {value}' for name in names) + "}"
    (path / "summary.json").write_text(text, "utf-8")
    (path / "metrics.jsonl").write_text(f'{{"epoch": 1, "loss": {value}, "error": {value}}}\n')
    (group,) = groups(path)
    (each,) = group["runs"]
    assert (each["error"], each["best_error"], each["epochs"]) == (None, None, 1)
    assert each["parameters"] == 4_440  # counted


@pytest.mark.parametrize("name", ["missing", "file", "empty", "loop", "file/below"])
def test_what_is_no_run_is_an_error(name: str) -> None:
    Path("file").touch()
    Path("empty").mkdir()
    Path("loop").symlink_to("loop")
    ran = archdsl("report", name, run(Path("a")), "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A460"])
    assert "1,234,567" in ran.out
    assert archdsl("report", name).out == ""


def test_terminals_print_no_control_characters() -> None:
    ran = archdsl("report", run(Path("a"), data="\x1b[31m\u202e\ud800"))
    assert "\N{REPLACEMENT CHARACTER}[31m" in ran.out
    assert not {"\x1b", "\u202e", "\ud800"} & {*ran.out}


def test_forms_exclude_each_other() -> None:
    assert archdsl("report", "a", "--json", "--csv", "--format", "json").codes() == ["A414"]


def test_a_later_row_of_an_epoch_counts() -> None:
    path = run(Path("a"), best_error=None)
    rows = [row(1, 90.0), row(2, 90.0), row(1, 30.0)]
    (path / "metrics.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    (group,) = groups(path)
    assert group["best_error"]["mean"] == 30.0


def test_a_spread_needs_two_values() -> None:
    assert spread([None]) is None
    one, two = spread([4.0, None]), spread([4.0, 6.0])
    assert one is not None
    assert two is not None
    assert one.text("seed") == "4.00"
    assert two.text("seed") == "5.00 ± 1.41 (2 seeds)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (59.6, "1 min 00 s"), (3599.4, "59 min 59 s"), (7260.0, "2 h 01 min")],
)
def test_durations_are_rounded_once(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
