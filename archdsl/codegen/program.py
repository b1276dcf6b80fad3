"""Everything an emitted file will say, decided: classes, arguments, names, helpers. No text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from archdsl.analysis.shapes import shapes as all_shapes
from archdsl.codegen.backbone import BACKBONE, Backbone
from archdsl.codegen.backbone import backbone as find_backbone
from archdsl.codegen.blocks import BlockClass
from archdsl.codegen.columns import Number
from archdsl.codegen.fusing import RECORDS, Fusing, fusing
from archdsl.codegen.joins import JoinClass
from archdsl.codegen.memory_efficient import (
    TRAINING,
    MemoryEfficient,
    memory_efficient,
    operator_stages,
)
from archdsl.codegen.modules import ModuleClass, Modules, find_modules, readers_of_input
from archdsl.codegen.stages import StageClass, Stages, find_stages
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers import KINDS, Block, Weighted
from archdsl.ir.ops import Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.passes import pipeline

TAKEN = (
    "Any", "ConcatBuffer", "DropPath", "OUTPUT_STRIDE", "PLAN", "SETTINGS", "SPEC", "STAGES",
    "Tensor", "annotations", "cache", "deepcopy", "functional", "gcd", "nn", "partial", "tl",
    "torch",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A call of a part in the network's `forward`.

    `target` is its name in the network, as in the state dict: `stages.0`. `stage` is its index if
    it is a stage. Shapes are those of its input and output, without the batch.
    """

    target: str
    stage: int | None
    before: Shape
    after: Shape


@dataclass(frozen=True)
class Program:
    """A network ready to be printed."""

    class_name: str
    graph: Graph
    shapes: Mapping[str, Shape]
    calls: tuple[Call, ...]
    modules: Modules
    stages: Stages
    rules: tuple[Rule, ...]
    joins: tuple[Aggregation, ...]
    buffered: bool
    columns: int
    fusing: Fusing | None = None
    training: MemoryEfficient | None = None
    backbone: Backbone | None = None

    def is_operator(self, stage: StageClass) -> bool:
        """Whether a stage is trained as one operator."""
        return self.training is not None and stage.name not in self.training.reasons

    @property
    def folds(self) -> tuple[Aggregation, ...]:
        """Return the aggregations whose readers each fold what they read, in stages or blocks."""
        operators = [stage.operator for stage in self.stages.classes]
        blocks = (block for block in self.modules.blocks if isinstance(block, BlockClass))
        operators += [block.block.operator for block in blocks]
        return tuple(dict.fromkeys(operator for operator in operators if operator.folds))

    @property
    def join_classes(self) -> tuple[JoinClass, ...]:
        """Return the classes of aggregations with weights, each once."""
        joins = [stage.join for stage in self.stages.classes if stage.join is not None]
        classes = list(self.modules.joins.values())
        classes += [kind for join in joins for kind in (join.module, join.exit_module) if kind]
        return tuple({kind.name: kind for kind in classes}.values())

    @cached_property
    def layer_helpers(self) -> tuple[tuple[str, str], ...]:
        """The helpers of its layers, in the order of their names: see `Layer.helper`."""
        return layer_helpers(self.graph)

    @property
    def takes_channels(self) -> bool:
        """Whether the first stage is given the input, whose channels a caller may choose."""
        return bool(readers_of_input(self.graph))

    @property
    def cuts_down(self) -> bool:
        """Whether every stage whose rule has a deepest path can be run by that path alone."""
        stages = [stage for stage, _ in self.stages.used if stage.rule.deepest_first]
        return bool(stages) and all(cuts_down(s) or s.strategy == "chain" for s in stages)

    def initialised(self) -> Iterator[tuple[str, list[str]]]:
        """Module classes that are not initialised as torch does, with the statements that do it."""
        layers = set(self.graph.layers())
        for kind in KINDS:
            alike = [layer for layer in layers if type(layer) is kind]
            if alike and issubclass(kind, Weighted) and (lines := kind.initialisation(alike)):
                yield min(alike[0].names()), lines

    def arguments(self, scope: str) -> tuple[ModuleClass, tuple[Number, ...]]:
        """The class and argument values of a scope."""
        return self.modules.used[scope]


