"""The settings of a training run, with the reason for each number."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import UsageError
from edge.settings.problems import in_one_line
from train.model import NETWORK_PX

RECIPES = Path(__file__).parent / "recipes"


class Stage(BaseModel):
    """A part of the run at one picture size."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    picture_px: Annotated[int, Field(ge=32, le=224)]
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the run's steps."""

    view: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    """Side of the part of the crop that is shown, around the middle of the face, as a share of the crop's side."""


class Recipe(BaseModel):
    """How to train."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = (
        Stage(picture_px=80, share=0.45, view=0.7),
        Stage(picture_px=NETWORK_PX, share=0.55),
    )
    """Small pictures first (progressive resizing). The first stage shows the face without its surroundings, so that it
    has as many pixels as in the second. The last stage needs a good part of the run: a network that saw its final size
    only in the last 3 % of the steps read ages 2 to 4 years worse at it (measured, see train/README.md)."""

    loss: Literal["distribution", "squares"] = "distribution"
    """What is learned: a distribution over the years, or one number by its squared error (the baseline)."""

    optimizer: Literal["adamw", "adam"] = "adamw"
    augment: Literal["lane", "basic"] = "lane"
    """What is played on the photos: all that happens at a lane, or rotation, brightness and mirroring alone."""

    augment_strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """By what the chances and the sizes of all that is played on the photos are multiplied."""

    frozen: Annotated[int, Field(ge=0, le=3)] = 0
    """How many of the ResNet50's four groups of layers, the stem with the first, stay as they are: with three a step
    takes half the time (measured on a CPU), enough for a shop's own photos or a last polish."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 8e-4
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.05
    warm_up: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Share of the steps over which the learning rate rises."""

    schedule: Literal["cosine", "constant"] = "cosine"
    """What the learning rate does then."""

    clip_gradient: Annotated[float, Field(gt=0)] = 5.0
    average: Annotated[float, Field(ge=0, lt=1)] = 0.998
    """Decay per step of the exponential moving average of the weights, which is what gets shipped."""

    expectation_weight: Annotated[float, Field(ge=0)] = 0.1
    """Weight of the mean age's absolute error in years, beside the cross-entropy of the distribution."""

    embedding_weight: Annotated[float, Field(ge=0)] = 5.0
    """Weight of 1 - cosine to the teacher's standardised embedding, where there is a teacher."""

    map_weight: Annotated[float, Field(ge=0)] = 5.0
    """Weight of 1 - cosine to what the teacher sees on the way to its embedding, place by place."""

    opinion_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the second opinions in the labels, where there is a teacher. They say what a face shows, and not whom it
    belongs to: less noise for a network that still learns, and a bound on what it can learn."""

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without a better one after which the training stops."""

    seed: Annotated[int, Field(ge=0)] = 7
    workers: Annotated[int, Field(ge=0, le=64)] = 2
    checkpoint_steps: Annotated[int, Field(ge=1)] = 200

    def stage(self, step: int, steps: int) -> Stage:
        """The stage that a step of a run of `steps` steps belongs to."""
        total, reached = sum(stage.share for stage in self.stages), 0.0
        for stage in self.stages:
            reached += stage.share / total
            if step < reached * steps:
                return stage
        return self.stages[-1]

    def rate(self, step: int, steps: int) -> float:
        """Learning rate at a step: a linear rise, then a cosine to zero (Loshchilov and Hutter 2016), or no change."""
        rise = max(1, round(self.warm_up * steps))
        if step < rise:
            return self.learning_rate * (step + 1) / rise
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def read_recipe(name: Path) -> Recipe:
    """A recipe from a JSON file, or one of `train/recipes/` by its name; what it leaves out is as above.

    Raises UsageError for what is wrong in it.
    """
    own = RECIPES / f"{name}.json"
    file = own if own.is_file() else name
    try:
        return Recipe.model_validate_json(file.read_bytes())
    except OSError as problem:
        known = ", ".join(sorted(each.stem for each in RECIPES.glob("*.json")))
        raise UsageError(f"cannot read the recipe {name}: {problem.strerror}; those at hand are {known}") from None
    except ValidationError as problem:
        raise UsageError(f"{file}: {in_one_line(problem)}") from None
