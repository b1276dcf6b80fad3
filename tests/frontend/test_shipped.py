"""Networks that come with archdsl have names, which are used like files."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import archdsl
from archdsl.backends.pytorch.naming import class_of
from archdsl.errors import ArchdslError
from archdsl.frontend.shipped import NAMES, find, networks, specs

ROOT = Path(__file__).parents[2]


def test_every_spec_has_a_name_for_itself_as_written() -> None:
    assert list(specs()) == sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
    named = {network.spec for network in networks().values()}
    assert named == set(specs())
    assert not networks().keys() & specs().keys()


@pytest.mark.parametrize("name", networks())
def test_a_name_has_the_parameters_that_the_list_says(name: str) -> None:
    network, spec = networks()[name], archdsl.load(name)
    assert archdsl.analyse(archdsl.lower(spec)).parameters == network.parameters
    assert (spec.name, spec.called, class_of(spec)) == (network.spec, name, network.class_name)


def test_names_and_classes_are_different() -> None:
    classes = [network.class_name for network in networks().values()]
    assert len(set(classes)) == len(classes)


def test_a_name_is_its_spec_with_settings() -> None:
    path = ROOT / "specs" / "densenet-imagenet.yaml"
    spec = archdsl.load(path, {"layers": [6, 12, 36, 24], "growth": 48})
    assert archdsl.load("densenet-161") == spec
    assert archdsl.load("densenet-imagenet") == archdsl.load(path)
    changed = archdsl.load("densenet-161", {"growth": 12, "classes": 10})
    assert changed.settings == {"classes": 10, "growth": 12, "layers": [6, 12, 36, 24]}
    again = archdsl.load("densenet-161").with_settings({"classes": 10})
    assert class_of(again) == "DenseNet161"


def test_a_file_is_preferred_to_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("resnet-50") is not None
    Path("resnet-50").write_text("not a spec", encoding="utf-8")
    assert find("resnet-50") is None
    assert find("./resnet-18") is find("resnet-18.yaml") is None
    Path("resnet-18").mkdir()
    assert find("resnet-18") is not None


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("densent-121", "did you mean `densenet-121`, `densenet-201` or `densenet-161`?"),
        ("resnet50", "did you mean `resnet-50`"),
        ("nothing like it", "start from `archdsl init`"),
    ],
)
def test_a_wrong_name_gets_the_nearest_ones(name: str, help: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        archdsl.load(name)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "A401"
    assert (diagnostic.help or "").startswith(help)


@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed")
def test_a_wheel_carries_specs_and_names(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {f"archdsl/specs/{NAMES}", *(f"archdsl/specs/{name}.yaml" for name in specs())}
    assert files <= set(zipfile.ZipFile(wheel).namelist())
