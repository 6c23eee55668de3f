"""Age bands: their names and probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.bands import band_names, band_probabilities
from edge.vision.faces import AGES

edges_of_bands = st.lists(st.integers(1, 100), min_size=1, max_size=7, unique=True).map(sorted)
weights = st.lists(st.floats(0, 1), min_size=AGES, max_size=AGES).filter(lambda drawn: sum(drawn) > 0.01)


def test_bands_are_named_by_their_ages() -> None:
    assert band_names((18, 25, 35, 45, 60)) == ("0-17", "18-24", "25-34", "35-44", "45-59", "60+")
    assert band_names((18, 19)) == ("0-17", "18", "19+")


def test_a_band_begins_at_its_edge() -> None:
    certain = np.zeros(AGES)
    certain[18] = 1
    assert band_probabilities(certain, (18, 25)) == (0, 1, 0)


@given(weights, edges_of_bands)
def test_every_band_has_a_probability_and_they_sum_to_one(drawn: list[float], edges: list[int]) -> None:
    probs = band_probabilities(np.array(drawn) / sum(drawn), edges)
    assert len(probs) == len(band_names(edges)) == len(edges) + 1
    assert sum(probs) == pytest.approx(1, abs=0.0005)
    assert all(round(share, 4) == share for share in probs)
