"""The words of the language, as frozen pydantic models (docs/language.md describes them).

`language(extensions)` returns the language with custom words added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from archdsl.frontend import unions
from archdsl.frontend.derived import derived
from archdsl.frontend.extending import Extension, extended
from archdsl.frontend.figures import Expectation
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
PARAMS = "numbers, lists of numbers, arithmetic, or a choice of words: a | b"
NAME = r"^[a-z][a-z0-9_-]{0,39}$"
PARAMETER = r"^[a-z][a-z0-9_]{0,39}$"


def whole(value: Any) -> Any:
    """Return a value that only the integer 1 matches; in Python, `true` and `1.0` equal 1."""
    return value if type(value) is int else str(value)


Version = Annotated[Literal[1, 2], BeforeValidator(whole)]


class LayerList(Words):
    """A list of layers; in YAML simply the list."""

    layers: tuple[LayerWords | Unit, ...]


class Transition(Words):
    """The layers between two stages: norm, relu, a 1x1 convolution and a pooling by 2."""

    kind: Literal["transition"]
    width: Width = Field(description="output channels; `incoming` is the number of input channels")
    pool: Literal["average", "max", "none"] = Field(
        "average", description="the pooling by 2, or none"
    )
    bias: bool = Field(False, description="whether the convolution has a bias")


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

    layers: Any = Field(None, description="number of layers, or a list with one unit per layer")
    unit: Unit | LayerList | Cycle | None = Field(
        None,
        description="what each layer computes: a named unit, a list of layers, or units in turn",
    )
    connect: Rule | None = Field(
        None, description="the rule that says which earlier outputs a layer reads"
    )
    aggregate: Aggregation | None = Field(
        None, description="how the outputs that a layer reads are joined"
    )
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

    count: Count = Field(description="number of stages")


class Network(Words):
    """A whole spec."""

    keys_since: ClassVar[Mapping[str, int]] = {"define": 2}
    archdsl: Version = Field(description="version of the language")
    name: Annotated[str, Field(pattern=NAME, description="name of the network")]
    description: Annotated[
        str, Field(max_length=4_000, description="what the network is, for readers")
    ] = ""
    params: dict[str, Any] = Field(default_factory=dict, description=PARAMS)
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
    stem: ChainWords | None = Field(None, description="layers in front of the first stage")
    each: StageWords | None = Field(None, description="keys that all stages of a list share")
    stages: StagesWords | tuple[StageWords, ...] = Field(
        description="stages that share their keys, or a list of stages"
    )
    between: BetweenWords | None = Field(
        None, description="layers between two stages: a transition or a list"
    )
    head: ChainWords | None = Field(None, description="layers behind the last stage")
    expect: Expectations = Field(
        (), description="published figures, which are compared with the counts"
    )

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
    own = derived(Exit, **parts)
    chain, unit, units_or_cycle = recursive(layers, units, rules, aggregations, own, LayerList)
    one, alike = _stages(chain, unit, units_or_cycle, parts, own)
    listed = unions.listed(chain)
    define = derived(Definition, layers=(listed, ...))
    network = derived(
        Network,
        define=(dict[str, define], Field(default_factory=dict)),  # type: ignore[valid-type]
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
        "entry": (unions.word_or_list(EntryWord, chain), "identity"),
        "exit": (unions.exits(own), WordExit(kind="rule")),
        "carry": (unions.listed(chain) | None, None),
    }
    one = derived(StageWords, "Stage", **slots)
    alike = derived(StagesWords, "Stages", **slots)
    return one, alike
