"""Fixtures: report cards with few figures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.edge.people import age_probs_at
from tests.train.builders import pictures_of
from train.card.breakdowns import challenge, limits_of_18
from train.card.facts import Card, Errors, Study, StudyRun
from train.card.measures import MeasuredError
from train.card.nist import nist_tables
from train.card.operating import operating_point


@pytest.fixture
def some_error() -> MeasuredError:
    return MeasuredError(pictures=90, mean_error_years=5, low=4, high=6, bias_years=0, within_5_years=0.5)


@pytest.fixture
def card(some_error: MeasuredError) -> Card:
    """A card with few figures."""
    probs, known = np.stack([age_probs_at(16), age_probs_at(30)]), np.array([(15, 15), (30, 30)])
    by_age = {"shop": {"13-17": Errors(all=some_error, passed=None)}}
    nist = nist_tables(pictures_of(ages=[(15, 15), (30, 30)]), np.array([16.0, 30]), [(), ("small",)])
    return Card(
        model="shop", use="", trained_on={}, temperature=1, operating=operating_point((), []), nist=nist, sources={},
        by_age=by_age, by_sex={}, by_group={}, coverage={}, children={},
        challenge=tuple(challenge(limit, probs, known) for limit in limits_of_18(probs)),
        challenge_by_group={}, thresholds=(), robust=(), gate=(), paired={},
    )  # fmt: skip


@pytest.fixture
def card_with_study(card: Card, some_error: MeasuredError) -> Card:
    """A card with a study of two runs: on both sources, and without one."""
    errors = dict.fromkeys(("all", "corner", "market"), some_error)
    runs = (StudyRun(name="all sources", sources=("corner", "market"), errors=errors),
            StudyRun(name="without market", sources=("corner",), errors=errors))  # fmt: skip
    return card.model_copy(update={"study": Study(photos=1000, taught=False, own_photos=50, runs=runs)})
