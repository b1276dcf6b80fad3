"""Export a network: simplify it, fold its weights, convert it, check the result."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl import atomic
from archdsl.api import Checked, check
from archdsl.apps.export.formats import FORMATS, Format
from archdsl.apps.export.formats.format import INPUT, OUTPUT, Files
from archdsl.errors import fail
from archdsl.extras import require
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape
from archdsl.lowering.limits import Limits
from archdsl.passes.simplify import Simplification, simplification

if TYPE_CHECKING:
    from archdsl.apps.export.check import Difference

EXAMPLE = 2
"""Batch size that the network is traced with; torch takes 0 and 1 for constants."""


@dataclass(frozen=True)
class Exported:
    """A network in another format, which was compared with the network itself.

    Attributes:
        format: the format.
        files: the contents of the files by their suffixes.
        weights: where the weights come from, in words.
        shapes: shapes of the input and of the output, without the batch.
        simplification: what was merged and moved.
        differences: relative errors against float64 by batch size.
    """

    format: Format
    files: Files
    weights: str
    shapes: tuple[Shape, Shape]
    simplification: Simplification
    differences: dict[int, Difference]

    @property
    def worst(self) -> float:
        """Return the largest relative difference from float64."""
        return max(difference.file for difference in self.differences.values())

    def save(self, path: Path) -> None:
        """Write the files; `path` names the one with the suffix of the format."""
        for suffix, content in self.files.items():
            atomic.replace(path.with_suffix(f".{suffix}"), content)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as plain values for JSON; -1 stands for the batch."""
        done, (before, after) = self.simplification, self.shapes
        return {
            "format": self.format.title,
            "bytes": {suffix: len(content) for suffix, content in self.files.items()},
            "weights": self.weights,
            "inputs": {INPUT: [-1, *before]},
            "outputs": {OUTPUT: [-1, *after]},
            "dtype": "float32",
            "merged": len(done.merges),
            "moved": done.moved,
            "windows": done.windows,
            "differences": {str(batch): d.file for batch, d in self.differences.items()},
            "checked_by": self.checked_by,
        }

    @property
    def checked_by(self) -> str:
        """Return the name and the version of the runtime of the check."""
        runtime = self.format.packages[0]
        return f"{runtime} {version(runtime)}"


def export(
    spec: Spec, path: str | Path, *, weights: str | Path | None = None, seed: int = 0,
    limits: Limits | None = None,
) -> Exported:  # fmt: skip
    """Write a network for another runtime, as `archdsl export` does, and return what was done.

    The file has a dynamic batch and float32 weights, and is for inference. It is compared with the
    network in float64 before it is written. An existing file is overwritten.

    >>> import archdsl
    >>> spec = archdsl.load("specs/sparsenet-bc-cifar.yaml")  # doctest: +SKIP
    >>> archdsl.export(spec, "net.onnx", weights="checkpoint.pt").worst  # doctest: +SKIP
    3.9e-07

    Args:
        spec: a spec from `load`.
        path: the file; its suffix is the format: `onnx`, `xml` (OpenVINO) or `pt2` (torch.export).
        weights: a checkpoint with the network's state dict; new weights if not passed.
        seed: of new weights.
        limits: the largest network that is built; the defaults of `Limits` if not passed.

    Raises:
        ArchdslError: as `check` does; A414 for another suffix, A422 if a package is missing, A401
            to A403 and A440 to A443 for the checkpoint, A450 if the format cannot hold the network,
            A451 if the file does not compute what the network does.
    """
    target = Path(path)
    format = format_of(target)
    exported = convert(
        check(spec, limits).require(), format, Path(weights) if weights else None, seed
    )
    exported.save(target)
    return exported


def format_of(path: Path) -> Format:
    """Return the format of a file by its suffix. Raise A414, or A422 if a package is missing."""
    suffix = path.suffix.removeprefix(".")
    if suffix not in FORMATS:
        listed = ", ".join(f".{form}" for form in FORMATS)
        raise fail(
            "A414", f"`{path.suffix[:20]}` is not a format of export", help=f"suffixes: {listed}"
        )
    require("torch", *FORMATS[suffix].packages)
    return FORMATS[suffix]


def convert(checked: Checked, format: Format, weights: Path | None, seed: int) -> Exported:
    """Return the files of a network, after they were compared with it.

    Args:
        checked: the network.
        format: the format to convert to.
        weights: a checkpoint; new weights if None.
        seed: of new weights.

    Raises:
        ArchdslError: A401 to A403, A440 to A443, A450 or A451, as `export` does.
    """
    from archdsl.apps.export.check import compare
    from archdsl.apps.export.weights import initial, saved

    graph = checked.graph
    state = saved(graph, weights) if weights else initial(checked, seed)
    done = simplification(graph)
    files = _converted(checked, done, state, format)
    return Exported(
        format,
        files,
        f"of {weights.name}" if weights else f"newly initialised (seed {seed})",
        (_shape(graph, graph.input.name), _shape(graph, graph.output)),
        done,
        compare(graph, state, format, files),
    )


def _shape(graph: Graph, name: str) -> Shape:
    return graph.steps[name][-1]


def _converted(checked: Checked, done: Simplification, state: Any, format: Format) -> Files:
    """Return the files of the simplified network. Raises ArchdslError (A450)."""
    import torch

    from archdsl.apps.export.check import reason, single
    from archdsl.apps.export.concatenation import reuse_concatenations
    from archdsl.apps.export.weights import folded
    from archdsl.loading import load_module, network_class

    module = network_class(load_module(replace(checked, graph=done.graph).emit()))().eval()
    module.load_state_dict(single(folded(state, done.merges)))
    shape = _shape(checked.graph, checked.graph.input.name)
    batch = {0: torch.export.Dim("batch", min=1)}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # exporters warn of what they themselves call
            example = torch.zeros(EXAMPLE, *shape)
            program = torch.export.export(module, (example,), dynamic_shapes=(batch,))
            reuse_concatenations(program)
            for node in program.graph.nodes:
                node.meta.pop("stack_trace", None)  # it names folders of this machine
            return format.write(program, shape)
    except Exception as error:  # exporters raise almost anything
        raise fail(
            "A450",
            f"{checked.spec.name} cannot be exported to {format.title}",
            note=reason(error),
        ) from None
