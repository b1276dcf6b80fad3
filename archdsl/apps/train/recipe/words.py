"""The keys of a recipe, as a frozen pydantic model. docs/recipes.md describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from archdsl.apps.train.recipe.expect import PublishedWords
from archdsl.apps.train.words.augment import AUGMENTS
from archdsl.apps.train.words.data import DATA
from archdsl.apps.train.words.data.images import ImageWords
from archdsl.apps.train.words.numbers import (
    Amount,
    Number,
    NumberOrNone,
    Part,
    Processes,
    Rate,
    Seed,
)
from archdsl.apps.train.words.optimizer import OPTIMIZERS
from archdsl.apps.train.words.schedule import SCHEDULES
from archdsl.apps.train.words.tracker import TRACKERS
from archdsl.apps.train.words.word import (
    AugmentWords,
    OptimizerWords,
    ScheduleWords,
    TrackerWords,
)
from archdsl.errors import fail
from archdsl.frontend import unions
from archdsl.frontend.schema import NAME, PARAMS, whole
from archdsl.language.values import Words, as_pydantic

if TYPE_CHECKING:
    Data = ImageWords
    Optimizer = OptimizerWords
    Schedule = ScheduleWords
    Augments = tuple[AugmentWords, ...]
    Trackers = tuple[TrackerWords, ...]
    Entries = tuple[PublishedWords, ...]
else:
    Data, Optimizer, Schedule, Augment, Tracker = (
        unions.worded(models, "kind")
        for models in (DATA, OPTIMIZERS, SCHEDULES, AUGMENTS, TRACKERS)
    )
    Augments = Annotated[tuple[Augment, ...], Field(max_length=16, strict=False)]
    Trackers = Annotated[tuple[Tracker, ...], Field(max_length=16, strict=False)]
    Entries = unions.one_or_more(PublishedWords)


def _setting(value: Any) -> Any:
    """Return a value of `network`. Raise A114 if no parameter can have it."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, bool) or not isinstance(entry, int | float | str):
            raise as_pydantic(fail("A114", "a setting is a number, a list of numbers, or a word"))
    return value


Settings = dict[str, Annotated[Any, AfterValidator(_setting)]]


class RecipeWords(Words):
    """A whole recipe."""

    recipe: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        description="version of the language of recipes"
    )
    name: Annotated[str, Field(pattern=NAME, description="name of the recipe")]
    description: Annotated[
        str, Field(max_length=4_000, description="what the recipe is, for readers")
    ] = ""
    params: dict[str, Any] = Field(default_factory=dict, description=PARAMS)
    data: Data = Field(description="the data set")
    epochs: Number = Field(description="how often each training image is read")
    batch: Number = Field(description="images per step, over all processes")
    accumulate: Number = Field(
        1, description="parts of a batch that run one after the other, which takes less memory"
    )
    rate: Rate = Field(description="learning rate, which the schedule multiplies")
    weight_decay: Amount = Field(0.0, description="weight decay of the optimizer")
    decay: Literal["all", "weights"] = Field(
        "all", description="what decays: all weights, or all except norms and biases"
    )
    optimizer: Optimizer = Field(description="the optimizer")
    schedule: Schedule = Field(
        SCHEDULES[0](kind="constant"), description="how the learning rate changes"
    )
    augment: Augments = Field((), description="random changes of the training images, in order")
    label_smoothing: Part = Field(
        0.0, description="share of the target that is spread over all classes"
    )
    clip: Amount = Field(0.0, description="largest norm of the gradient; 0 for no limit")
    ema: Part = Field(
        0.0, description="decay of the moving average of the weights; 0 for no average"
    )
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="of autocast; float32 for none"
    )
    channels_last: bool = Field(False, description="whether channels are last in memory")
    compile: bool = Field(False, description="whether torch.compile is used")
    memory_efficient: bool = Field(
        False, description="whether stages that aggregate much recompute what they can"
    )
    sync_norm: bool = Field(
        False, description="whether batch norms use the statistics of all processes"
    )
    fsdp: bool = Field(False, description="whether each process holds a part of the weights")
    deterministic: bool = Field(
        False, description="whether torch uses deterministic algorithms alone, which are slower"
    )
    hold_out: NumberOrNone = Field(
        0, description="training images that choose the best weights, in place of the test images"
    )
    seed: Seed = Field(0, description="of all random numbers")
    workers: Processes = Field(2, description="processes that read image files")
    checkpoint_steps: Number = Field(1_000, description="steps between checkpoints in an epoch")
    keep_every: NumberOrNone = Field(
        0, description="epochs between checkpoints that are kept; 0 for the last and the best alone"
    )
    network: Settings = Field(
        default_factory=dict, description="parameters of the spec that the recipe sets"
    )
    track: Trackers = Field((), description="where metrics go, too")
    expect: Entries = Field(
        (), description="published errors, which are printed with that of a run"
    )
