"""Ages read from a teacher's embedding."""

from __future__ import annotations

import numpy as np
import pytest

from train.opinion import opinions
from train.targets import YEARS


@pytest.fixture(scope="module")
def ages() -> np.ndarray:
    years = np.random.default_rng(0).integers(5, 80, 1500).astype(np.float32)
    return np.stack([years, years], axis=1)


def test_an_embedding_that_knows_the_age_gives_opinions_near_it(ages: np.ndarray) -> None:
    random = np.random.default_rng(1)
    embeddings = random.normal(size=(1500, 32)).astype(np.float32)
    embeddings[:, :4] += ages[:, :1] / 8
    told = opinions(embeddings, ages) @ YEARS
    assert np.abs(told - ages[:, 0]).mean() < 6


def test_an_opinion_has_not_seen_the_photos_own_label(ages: np.ndarray) -> None:
    """Every photo has an embedding of its own that says nothing: who could learn the labels by heart would be right."""
    embeddings = np.eye(1500, dtype=np.float32)
    told = opinions(embeddings, ages) @ YEARS
    assert abs(np.corrcoef(told, ages[:, 0])[0, 1]) < 0.2


def test_opinions_are_distributions_and_repeat_themselves(ages: np.ndarray) -> None:
    embeddings = np.random.default_rng(2).normal(size=(20, 8)).astype(np.float32)
    once, again = (opinions(embeddings, ages[:20]) for _ in range(2))
    assert once.shape == (20, 101)
    assert once.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(once, again)
