"""Measure the worth of each part of a recipe: short runs from the same weights, on the same photos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from edge.errors import UsageError
from train.card.breakdowns import errors_by_source, paired_differences
from train.card.facts import PairedDifference
from train.card.measures import Fact, MeasuredError, MeasuredShare
from train.checkpoint import make_model
from train.choice import passing
from train.data import load_train, validation_split
from train.evaluate import predicted_age_probs, stage_predictor
from train.loop import train_model
from train.recipe import Recipe
from train.start import start_from
from train.targets import YEARS
from train.teacher import prepared_teacher
from train.trained import UNKNOWN_PHOTOS, require_unseen, trained_by

ADULTS_ASKED = 0.4
"""Recipes are compared at the limit with which this share of the adults is asked: a model that is less sure would
otherwise let fewer minors pass only because it asks more."""


class RecipeRun(Fact):
    """A short run, measured on the validation photos. difference: of its errors and the first run's, by source.
    passed_13_17: who pass with the limit at which `ADULTS_ASKED` of the 25-40-year-olds are asked."""

    recipe: str
    errors: dict[str, MeasuredError]
    difference: dict[str, PairedDifference]
    passed_13_17: MeasuredShare


class RecipeStudy(Fact):
    """Runs from the weights `start`, each on the same `photos` photos."""

    start: str
    photos: int
    runs: tuple[RecipeRun, ...]


def study_recipes(
    data: Path,
    out: Path,
    recipes: Mapping[str, Recipe],
    start: Path,
    photos: int,
    batch_size: int = 64,
    teacher: Path | None = None,
) -> RecipeStudy:
    """Train a short run with each recipe from the weights `start`, and compare them with the first, photo by photo.

    Every run trains on the same `photos` photos, as many steps as it takes to see each once. A recipe that imitates
    needs the teacher; one that imitates nothing runs without it. A killed run resumes, a finished one is only measured.
    Raises UsageError if `start` was trained on validation photos, or if a recipe needs a teacher and there is none.
    """
    missing = [name for name, recipe in recipes.items() if _imitates(recipe) and teacher is None]
    if missing:
        raise UsageError(f"the recipe {missing[0]} imitates a teacher: give one with --teacher")
    pictures = load_train(data)
    learning, validation = validation_split(pictures)
    earlier = trained_by(start) or UNKNOWN_PHOTOS
    require_unseen(start, earlier, pictures[validation], "validation")
    measured = pictures[validation]
    drawn = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(learning))[:photos])
    learned, runs, first = pictures[drawn], list[RecipeRun](), None
    for name, recipe in recipes.items():
        model = make_model(recipe.loss)
        start_from(start, model, learned)
        asked = (
            prepared_teacher(teacher, learned, recipe, torch.device("cpu")) if teacher and _imitates(recipe) else None
        )
        model = train_model(
            model,
            learned,
            measured,
            batch_size,
            epochs=1,
            steps_per_epoch=max(1, len(learned) // batch_size),
            validation_steps=1,
            recipe=recipe,
            teacher=asked,
            run_dir=out / name.replace("/", "-"),
            earlier_photos=earlier,
        )
        probs = predicted_age_probs(stage_predictor(model, recipe.stages[-1]), measured)
        ages = probs @ YEARS
        first = ages if first is None else first
        runs.append(
            RecipeRun(
                recipe=name,
                errors=errors_by_source(ages, measured),
                difference=paired_differences(next(iter(recipes)), ages, first, measured) if runs else {},
                passed_13_17=passing(probs, measured.ages, ADULTS_ASKED),
            )
        )
        print(line_of(runs[-1]), flush=True)
    return RecipeStudy(start=str(start), photos=len(learned), runs=tuple(runs))


def line_of(run: RecipeRun) -> str:
    """A run in one line."""
    errors = ", ".join(f"{source} {each.mean_error_years:.2f}" for source, each in run.errors.items())
    differences = ", ".join(
        f"{source} {each.difference_years:+.2f} ({each.low:+.2f} to {each.high:+.2f})"
        for source, each in run.difference.items()
    )
    passed = run.passed_13_17
    than_first = f"; difference {differences}" if differences else ""
    return f"{run.recipe}: {errors}{than_first}; 13-17 who pass {passed.hits} of {passed.trials}"


def _imitates(recipe: Recipe) -> bool:
    return bool(recipe.embedding_weight or recipe.hidden_weight or recipe.map_weight or recipe.opinion_share)
