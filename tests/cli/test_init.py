"""`archdsl init`, `schema` and `explain`: to start, to complete, to understand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from archdsl.codes import TITLES
from archdsl.frontend.json_schema import json_schema
from cli.commands import SPECS, archdsl

KINDS = sorted(path.stem for path in SPECS.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_list_names_the_kinds() -> None:
    ran = archdsl("init", "list")
    assert (ran.code, ran.out.split()) == (0, KINDS)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_passes_check(kind: str) -> None:
    ran = archdsl("init", kind)
    assert ran.code == 0
    assert ran.out.startswith(f"wrote  {kind}.yaml\nnext   archdsl show {kind}.yaml\n")
    text = Path(f"{kind}.yaml").read_text(encoding="utf-8")
    modeline, _, rest = text.partition("\n")
    assert modeline == "# yaml-language-server: $schema=archdsl.schema.json"
    whole = yaml.safe_load((SPECS / f"{kind}.yaml").read_text(encoding="utf-8"))
    whole.pop("expect", None)
    assert yaml.safe_load(rest) == whole
    assert (SPECS / f"{kind}.yaml").read_text(encoding="utf-8").startswith(rest.rstrip("\n"))
    assert archdsl("check", f"{kind}.yaml").code == 0


def test_a_first_edit_contradicts_no_published_figure() -> None:
    archdsl("init", "sparsenet-bc-cifar")
    path = Path("sparsenet-bc-cifar.yaml")
    text = path.read_text(encoding="utf-8")
    assert "expect" not in text
    path.write_text(text.replace("stem: 2 * first(growth)", "stem: 30"), encoding="utf-8")
    assert archdsl("compile", path).code == 0


def test_the_default_kind_and_another_file() -> None:
    assert archdsl("init", "-o", "mine.yaml").code == 0
    assert archdsl("init").code == 0
    assert Path("mine.yaml").read_bytes() == Path("sparsenet-bc-cifar.yaml").read_bytes()


def test_what_is_there_is_kept() -> None:
    Path("plain-cifar.yaml").write_text("mine\n", encoding="utf-8")
    ran = archdsl("init", "plain-cifar")
    assert ran.code == 2
    assert "error[A411]: plain-cifar.yaml already exists" in ran.err
    assert "Nothing written" in ran.err
    assert Path("plain-cifar.yaml").read_text(encoding="utf-8") == "mine\n"
    assert archdsl("init", "plain-cifar", "--force").code == 0
    assert archdsl("check", "plain-cifar.yaml").code == 0


@pytest.mark.parametrize(
    ("kind", "help"),
    [
        ("sparsnet-cifar", "did you mean `sparsenet-cifar`?"),
        ("vgg", "kinds: "),
        ("../x", "kinds: "),
    ],
)
def test_no_such_kind(kind: str, help: str) -> None:
    ran = archdsl("init", kind)
    assert ran.code == 2
    assert "error[A414]" in ran.err
    assert help in ran.err
    assert list(Path().iterdir()) == []


def test_schema_goes_to_stdout_or_a_file() -> None:
    ran = archdsl("schema")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == json_schema()
    assert archdsl("schema", "-o", "archdsl.schema.json").out == "wrote  archdsl.schema.json\n"
    assert Path("archdsl.schema.json").read_text(encoding="utf-8") == ran.out


def test_the_schema_that_the_modeline_names_takes_the_spec() -> None:
    archdsl("init")
    archdsl("schema", "-o", "archdsl.schema.json")
    spec = yaml.safe_load(Path("sparsenet-bc-cifar.yaml").read_text(encoding="utf-8"))
    schema = json.loads(Path("archdsl.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(spec)


def test_explain_lists_all_codes() -> None:
    ran = archdsl("explain")
    assert ran.code == 0
    assert ran.out.splitlines() == [f"{code}  {title}" for code, title in TITLES.items()]


@pytest.mark.parametrize("code", TITLES)
def test_explain_says_why(code: str) -> None:
    ran = archdsl("explain", code)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"# {code}: {TITLES[code]}\n")
    assert archdsl("explain", code.lower()).out == ran.out


def test_explain_takes_the_codes_of_a_summary() -> None:
    ran = archdsl("explain", "A102", "A105")
    assert ran.out == archdsl("explain", "A102").out + archdsl("explain", "A105").out


@pytest.mark.parametrize("code", ["A999", "a", "", "../codes", "A001.md", "\x1b[2J"])
def test_what_is_no_code(code: str) -> None:
    ran = archdsl("explain", code)
    assert (ran.code, ran.out) == (2, "")
    assert "error[A414]" in ran.err
    assert "\x1b" not in ran.err
