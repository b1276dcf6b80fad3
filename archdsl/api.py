"""The functions of archdsl: load, lower, analyse, check and emit. None of them imports torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from archdsl.analysis import Report
from archdsl.analysis import analyse as analyse_graph
from archdsl.analysis.block_links import block_links
from archdsl.analysis.links import links
from archdsl.errors import ArchdslError, Diagnostic, Source, fail
from archdsl.expect import Verdict, verdicts
from archdsl.extras import require
from archdsl.frontend.channels import channels_last
from archdsl.frontend.extending import Extension
from archdsl.frontend.load import Spec
from archdsl.frontend.load import load as load  # one of the verbs
from archdsl.frontend.load import parse as parse_text
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Input
from archdsl.lowering.limits import Limits, check_together
from archdsl.lowering.network import lower as lower_spec
from archdsl.lowering.network import size
from archdsl.remarks import remarks
from archdsl.shown import Shown

if TYPE_CHECKING:
    from torch import nn

    from archdsl.backends.pytorch.file import Runtime

Fuse = bool | str
"""True for fast inference on all devices, or the name of one device."""


@dataclass(frozen=True, repr=False)
class Checked(Shown):
    """A spec that was checked: its graph, its numbers, its published figures, and its remarks."""

    spec: Spec
    graph: Graph
    report: Report
    verdicts: tuple[Verdict, ...]
    remarks: tuple[Diagnostic, ...]
    output_stride: int | None = None
    written: Graph | None = None
    """The graph that the spec describes, if the network has another output stride."""

    def __repr__(self) -> str:
        return f"<Checked {repr(self.spec)[1:-1]}>"

    @property
    def failures(self) -> tuple[Diagnostic, ...]:
        """Return the errors of published figures that do not match."""
        return tuple(v.diagnostic() for v in self.verdicts if v.holds is False)

    def require(self) -> Checked:
        """Return this object. Raise A220 if a published figure does not match."""
        if self.failures:
            raise ArchdslError(self.failures)
        return self

    def with_output_stride(self, output_stride: int | None) -> Checked:
        """Return the network with dilation instead of the strides of its late layers.

        Weights and their names stay the same. Published figures do not apply to it.

        Args:
            output_stride: the largest stride of a map, such as 8 or 16; None for that of the spec.

        Raises:
            ArchdslError: A414 if it is not positive, or a layer cannot be dilated.
        """
        if output_stride is None:
            return self
        if output_stride < 1:
            raise fail("A414", f"{output_stride} is not an output stride", help="pass 8 or 16")
        from archdsl.passes.dilate import dilate

        graph = dilate(self.graph, output_stride)
        return replace(
            self, graph=graph, report=analyse_graph(graph), verdicts=(),
            output_stride=output_stride, written=self.graph,
        )  # fmt: skip

    def emit(
        self, class_name: str | None = None, *, fuse: Fuse = False,
        memory_efficient: bool = False, runtime: str = "paste", backbone: bool = False,
    ) -> str:  # fmt: skip
        """Return the text of the network's file: see `archdsl.emit`.

        Args:
            class_name: name of the network's class; by default made from the spec's name.
            fuse: as in `archdsl.emit`.
            memory_efficient: as in `archdsl.emit`.
            runtime: `paste` or `import`, as in `archdsl.emit`.
            backbone: as in `archdsl.emit`.

        Raises:
            ArchdslError: A414 if `fuse` is set for a network whose input is not an image, or
                `memory_efficient` for one of which no stage can be one operator.
        """
        # Commands that only count start in less time without the code that emits.
        from archdsl.backends.pytorch.file import Origin
        from archdsl.backends.pytorch.file import emit as emit_graph
        from archdsl.backends.pytorch.naming import class_of

        spec, name = self.spec, class_name or class_of(self.spec)
        if fuse and not _reads_images(self.graph):
            raise fail(
                "A414",
                "fast inference is for images: an input of channels, height and width",
                help="compile without `--fuse`",
            )
        origin = Origin(
            spec.text, spec.settings, spec.sha256, spec.words.description, self.output_stride
        )
        return emit_graph(
            self.graph, origin, name, self.report, fuse=devices(fuse),
            memory_efficient=memory_efficient, runtime=carried(runtime),
            backbone=(self.written or self.graph) if backbone else None,
        )  # fmt: skip


def _reads_images(graph: Graph) -> bool:
    """Return whether the input has channels, height and width."""
    return isinstance(graph.input.op, Input) and len(graph.input.op.shape) == 3


def lower(spec: Spec, limits: Limits | None = None) -> Graph:
    """Return the graph of a spec.

    Args:
        spec: a spec from `load` or `parse`.
        limits: the largest network that is built; the defaults of `Limits` if not passed.

    Raises:
        ArchdslError: A1xx or A2xx if the spec is invalid, A3xx if the network is above a limit.
    """
    return lower_spec(spec, limits).graph


def graph_of(network: Spec | Graph | Checked) -> Graph:
    """Return the graph of a network in any of its forms. Raise as `lower` does for a spec."""
    if isinstance(network, Graph):
        return network
    return network.graph if isinstance(network, Checked) else lower(network)


def refuse_together(specs: Iterable[Spec], limits: Limits | None = None) -> None:
    """Raise A305 if networks are too large together, computed before any of them is built.

    Specs with errors, and networks that alone are above the limits, are not counted: `check`
    reports them.

    Args:
        specs: the specs of one command.
        limits: limits for all of them in total; the defaults of `Limits` if not passed.
    """
    sizes, limits = [], limits or Limits()
    for spec in specs:
        with suppress(ArchdslError):
            sizes.append(size(spec))
    check_together((network for network in sizes if not network.above(limits)), limits)


def analyse(graph: Graph) -> Report:
    """Return the counts, links, paths and memory of a graph. Raise A202 to A205 as `prove` does."""
    return analyse_graph(graph)


def emit(
    spec: Spec, class_name: str | None = None, limits: Limits | None = None,
    *, fuse: Fuse = False, memory_efficient: bool = False, runtime: str = "paste",
    backbone: bool = False,
) -> str:  # fmt: skip
    """Return the text of a PyTorch file for a spec.

    Args:
        spec: a spec.
        class_name: of the network; derived from the spec's name if None.
        limits: how large the network may be.
        fuse: whether the network has a method `fuse`, or the one device that it is for.
        memory_efficient: whether concatenating stages are trained as one operator, which keeps
            memory linear in their depth. The network then takes `memory_efficient: bool = True`.
        runtime: "paste" for a standalone file, "import" for a short one that imports the source
            that runs the network from archdsl.
        backbone: whether the network has the methods that timm's have: `forward_features`,
            `forward_head`, `feature_info`, `features_only`, `reset_classifier` and others.

    Raises:
        ArchdslError: A1xx to A3xx, A413, A414.
    """
    checked = check(spec, limits)
    return checked.emit(
        class_name, fuse=fuse, memory_efficient=memory_efficient, runtime=runtime,
        backbone=backbone,
    )  # fmt: skip


def carried(runtime: str) -> Runtime:
    """Return a valid choice for `runtime`. Raise A414 if it is invalid."""
    from archdsl.backends.pytorch.file import Runtime

    if runtime not in get_args(Runtime):
        raise fail("A414", f"`{runtime}` is not a valid `runtime`", help="write paste or import")
    return "import" if runtime == "import" else "paste"


def devices(fuse: Fuse) -> tuple[str, ...]:
    """Return the devices that `fuse` names: all, one, or none. Raise A414 for an unknown one."""
    from archdsl.codegen.fusing import DEVICES

    if isinstance(fuse, bool):
        return DEVICES if fuse else ()
    if fuse not in DEVICES:
        names = " and ".join(DEVICES)
        raise fail("A414", f"there is no fast path for `{fuse}`", help=f"devices: {names}")
    return (fuse,)


def build(
    spec: Spec, class_name: str | None = None, *, fuse: Fuse = False,
    memory_efficient: bool = False, runtime: str = "paste", backbone: bool = False,
) -> nn.Module:  # fmt: skip
    """Return a newly initialised instance of the network that `emit` writes.

    It can be pickled. The pickle holds the emitted text and runs it when it is loaded, so load only
    pickles that you trust. The process that loads it needs archdsl.

    Args:
        spec: a spec.
        class_name: as for `emit`.
        fuse: True for a network whose method `fuse()` returns the same network for fast inference;
            "cpu" or "cuda" for one kind of device only.
        memory_efficient: as for `emit`.
        runtime: as for `emit`.
        backbone: as for `emit`.

    Raises:
        ArchdslError: as `emit` does, and A422 if torch is not installed.
    """
    require("torch")
    text = emit(
        spec, class_name, fuse=fuse, memory_efficient=memory_efficient, runtime=runtime,
        backbone=backbone,
    )  # fmt: skip
    from archdsl.oracle.comparison import load_module, network_class

    return network_class(load_module(text))()


def check_text(
    text: str | Source,
    settings: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    *,
    extend: Iterable[Extension] = (),
) -> Checked:
    """Read and check the text of a spec; arguments and errors are those of `parse` and `check`.

    Args:
        text: the text of a spec, or text with a name for messages.
        settings: values for parameters of the spec, by name.
        limits: the largest network that is built; the defaults of `Limits` if not passed.
        extend: rules, units, aggregations and layers that the spec may use in addition.
    """
    return check(parse_text(text, settings, extend=extend), limits)


def check(spec: Spec, limits: Limits | None = None) -> Checked:
    """Build and analyse the graph of a spec, and compare its published figures.

    Args:
        spec: a spec from `load` or `parse`.
        limits: the largest network that is built; the defaults of `Limits` if not passed.

    Raises:
        ArchdslError: if the spec is invalid or above the limits. A published figure that does not
            match is not raised; see `Checked.require`.
    """
    limits = limits or Limits()
    try:
        lowered = lower_spec(spec, limits)
    except ArchdslError as error:  # channels that are last may be the reason
        warnings = channels_last(spec.words, spec.document)
        raise ArchdslError([*error.diagnostics, *warnings]) from None
    report = _analysed(spec, lowered.graph)
    _sizes(spec, report, limits)
    facts = report.as_dict()
    notes = remarks(spec, lowered, report)
    return Checked(spec, lowered.graph, report, tuple(verdicts(spec, facts)), notes)


def _analysed(spec: Spec, graph: Graph) -> Report:
    """Return the report of a graph. Raise A202 to A205 with the position of the wrong rule."""
    try:
        return analyse_graph(graph)
    except ArchdslError:
        for stage in graph.stages:
            try:
                links(stage)
            except ArchdslError as error:
                place = spec.at_stage(stage.index, "connect")
                raise error.within(place["source"], place["span"]) from None
        try:
            block_links(graph)
        except ArchdslError as error:
            place = spec.at("stages")
            raise error.within(place["source"], place["span"]) from None
        raise


def _sizes(spec: Spec, report: Report, limits: Limits) -> None:
    """Refuse what no machine holds. Raises ArchdslError (A303, A304) with the exact numbers."""
    peak = report.activation_bytes.inference
    too_large = (
        ("A303", report.parameters, limits.parameters, "parameters", "--max-parameters"),
        ("A304", peak, limits.activation_bytes, "bytes of activations (batch 1, float32)",
         "--max-activation-bytes"),
    )  # fmt: skip
    findings = [
        Diagnostic(
            code,
            f"this network has {count:,} {what} (limit {limit:,})",
            help=f"raise it on the command line: {flag} {count}",
            **spec.at("stages" if code == "A303" else "input"),
        )
        for code, count, limit, what, flag in too_large
        if count > limit
    ]
    if findings:
        raise ArchdslError(findings)
