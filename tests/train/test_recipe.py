"""The settings of a training run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.errors import UsageError
from train.model import NETWORK_PX
from train.recipe import RECIPES, Recipe, Stage, read_recipe


def test_the_default_run_has_small_pictures_first_and_the_lanes_size_last() -> None:
    sizes = [Recipe().stage(step, 100).picture_px for step in range(100)]
    assert sizes == [80] * 45 + [112] * 55


def test_shares_need_not_add_up_to_one() -> None:
    recipe = Recipe(stages=(Stage(picture_px=32, share=0.3), Stage(picture_px=64, share=0.1)))
    assert [recipe.stage(step, 8).picture_px for step in range(8)] == [32] * 6 + [64] * 2


def test_a_long_run_ends_at_the_lanes_size_and_a_run_of_one_step_has_a_stage() -> None:
    assert Recipe().stage(999, 1000).picture_px == NETWORK_PX
    assert Recipe().stage(0, 1).picture_px == 80


def test_a_stage_uses_the_whole_crop_by_default() -> None:
    assert [stage.view for stage in Recipe().stages] == [0.7, 1]


def test_the_rate_rises_over_3_percent_of_the_steps_and_falls_to_zero() -> None:
    recipe = Recipe(learning_rate=0.001, warm_up=0.03)
    rates = [recipe.rate(step, 100) for step in range(101)]
    assert rates[:4] == pytest.approx([0.001 / 3, 0.002 / 3, 0.001, 0.001])
    assert rates[3 + 97 // 2] == pytest.approx(0.0005, rel=0.02)
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[99] < 1e-6
    assert rates[100] == pytest.approx(0, abs=1e-12)


@given(st.integers(1, 10_000).flatmap(lambda steps: st.tuples(st.integers(0, steps - 1), st.just(steps))))
def test_every_step_has_a_rate_above_zero_and_not_above_the_peak(run: tuple[int, int]) -> None:
    assert 0 < Recipe().rate(*run) <= Recipe().learning_rate


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ValidationError, match="learning_rat\n"):
        Recipe(learning_rat=0.1)


def test_the_maps_of_crops_that_return_cannot_be_imitated() -> None:
    with pytest.raises(ValidationError, match="with views 2 the map_weight 5 is impossible: set it to 0"):
        Recipe(views=2)


@pytest.mark.parametrize("setting", [{"picture_px": 31}, {"picture_px": 225}, {"share": 0}, {"view": 0.4}])
def test_a_stage_out_of_range_is_an_error(setting: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(setting))):
        Stage(**({"picture_px": 80, "share": 1} | setting))


@pytest.mark.parametrize(
    "setting",
    [
        {"checkpoint_minutes": -1},
        {"balance": 1.1},
        {"deciding_weight": -1},
        {"workers": -1},
        {"learning_rate": 0},
        {"average": 1.5},
        {"warm_up": 2},
        {"stages": ()},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_settings_out_of_range_are_an_error_before_the_run(setting: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(setting))):
        Recipe(**setting)


def test_a_recipe_can_be_written_as_json_and_read_again() -> None:
    recipe = Recipe(stages=(Stage(picture_px=32, share=1, view=0.5),), learning_rate=0.1)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_recipe_file_changes_only_the_settings_it_names(tmp_path: Path) -> None:
    file = tmp_path / "recipe.json"
    file.write_text('{"learning_rate": 0.01, "stages": [{"picture_px": 96, "share": 1}]}', encoding="utf-8")
    recipe = read_recipe(file)
    assert (recipe.learning_rate, recipe.stage(0, 1).picture_px, recipe.seed) == (0.01, 96, Recipe().seed)


@pytest.mark.parametrize("text", ["", "{", '{"learning_rat": 1}', '{"learning_rate": -1}'])
def test_an_invalid_recipe_gives_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^[^\n]*recipe\.json[^\n]*$"):
        read_recipe(tmp_path / "recipe.json")


def test_a_missing_recipe_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the recipe"):
        read_recipe(tmp_path / "recipe.json")


def test_the_carry_recipe_imitates_what_is_about_age_and_balances() -> None:
    recipe = read_recipe(Path("carry"))
    assert (recipe.embedding_weight, recipe.stages) == (0, (Stage(picture_px=NETWORK_PX, share=1),))
    assert min(recipe.hidden_weight, recipe.balance, recipe.deciding_weight, recipe.opinion_share) > 0


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*.json")), ids=lambda file: file.stem)
def test_every_included_recipe_is_valid(file: Path) -> None:
    assert read_recipe(Path(file.stem)).stages[-1].picture_px >= 64


def test_the_polish_recipe_freezes_all_but_the_last_layers() -> None:
    recipe = read_recipe(Path("polish"))
    assert (recipe.frozen, recipe.augment_strength, recipe.map_weight) == (3, 0.5, 0)
