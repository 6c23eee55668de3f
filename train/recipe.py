"""The settings of a training run, with the reason for each default."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.errors import UsageError
from edge.settings.json_files import read_json
from train.model import NETWORK_PX

RECIPES = Path(__file__).parent / "recipes"


class Stage(BaseModel):
    """A part of the run with one picture size."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    picture_px: Annotated[int, Field(ge=32, le=224)]
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the run's steps."""

    view: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    """Side of the square that is cut from the crop around the middle of the face, as a share of the crop's side."""


class Recipe(BaseModel):
    """The settings of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = (
        Stage(picture_px=80, share=0.45, view=0.7),
        Stage(picture_px=NETWORK_PX, share=0.55),
    )
    """Small pictures first (progressive resizing). The first stage cuts off the surroundings, so that the face has as
    many pixels as in the second. The last stage needs a large share of the run: a network that saw its final size only
    in the last 3 % of the steps was 2 to 4 years worse at it (measured, see train/README.md)."""

    loss: Literal["distribution", "squares"] = "distribution"
    """A distribution over the years, or one number with squared error (the baseline)."""

    optimizer: Literal["adamw", "adam"] = "adamw"
    augment: Literal["lane", "basic"] = "lane"
    """Augmentation: all that can happen at a lane, or only rotation, brightness and mirroring."""

    augment_strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Factor for the probability and the size of every augmentation."""

    frozen: Annotated[int, Field(ge=0, le=3)] = 0
    """How many of the ResNet50's four groups of layers are frozen; the stem belongs to the first. With three a step
    takes half the time (measured on a CPU); enough for fine-tuning on a shop's own photos or for a last refinement."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 8e-4
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.05
    warm_up: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Share of the steps over which the learning rate rises."""

    schedule: Literal["cosine", "constant"] = "cosine"
    """The learning rate after the warm-up."""

    clip_gradient: Annotated[float, Field(gt=0)] = 5.0
    average: Annotated[float, Field(ge=0, lt=1)] = 0.998
    """Decay per step of the exponential moving average of the weights; the averaged weights are shipped."""

    start_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the initial weights in the shipped ones, after the last step. Halfway between a trained network and the
    same network after more training is often better than both (Wortsman et al. 2022, arXiv:2109.01903)."""

    expectation_weight: Annotated[float, Field(ge=0)] = 0.1
    """Weight of the mean age's absolute error in years; the cross-entropy of the distribution has weight 1."""

    embedding_weight: Annotated[float, Field(ge=0)] = 5.0
    """Weight of 1 - cosine to the teacher's standardised embedding, if there is a teacher."""

    hidden_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of 1 - cosine to the standardised hidden layer of the photo's reader, if there is a teacher. It holds
    what the embedding says about age; most of the embedding says who somebody is."""

    map_weight: Annotated[float, Field(ge=0)] = 5.0
    """Weight of 1 - cosine to the teacher's feature maps, position by position."""

    deciding_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the cross-entropy of P(age < 16), P(< 18), P(< 21) and P(< 25), the ages at which something is decided.
    An age band counts only where it lies on one side."""

    opinion_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the readers' answers in the labels, if there is a teacher. They describe the age that a crop shows, not
    the person's own: less noise while the network learns, but also a limit to what it can learn."""

    balance: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How evenly photos are drawn over the ages: 0, every photo once in an epoch; 1, every decade of age equally often.
    In between, a decade with n photos has weight n to the power of 1 - balance."""

    spare: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of the photos of people of 11 to 20 that are not trained on, so that they set limits: with few of them a
    limit is far stricter than its risk. Of use to a model with a complete list of its photos, see `train.trained`."""

    views: Annotated[int | None, Field(ge=1, le=16)] = None
    """Number of augmented crops of each photo, which return. None: every step makes new ones, and the teacher is asked
    while training. With a number it is asked once about each crop, before the first step: a run of many epochs takes
    half the time where an answer costs as much as a step. The teacher's maps are too large to be kept."""

    patience: Annotated[int, Field(ge=1)] = 5
    """Training stops after this many epochs without a better one."""

    seed: Annotated[int, Field(ge=0)] = 7
    workers: Annotated[int | None, Field(ge=0, le=64)] = None
    """Processes that prepare batches, for each training process; None: as many as there are cores for it."""

    checkpoint_minutes: Annotated[float, Field(ge=0)] = 5.0
    """A checkpoint is written when this time has passed since the last one; with 0, after every step."""

    @model_validator(mode="after")
    def _maps_are_not_kept(self) -> Recipe:
        if self.views and self.map_weight:
            raise ValueError(f"with views {self.views} the map_weight {self.map_weight:g} is impossible: set it to 0")
        return self

    def stage(self, step: int, steps: int) -> Stage:
        """The stage of a step in a run of `steps` steps."""
        total, reached = sum(stage.share for stage in self.stages), 0.0
        for stage in self.stages:
            reached += stage.share / total
            if step < reached * steps:
                return stage
        return self.stages[-1]

    def rate(self, step: int, steps: int) -> float:
        """Learning rate at a step: a linear warm-up, then a cosine to zero (Loshchilov and Hutter 2016) or constant."""
        warm_up = max(1, round(self.warm_up * steps))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def read_recipe(name: Path) -> Recipe:
    """A recipe from a JSON file, or one of `train/recipes/` by its name; settings it does not name keep their default.

    Raises UsageError for a file that cannot be read or has an invalid setting.
    """
    included = RECIPES / f"{name}.json"
    file = included if included.is_file() else name
    try:
        return read_json(file, Recipe)
    except OSError as problem:
        known = ", ".join(sorted(each.stem for each in RECIPES.glob("*.json")))
        raise UsageError(f"cannot read the recipe {name}: {problem.strerror}; included recipes: {known}") from None
    except ValueError as problem:
        raise UsageError(f"{file}: {problem}") from None
