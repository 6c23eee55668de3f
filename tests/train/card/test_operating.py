"""The lane's operating point: who passes and who is asked at the stated risks."""

from __future__ import annotations

import numpy as np
import pytest

from edge.ages.bundle import Threshold
from edge.settings.sections import PolicySettings, QualitySettings
from tests.edge.people import age_probs_at
from tests.train.builders import pictures_of
from train.card.operating import JudgedPhotos, counted, operating_point


def threshold(risk: float, limit: float, legal_age: int = 18) -> Threshold:
    return Threshold(
        legal_age=legal_age, risk=risk, max_p_under_legal=limit, challenge_age=25, underage=100, passed=1,
        ages=(legal_age - 5, legal_age - 1),
    )  # fmt: skip


def judged(*, set_limits: bool) -> JudgedPhotos:
    """A 15-year-old who looks 16, and a 30-year-old who looks 20, in each of two sources."""
    pictures = pictures_of(ages=[(15, 15), (30, 30)] * 2, sources="aabb")
    return JudgedPhotos(pictures, np.stack([age_probs_at(mean) for mean in (16, 20, 16, 40)]), set_limits)


def test_there_are_rates_for_every_stated_risk_on_all_photos_and_on_each_source() -> None:
    found = operating_point(
        (threshold(0.02, 0.01), threshold(0.10, 0.1), threshold(0.05, 0.5, 21)), [judged(set_limits=False)]
    )
    assert [(each.photos, each.risk) for each in found.rates] == [
        ("all", 0.02), ("all", 0.10), ("a", 0.02), ("a", 0.10), ("b", 0.02), ("b", 0.10),
    ]  # fmt: skip
    of_all, of_b = found.rates[1].rates, found.rates[-1].rates
    assert (of_all.max_p_under_legal, of_all.passed_13_17.hits, of_all.passed_13_17.trials) == (0.1, 0, 2)
    assert (of_all.asked_25_40.hits, of_all.asked_25_40.trials) == (1, 2)
    assert (of_b.asked_25_40.hits, of_b.asked_25_40.trials) == (0, 1)


def test_photos_that_the_limits_were_measured_on_are_marked() -> None:
    found = operating_point((threshold(0.05, 0.1),), [judged(set_limits=False), judged(set_limits=True)])
    assert [each.set_limits for each in found.rates] == [False] * 3 + [True] * 3


def test_the_gate_and_the_samples_are_those_of_the_settings() -> None:
    found = operating_point((), [])
    assert found.samples == PolicySettings().min_looks
    for each in found.gate:
        section, name = each.setting.split(".")
        assert (section, each.limit) == ("quality", getattr(QualitySettings(), name))
    assert {each.reason for each in found.gate} >= {"small", "turned", "dark", "bright", "blurred", "distorted"}


@pytest.mark.parametrize(
    ("ages", "counts"), [((13, 17), True), ((10, 19), False), ((25, 40), True), ((20, 29), False), ((18, 18), False)]
)
def test_only_people_whose_whole_age_range_is_in_a_group_count(ages: tuple[float, float], counts: bool) -> None:
    assert counted(pictures_of(ages=[ages])).tolist() == [counts]