def program(
    graph: Graph, class_name: str, *, fuse: tuple[str, ...] = (), efficient: bool = False,
    backbone: Graph | None = None,
) -> Program:  # fmt: skip
    """Decide how a graph is written; the graph is verified between passes.

    Also how it is run for inference on the devices that `fuse` names.

    Args:
        graph: the graph.
        class_name: name of the network's class.
        fuse: devices for fast inference, `cpu` or `cuda`; none if empty.
        efficient: whether stages are trained as one operator, in linear memory.
        backbone: if the network has methods for its features, as timm's have, the graph whose
            sizes say which feature maps these are.

    Raises:
        ArchdslError: A414 if `efficient` is set and no stage can be one operator.
    """
    graph = pipeline.run(graph, pipeline.FOR_INFERENCE if fuse else pipeline.PASSES)
    shapes = all_shapes(graph)
    helpers = [name for _, name in layer_helpers(graph)]
    taken = (
        *TAKEN,
        class_name,
        *functions(graph),
        *helpers,
        *(RECORDS if fuse else ()),
        *(TRAINING if efficient else ()),
        *(BACKBONE if backbone else ()),
    )
    modules = find_modules(graph, taken)
    classes = (*modules.blocks, *modules.classes)
    names = (*taken, *(module.name for module in (*classes, *modules.joins.values())))
    operators = operator_stages(graph, shapes) if efficient else ()
    stages = find_stages(graph, shapes, modules, names, operators)
    storing = [stage for stage in stages.classes if stage.strategy in {"buffer", "list"}]
    reading = [stage.rule for stage in storing]
    reading += [stage.exit_rule for stage in storing if stage.exit_form == "rule"]
    rules = {rule.rule: rule for rule in reading if rule.source()}
    joins = {
        operator: None
        for stage in stages.classes
        for operator in _operators(stage)
        if not (operator.dropped() and stage.drops_path)
    }
    blocks = [block for block in modules.blocks if isinstance(block, BlockClass)]
    joins |= {operator: None for block in blocks for operator in block.functions()}
    return Program(
        class_name,
        graph,
        shapes,
        tuple(_calls(graph, shapes)),
        modules,
        stages,
        tuple(rules.values()),
        tuple(joins),
        any(stage.strategy == "buffer" for stage in stages.classes),
        drop_path_columns(graph),
        fusing(graph, shapes, modules, stages, fuse) if fuse else None,
        memory_efficient(graph, shapes, stages) if efficient else None,
        find_backbone(graph, shapes, backbone) if backbone else None,
    )


def _calls(graph: Graph, shapes: Mapping[str, Shape]) -> Iterator[Call]:
    """The parts of a network in order."""
    before = shapes[graph.input.name]
    for target, stage, node in _parts(graph):
        yield Call(target, stage, before, shapes[node])
        before = shapes[node]


def _parts(graph: Graph) -> Iterator[tuple[str, int | None, str]]:
    """Name, index of the stage if it is one, and the node of the output, of each part in order."""
    if graph.stem:
        yield "stem", None, graph.stem
    gaps = 0
    for stage in graph.stages:
        yield f"stages.{stage.index}", stage.index, stage.exit
        gap = graph.between[stage.index] if stage.index < len(graph.between) else None
        if gap:
            yield f"between.{gaps}", None, gap
            gaps += 1
    if graph.head:
        yield "head", None, graph.head


def layer_helpers(graph: Graph) -> tuple[tuple[str, str], ...]:
    """The file and the name of every helper that a layer needs."""
    return tuple(sorted({helper for layer in graph.layers() if (helper := layer.helper())}))


def functions(graph: Graph) -> set[str]:
    """The names of the functions that a file of this graph may carry."""
    rules = [rule for stage in graph.stages for rule in (stage.rule, stage.exit_rule)]
    blocks = [layer for layer in graph.layers() if isinstance(layer, Block)]
    joining: list[Stage | Block] = [*graph.stages, *blocks]
    operators = [o for part in joining for o in (part.operator, part.exit_operator)]
    printed = [rule.sources for rule in rules if rule.source()]
    printed += [operator.join for operator in operators]
    printed += [operator.first for operator in operators]
    printed += [w.initial for operator in operators for w in operator.weights().values()]
    return {function.__name__ for function in printed if function is not None}


def drop_path_columns(graph: Graph) -> int:
    """The most outputs that a join with drop-path has; 0 if there is none."""
    joins = (len(node.inputs) for node, op in graph.aggregates() if op.operator.dropped())
    return max(joins, default=0)


def cuts_down(stage: StageClass) -> bool:
    """Whether a stage can be run by its deepest path alone: its rule has one, and it averages."""
    whole = stage.rule.deepest_first and stage.leaves == "rule" and not stage.projected
    return whole and stage.operator.averages and stage.strategy == "list"


def _operators(stage: StageClass) -> list[Aggregation]:
    """The aggregations whose own functions a stage calls."""
    if stage.strategy == "list":
        operators = dict.fromkeys([stage.operator, stage.exit_operator])
        writes = not stage.operator.weights() or (stage.join and stage.join.module)
        return [operator for operator in operators if writes or not operator.folds]
    return [stage.operator] if stage.strategy == "running" and not stage.operator.adds else []
