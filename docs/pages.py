"""Write the pages of the documentation site: `python docs/pages.py FOLDER`, called by `make docs`.

Copies docs/, and adds what the program itself knows: the help of its commands, the docstrings of
its public names, its diagnostics, and the specs that ship.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import archdsl
from archdsl.cli.main import COMMANDS
from archdsl.codes import TITLES

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ("AGENTS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
"""A link to a file, and its path."""


def write(site: Path) -> None:
    """Write all pages into a folder, which is emptied first."""
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(ROOT / "docs", site, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for name in PROJECT:
        shutil.copy(ROOT / name, site)
    for page in site.glob("**/*.md"):
        place = page.relative_to(site)
        text = page.read_text("utf-8")
        text = LINK.sub(lambda link, at=place: "](" + moved(link[1], at), text)
        page.write_text(text.replace("```yaml\n# excerpt\n", "```yaml\n"), "utf-8")
    for name, text in GENERATED.items():
        (site / name).write_text(text(), "utf-8")


def moved(link: str, page: Path) -> str:
    """Return a link of a page as the site has it.

    >>> moved("../specs/plain-cifar.yaml", Path("gallery.md"))
    'specs.md#plain-cifar'
    >>> moved("docs/stability.md", Path("CHANGELOG.md"))
    'stability.md'
    """
    source = ROOT if page.name in PROJECT else ROOT / "docs" / page.parent
    target = Path(os.path.normpath(source / link)).relative_to(ROOT)
    if target.parts[0] == "docs":
        target = target.relative_to("docs")
    elif target.parts[0] == "specs":
        return os.path.relpath("specs.md", page.parent) + (
            f"#{target.stem}" if target.suffix else ""
        )
    return os.path.relpath(target, page.parent)


def commands() -> str:
    """Return the page of all commands, each with its own help."""
    with ThreadPoolExecutor() as pool:
        helps = pool.map(helped, sorted(COMMANDS))
    sections = (
        f"## {name}\n\n```text\n{text}```\n"
        for name, text in zip(sorted(COMMANDS), helps, strict=True)
    )
    return "\n".join(["# Commands\n", "What each command prints for `--help`.\n", *sections])


def helped(name: str) -> str:
    """Return the help of a command, 100 columns wide."""
    run = [sys.executable, "-m", "archdsl", name, "--help"]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    text = subprocess.check_output(run, text=True, env=environment, cwd=ROOT)
    return text.replace("python -m archdsl", "archdsl")


def names() -> str:
    """Return the page of the public names; the builder replaces `:::` by their docstrings."""
    sections = (
        f"::: {archdsl.LAZY[name].replace(':', '.')}\n    options: {{heading: {name}}}\n"
        for name in archdsl.__all__ if not name.startswith("__")
    )  # fmt: skip
    return "\n".join(["# Python\n", "All of these are attributes of `archdsl`.\n", *sections])


def diagnostics() -> str:
    """Return the page of all codes, with the text of `archdsl explain`."""
    texts = ((ROOT / "archdsl" / "explain" / f"{code}.md").read_text("utf-8") for code in TITLES)
    below = (re.sub(r"^(#.*\n)", r"#\1", text, count=1) for text in texts)
    sections = (text.replace("](../../docs/", "](") for text in below)
    return "\n".join(["# Diagnostics\n", "What `archdsl explain CODE` prints.\n", *sections])


def specs() -> str:
    """Return the page of the specs that ship."""
    sections = (
        f"## {path.stem}\n\n```yaml\n{path.read_text('utf-8')}```\n"
        for path in sorted((ROOT / "specs").glob("*.yaml"))
    )
    return "\n".join(["# Specs that ship\n", "[Pictures](gallery.md) of them.\n", *sections])


GENERATED: dict[str, Callable[[], str]] = {
    "commands.md": commands, "diagnostics.md": diagnostics, "python.md": names, "specs.md": specs,
}  # fmt: skip
"""Page of the site to what writes it."""

if __name__ == "__main__":
    write(Path(sys.argv[1]))
