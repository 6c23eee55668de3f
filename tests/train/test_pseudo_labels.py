"""Ages predicted out of fold from a teacher's embedding."""

from __future__ import annotations

import numpy as np
import pytest

from train.pseudo_labels import pseudo_labels
from train.targets import YEARS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ages() -> np.ndarray:
    years = np.random.default_rng(0).integers(5, 80, 1500).astype(np.float32)
    return np.stack([years, years], axis=1)


def test_an_embedding_that_contains_the_age_gives_pseudo_labels_near_it(ages: np.ndarray) -> None:
    random = np.random.default_rng(1)
    embeddings = random.normal(size=(1500, 32)).astype(np.float32)
    embeddings[:, :4] += ages[:, :1] / 8
    predicted = pseudo_labels(embeddings, ages) @ YEARS
    assert np.abs(predicted - ages[:, 0]).mean() < 6


def test_a_pseudo_label_does_not_use_the_photos_own_label(ages: np.ndarray) -> None:
    """Every photo has a unique embedding without information: only a network fitted on its label could be right."""
    embeddings = np.eye(1500, dtype=np.float32)
    predicted = pseudo_labels(embeddings, ages) @ YEARS
    assert abs(np.corrcoef(predicted, ages[:, 0])[0, 1]) < 0.2


def test_pseudo_labels_are_distributions_and_repeatable(ages: np.ndarray) -> None:
    embeddings = np.random.default_rng(2).normal(size=(20, 8)).astype(np.float32)
    first, second = (pseudo_labels(embeddings, ages[:20]) for _ in range(2))
    assert first.shape == (20, 101)
    assert first.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(first, second)
