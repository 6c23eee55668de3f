"""The report card's plots."""

from __future__ import annotations

import numpy as np
import pytest

from train.card.breakdowns import CHALLENGE_AGES, challenge
from train.card.facts import Card, Errors, Evidence, GateBin
from train.card.measures import Error, share
from train.card.plots import plots

SOME = Error(pictures=9, mean_error_years=5, low=4, high=6, bias_years=0, within_5_years=0.5)


def card(gate: tuple[Evidence, ...]) -> Card:
    """A card with little more than what the gate goes by."""
    ages, known = np.array([16.0, 30]), np.array([(15, 15), (30, 30)])
    by_age = {"shop": {"13-17": Errors(all=SOME, passed=None)}}
    return Card(
        model="shop", use="", trained_on={}, temperature=1, sources={}, by_age=by_age, by_sex={}, by_group={},
        coverage={}, children={}, challenge=tuple(challenge(age, ages, known) for age in CHALLENGE_AGES),
        challenge_by_group={}, thresholds=(), robust=(), gate=gate, paired={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "ticks"), [("sharpness", ["10", "100"]), ("eye distance, px", ["10", "50", "100"])]
)
def test_wide_measures_are_drawn_by_ratios_with_plain_numbers(measure: str, ticks: list[str]) -> None:
    bins = tuple(GateBin(low=low, high=2 * low, error=SOME, worse=0) for low in (4.0, 12.0, 60.0, 160.0))
    evidence = Evidence(measure=measure, reason="blurred", limit=10, refused=share(np.array([True])), bins=bins)
    caption, drawn = plots(card((evidence,)))[-1]
    assert caption == f"Mean error by {measure}; grey: what the gate calls blurred"
    assert all(f">{tick}</text>" in drawn for tick in ticks)
    assert "$" not in drawn
