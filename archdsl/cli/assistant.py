"""What an assistant can do through `archdsl mcp`: one method for each tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archdsl import api
from archdsl.apps.draw.paint import FORMS
from archdsl.apps.draw.showing import picture
from archdsl.cli import files, options
from archdsl.cli.explain import explanation
from archdsl.cli.list import table as table_of_names
from archdsl.cli.render import text
from archdsl.cli.tables import kept, table, totals
from archdsl.errors import Source, fail
from archdsl.frontend.load import Spec, parse
from archdsl.frontend.shipped import networks, specs

Settings = Mapping[str, Any] | None


@dataclass(frozen=True)
class Assistant:
    """The tools, for one folder.

    A network is the text of a spec, the path of a spec below the folder, or the name of a spec that
    ships with archdsl. Limits on its size are the defaults. All methods raise `ArchdslError`, for
    A414 too: a path that leads out of the folder.
    """

    root: Path
    extend: options.Extend = ()

    def networks(self) -> str:
        """List the networks that ship with archdsl: name, parameters, spec and paper."""
        return table_of_names(networks().values())

    def read(self, network: str) -> str:
        """Return the text of a spec. Read some before you write one.

        Args:
            network: the path of a spec, or the name of one that ships.
        """
        return self._spec(network, None).document.source.text

    def check(self, network: str, settings: Settings = None) -> str:
        """Check a spec and its published figures; return its counts and remarks.

        Args:
            network: the text of a spec, its path, or the name of one that ships.
            settings: values for parameters of the spec, such as {"depth": 40}.
        """
        checked = self._checked(network, settings).require()
        remarks = [text(remark) for remark in checked.remarks]
        return "\n\n".join([f"ok  {checked.spec.name}\n{totals(checked)}", *remarks])

    def show(self, network: str, settings: Settings = None) -> str:
        """Return a network's stages: shapes, parameters, multiply-adds, links, and its memory.

        Args:
            network: the text of a spec, its path, or the name of one that ships.
            settings: values for parameters of the spec.
        """
        checked = self._checked(network, settings)
        return f"{table(checked)}\n{totals(checked)}\n{kept(checked)}"

    def compile(self, network: str, settings: Settings = None, fuse: bool = False) -> str:
        """Return the standalone PyTorch file of a network.

        Args:
            network: the text of a spec, its path, or the name of one that ships.
            settings: values for parameters of the spec.
            fuse: whether the network gets a method `fuse()` for fast inference.
        """
        return self._checked(network, settings).require().emit(fuse=fuse)

    def draw(self, network: str, settings: Settings = None, view: str | None = None) -> bytes:
        """Return a picture of a network's topology, in PNG.

        Args:
            network: the text of a spec, its path, or the name of one that ships.
            settings: values for parameters of the spec.
            view: paper, overview, arc, focus or matrix; chosen by size if not given.
        """
        return picture(self._checked(network, settings), "png", view=view).content

    def explain(self, code: str) -> str:
        """Explain a diagnostic such as A105, with a wrong and a right example.

        Args:
            code: the code in brackets at the beginning of an error.
        """
        return explanation(code)

    def save(self, path: str, network: str, settings: Settings = None) -> str:
        """Write a network's PyTorch file or its picture; only what archdsl wrote is overwritten.

        Args:
            path: a path in the folder, with the suffix .py, .svg, .png, .pdf or .dot.
            network: the text of a spec, its path, or the name of one that ships.
            settings: values for parameters of the spec.
        """
        target = self._below(path)
        form = files.form(target, ("py", *FORMS), "path")
        checked = self._checked(network, settings).require()
        content = checked.emit() if form == "py" else picture(checked, form).content
        return "written" if files.write(target, content) else "unchanged"

    def _checked(self, network: str, settings: Settings) -> api.Checked:
        return api.check(self._spec(network, settings))

    def _spec(self, network: str, settings: Settings) -> Spec:
        if "\n" in network:
            return parse(Source("spec", network), settings, extend=self.extend)
        named = network in networks() or network in specs()
        path = network if named else self._below(network)
        return api.load(path, settings, extend=self.extend)

    def _below(self, path: str) -> Path:
        """Return a path in the folder. Raise A414 if it leads out of it, through links too."""
        target = self.root / path
        if not target.resolve().is_relative_to(self.root.resolve()):
            raise fail("A414", f"{path[:80]} is outside of {self.root}")
        return target
