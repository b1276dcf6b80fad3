"""Files about the project agree with each other and with the package."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import yaml

import archdsl
from archdsl.errors import Exit

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGES = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def versions() -> list[str]:
    """The sections of the changelog, one a version, newest first."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.split(r"^## ", text, flags=re.MULTILINE)[1:]


def test_changelog_has_an_unreleased_section_and_dated_versions() -> None:
    first, *released = (section.partition("\n")[0] for section in versions())
    assert first == "[Unreleased]"
    dates = []
    for heading in released:
        version, _, day = heading.partition(" - ")
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\]", version)
        dates.append(date.fromisoformat(day))
    assert dates == sorted(dates, reverse=True)
    assert released[0].startswith(f"[{archdsl.__version__}]")


def test_changelog_names_each_kind_of_change_once_in_a_version() -> None:
    for section in versions():
        kinds = re.findall(r"^### (.*)$", section, flags=re.MULTILINE)
        assert kinds == [kind for kind in CHANGES if kind in kinds]


def test_citation_is_of_this_version_and_license() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == archdsl.__version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]


def test_classifiers_begin_with_the_oldest_python_that_is_allowed() -> None:
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if ":: 3." in line]
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_extra_all_holds_every_extra_of_users() -> None:
    extras = PROJECT["optional-dependencies"]
    (whole,) = extras["all"]
    assert set(re.split(r"[\[\],]", whole)[1:-1]) == extras.keys() - {"all", "dev", "openvino"}


def test_stability_lists_every_exit_code() -> None:
    text = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")
    (row,) = (line for line in text.splitlines() if line.startswith("| exit codes |"))
    codes = re.findall(r"\b\d+\b", row.split("|")[2])
    assert codes == [str(int(code)) for code in Exit]
