"""Calibration of age distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ages.calibration import calibrated


@pytest.fixture
def probs() -> np.ndarray:
    weights = np.random.default_rng(0).random((5, 101)).astype(np.float32)
    return weights / weights.sum(axis=1, keepdims=True)


@given(temperature=st.floats(0.2, 10))
def test_calibrated_rows_sum_to_one_and_keep_their_mode(temperature: float) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(101), 3)
    found = calibrated(probs, temperature)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(found.argmax(axis=1), probs.argmax(axis=1))


def test_a_temperature_of_one_changes_nothing(probs: np.ndarray) -> None:
    assert np.array_equal(calibrated(probs, 1), probs)


def test_a_temperature_divides_the_logits(probs: np.ndarray) -> None:
    weights = np.sqrt(probs.astype(float))
    assert calibrated(probs, 2) == pytest.approx(weights / weights.sum(axis=1, keepdims=True), abs=1e-6)


def test_years_with_probability_zero_stay_almost_zero() -> None:
    sure = np.eye(101, dtype=np.float32)[[30]]
    assert calibrated(sure, 3)[0, 30] > 0.98


def test_no_rows_give_no_rows() -> None:
    assert calibrated(np.empty((0, 101), np.float32), 2).shape == (0, 101)
