"""A model's error, source by source."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from tests.train.builders import pictures_of
from train import create_model
from train.evaluate import Score, evaluate, predicted_ages, scores_by_source
from train.pictures import Pictures
from train.recipe import Stage


def always(year: int) -> Callable[[np.ndarray], np.ndarray]:
    """A model that predicts `year` for everybody."""
    return lambda crops: np.eye(101, dtype=np.float32)[np.full(len(crops), year)]


def test_the_error_is_the_mean_distance_and_the_bias_has_a_sign() -> None:
    pictures = pictures_of(ages=[(30, 30), (30, 30), (40, 40)])
    scores = scores_by_source(pictures, np.array([33, 29, 44], np.float32))
    assert scores == {"s": Score(mean_error_years=2.667, bias_years=2.0, pictures=3)}


def test_inside_a_band_the_error_is_zero() -> None:
    pictures = pictures_of(ages=[(20, 29)] * 3)
    scores = scores_by_source(pictures, np.array([20, 24.5, 29], np.float32))
    assert scores == {"s": Score(mean_error_years=0, bias_years=0, pictures=3)}


def test_outside_a_band_the_error_is_the_distance_to_its_nearer_end() -> None:
    pictures = pictures_of(ages=[(20, 29), (20, 29)])
    scores = scores_by_source(pictures, np.array([16, 31], np.float32))
    assert scores == {"s": Score(mean_error_years=3, bias_years=-1, pictures=2)}


def test_every_source_has_its_own_score() -> None:
    pictures = pictures_of(ages=[(30, 30), (30, 30), (30, 30)], sources="aba")
    scores = scores_by_source(pictures, np.array([31, 25, 33], np.float32))
    assert scores == {"a": Score(2, 2, 2), "b": Score(5, -5, 1)}


def test_the_mean_age_is_the_expectation_of_the_distribution(faces: Pictures) -> None:
    half_and_half = lambda crops: (always(20)(crops) + always(40)(crops)) / 2  # noqa: E731
    assert predicted_ages(half_and_half, faces).tolist() == [30] * 11


def test_every_picture_is_predicted_once_and_in_order_over_many_batches(faces: Pictures) -> None:
    brightness = lambda crops: np.eye(101, dtype=np.float32)[crops.mean(axis=(1, 2, 3)).astype(int) // 3]  # noqa: E731
    rows = np.arange(70) % 11
    assert predicted_ages(brightness, faces[rows]).tolist() == predicted_ages(brightness, faces)[rows].tolist()


def test_a_model_is_scored_on_every_picture_of_every_source(faces: Pictures) -> None:
    torch.manual_seed(0)
    scores = evaluate(create_model(), faces[np.arange(3)], stage=Stage(picture_px=32, share=1))
    assert list(scores) == ["shop"]
    assert scores["shop"].pictures == 3
    # An untrained model's distribution is nearly flat over 0..100, so it predicts about 50 for people of 15, 20 and 25.
    assert scores["shop"].mean_error_years == pytest.approx(30, abs=3)
    assert scores["shop"].bias_years == scores["shop"].mean_error_years


def test_a_limited_number_of_batches_is_spread_over_all_pictures(faces: Pictures) -> None:
    rows = np.repeat([0, 1], 40)
    pictures = faces[rows]
    pictures.sources[:] = np.where(rows == 0, "a", "b")
    scores = evaluate(create_model(), pictures, batches=1, stage=Stage(picture_px=32, share=1))
    assert {name: score.pictures for name, score in scores.items()} == {"a": 16, "b": 16}


def test_evaluation_does_not_change_the_model(faces: Pictures) -> None:
    model = create_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    evaluate(model, faces[np.arange(2)], stage=Stage(picture_px=32, share=1))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
