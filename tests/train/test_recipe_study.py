"""Recipes are compared by short runs from the same weights, on the same photos."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from edge.errors import UsageError
from edge.vision.crop import CROP_CONTRACT
from tests.train.builders import LayOut
from train.card.facts import PairedDifference
from train.card.measures import error, share
from train.checkpoint import save_average
from train.model import AgeNetwork
from train.recipe import RECIPES, Recipe, Stage, read_recipe
from train.recipe_study import RecipeRun, line_of, study_recipes
from train.trained import NO_PHOTOS

LABELS = Recipe(
    stages=(Stage(picture_px=32, share=1, view=0.7),), workers=0, embedding_weight=0, map_weight=0, opinion_share=0
)


@pytest.fixture
def shop(lay_out: LayOut, tmp_path: Path) -> Iterator[Path]:
    """Photos in `data` and weights in `start.safetensors`; the runs go into `runs`."""
    ages = {"plain": "30", "big": "32", "tall": "28", "small": "31", "turned": "29", "mirrored": "30"}
    lay_out(tmp_path / "data", ages, ("mirrored",))
    torch.manual_seed(0)
    save_average(tmp_path / "start.safetensors", AgeNetwork(), {"crop_contract": CROP_CONTRACT}, NO_PHOTOS)
    yield tmp_path
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_the_same_recipe_does_the_same_and_another_one_does_not(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    recipes = {"labels": LABELS, "again": LABELS, "seed": LABELS.model_copy(update={"seed": 8})}
    found = study_recipes(shop / "data", shop / "runs", recipes, shop / "start.safetensors", photos=2, batch_size=2)
    labels, again, seed = found.runs
    assert found.photos == 2
    assert not labels.difference
    assert again.errors == labels.errors
    assert again.difference["data"].largest_years == 0
    assert seed.difference["data"].largest_years > 0


def test_a_recipe_that_imitates_needs_a_teacher(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the recipe taught imitates a teacher: give one with --teacher"):
        study_recipes(tmp_path, tmp_path, {"labels": LABELS, "taught": Recipe()}, tmp_path / "start", photos=2)


def test_a_line_says_the_errors_the_difference_and_who_passes() -> None:
    measured = error(np.array([30.0, 34.0]), np.array([[30.0, 30.0], [30.0, 30.0]]))
    assert measured is not None
    run = RecipeRun(
        recipe="balanced",
        errors={"all": measured},
        difference={
            "shop": PairedDifference(
                other="labels", pictures=2, difference_years=-0.25, low=-0.5, high=0.1, largest_years=3
            )
        },
        passed_13_17=share(np.array([True, False, False])),
    )
    assert line_of(run) == "balanced: all 2.00; difference shop -0.25 (-0.50 to +0.10); 13-17 who pass 1 of 3"


@pytest.mark.parametrize("file", sorted((RECIPES / "worth").glob("*.json")), ids=lambda file: file.stem)
def test_each_recipe_of_the_comparison_differs_from_the_first_in_what_its_name_says(file: Path) -> None:
    first, recipe = (read_recipe(Path("worth") / name) for name in ("labels", file.stem))
    changed = {name for name, value in recipe if value != getattr(first, name)}
    assert changed <= {
        "labels": set[str](), "labels-again": {"seed"}, "balanced": {"balance"}, "deciding": {"deciding_weight"},
        "embedding": {"embedding_weight"}, "maps": {"map_weight"}, "readers": {"hidden_weight", "opinion_share"},
    }[file.stem]  # fmt: skip
    assert bool(changed) == (file.stem != "labels")
