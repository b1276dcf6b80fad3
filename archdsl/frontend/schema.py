"""The words of the language, as frozen pydantic models (docs/language.md describes them).

`language(extensions)` returns the language with custom words added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, create_model

from archdsl.frontend import unions
from archdsl.frontend.extending import Extension, extended
from archdsl.frontend.nesting import recursive
from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.cycle import Cycle
from archdsl.language.define import Definition, Signature
from archdsl.language.exit import Exit, ExitList, WordExit
from archdsl.language.layer import Layer
from archdsl.language.layers import LAYERS, LayerWords
from archdsl.language.rule import Rule
from archdsl.language.rules import RULES
from archdsl.language.unit import Unit
from archdsl.language.units import UNITS
from archdsl.language.values import WIDEST, Bounds, Count, Size, Width, Words

EXIT = "output: the rule for one more layer, all outputs, the last one, or by another rule"
DEFINE = "units of this spec by their words, which `kind` then takes like `basic`"
NAME = r"^[a-z][a-z0-9_-]{0,39}$"
PARAMETER = r"^[a-z][a-z0-9_]{0,39}$"


def _whole(value: Any) -> Any:
    """Return a value that only the integer 1 matches; in Python, `true` and `1.0` equal 1."""
    return value if type(value) is int else str(value)


Version = Annotated[Literal[1, 2], BeforeValidator(_whole)]


class LayerList(Words):
    """A list of layers; in YAML simply the list."""

    layers: tuple[LayerWords | Unit, ...]


class Transition(Words):
    """The layers between two stages: norm, relu, a 1x1 convolution and a pooling by 2."""

    kind: Literal["transition"]
    width: Width = Field(description="output channels; `incoming` is the number of input channels")
    pool: Literal["average", "max", "none"] = "average"
    bias: bool = False


class Figure(Words):
    """One published number."""

    value: int | str = Field(description="123456, or as printed: 4.51M")
    tolerance: str | None = Field(
        None,
        description="such as 0.5%; without it, the number must round to the printed digits",
        pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})? *%$",
    )
    source: Annotated[str, Field(max_length=400)]


Quantity = Literal["parameters", "macs", "flops", "depth", "layers", "links", "skip_links"]


class Expectation(Words):
    """Published figures, and the settings they hold for (all others at their defaults)."""

    when: dict[str, Any] = Field(default_factory=dict)
    parameters: Figure | None = None
    macs: Figure | None = None
    flops: Figure | None = None
    depth: Figure | None = None
    layers: Figure | None = None
    links: Figure | None = None
    skip_links: Figure | None = None

    def figures(self) -> list[tuple[str, Figure]]:
        """The published numbers by quantity."""
        names = ("parameters", "macs", "flops", "depth", "layers", "links", "skip_links")
        return [(name, figure) for name in names if (figure := getattr(self, name)) is not None]


if TYPE_CHECKING:
    ChainWords = LayerList
    BetweenWords = Transition | LayerList
    Expectations = tuple[Expectation, ...]
else:
    ChainWords = unions.listed(LayerList)
    BetweenWords = unions.listed(Transition, LayerList)
    Expectations = unions.one_or_more(Expectation)


EntryWord = Literal["identity", "projection", "pad", "first"]
ENTRY = (
    "y_0: the input; where the shape changes, its 1x1 projection, or every stride-th pixel of it "
    "with channels of zeros added; `first`: the output of the first layer; or layers that make it "
    "of the input, which layer 1 then reads itself"
)


CARRY = (
    "with `scope: network`, the layers through which each output that is read in this stage or "
    "later passes into it; `incoming` is the width of the output"
)


class StageWords(Words):
    """A stage: how many layers, what each computes, reads, and how its inputs are aggregated."""

    keys_since: ClassVar[Mapping[str, int]] = {"carry": 2}

    layers: Any = None
    unit: Unit | LayerList | Cycle | None = None
    connect: Rule | None = None
    aggregate: Aggregation | None = None
    exit: WordExit | Exit | ExitList = Field(WordExit(kind="rule"), description=EXIT)
    entry: EntryWord | LayerList = Field("identity", description=ENTRY)
    stride: Size = Field(1, description="stride of the stage's first layer")
    carry: LayerList | None = Field(None, description=CARRY)

    def needs(self) -> Mapping[str, int]:
        """Return the version that each key needs: `entry` had fewer forms in version 1."""
        newer = self.entry == "first" or isinstance(self.entry, LayerList)
        return {**self.keys_since, **({"entry": 2} if newer else {})}


class StagesWords(StageWords):
    """Stages that share their words; a list inside has one entry per stage."""

    count: Count


class Network(Words):
    """A whole spec."""

    keys_since: ClassVar[Mapping[str, int]] = {"define": 2}
    archdsl: Version = Field(description="version of the language")
    name: Annotated[str, Field(pattern=NAME)]
    description: Annotated[str, Field(max_length=4_000)] = ""
    params: dict[str, Any] = Field(default_factory=dict)
    input: Annotated[
        tuple[Annotated[int, Bounds(1, WIDEST)], ...],
        Field(
            min_length=2,
            max_length=4,
            strict=False,
            description="channels, then one size for each of one to three dimensions, such as "
            "height and width",
        ),
    ]
    define: dict[str, Definition] = Field(default_factory=dict, description=DEFINE)
    stem: ChainWords | None = None
    each: StageWords | None = None
    stages: StagesWords | tuple[StageWords, ...]
    between: BetweenWords | None = None
    head: ChainWords | None = None
    expect: Expectations = ()

    def needs(self) -> Mapping[str, int]:
        """Return the version that each key needs: an input was an image in version 1."""
        return {**self.keys_since, **({} if len(self.input) == 3 else {"input": 2})}


@dataclass(frozen=True)
class Language:
    """The words of the language, and the model of a whole spec."""

    network: type[Network]
    rules: tuple[type[Rule], ...]
    units: tuple[type[Unit], ...]
    aggregations: tuple[type[Aggregation], ...]
    layers: tuple[type[LayerWords], ...]

    @property
    def words(self) -> frozenset[str]:
        """The words that name a rule, a unit, an aggregation or a layer."""
        kinds: dict[str, tuple[type[Words], ...]] = {
            "rule": self.rules,
            "layer": self.layers,
            "kind": (*self.units, *self.aggregations, Transition),
        }
        return frozenset(unions.word_of(model, key) for key in kinds for model in kinds[key])


@lru_cache(maxsize=64)
def language(
    extensions: tuple[Extension, ...] = (), definitions: tuple[Signature, ...] = ()
) -> Language:
    """Return the language with custom rules, units, aggregations and layers added.

    Args:
        extensions: custom classes.
        definitions: the units that a spec defines, whose words it may use.

    Raises:
        ArchdslError: A120 if a word is already defined, A121 if a layer has no module.
    """
    rules, units, aggregations, layers = (
        extended(own, base, extensions)
        for own, base in (
            (RULES, Rule),
            (UNITS, Unit),
            (AGGREGATIONS, Aggregation),
            (LAYERS, Layer),
        )
    )
    units = (*units, *(signature.model() for signature in definitions))
    rule, aggregation = unions.worded(rules, "rule"), unions.worded(aggregations, "kind")
    parts: dict[str, Any] = {
        "connect": (rule | None, None),
        "aggregate": (aggregation | None, None),
    }
    own = create_model("Exit", __base__=Exit, __doc__=Exit.__doc__, **parts)
    chain, unit, units_or_cycle = recursive(layers, units, rules, aggregations, own, LayerList)
    one, alike = _stages(chain, unit, units_or_cycle, parts, own)
    listed = unions.listed(chain)
    define = create_model(
        "Definition", __base__=Definition, __doc__=Definition.__doc__, layers=(listed, ...)
    )
    network = create_model(
        "Network",
        __base__=Network,
        __doc__=Network.__doc__,
        define=(dict[str, define], Field(default_factory=dict, description=DEFINE)),
        stem=(listed | None, None),
        each=(one | None, None),
        stages=(unions.stages(alike, one), ...),
        between=(unions.listed(Transition, chain) | None, None),
        head=(listed | None, None),
    )
    return Language(network, rules, units, aggregations, layers)


def _stages(
    chain: type[Words], unit: Any, units_or_cycle: Any, parts: Mapping[str, Any], own: type[Exit]
) -> tuple[Any, Any]:
    """Return the models of a stage and of stages that share their words, of these parts."""
    slots: dict[str, Any] = {
        **parts,
        "layers": (unions.layers(unit) | None, None),
        "unit": (units_or_cycle | None, None),
        "entry": (unions.word_or_list(EntryWord, chain), Field("identity", description=ENTRY)),
        "exit": (unions.exits(own), Field(WordExit(kind="rule"), description=EXIT)),
        "carry": (unions.listed(chain) | None, Field(None, description=CARRY)),
    }
    one = create_model("Stage", __base__=StageWords, __doc__=StageWords.__doc__, **slots)
    alike = create_model("Stages", __base__=StagesWords, __doc__=StagesWords.__doc__, **slots)
    return one, alike
