"""The report card's plots."""

from __future__ import annotations

import numpy as np
import pytest

from train.card.facts import Card, GateBin, GateEvidence
from train.card.measures import MeasuredError, share
from train.card.plots import plots


@pytest.mark.parametrize(
    ("measure", "ticks"), [("sharpness", ["10", "100"]), ("eye distance, px", ["10", "50", "100"])]
)
def test_wide_measures_are_drawn_by_ratios_with_plain_numbers(
    measure: str, ticks: list[str], card: Card, some_error: MeasuredError
) -> None:
    bins = tuple(GateBin(low=low, high=2 * low, error=some_error, worse=0) for low in (4.0, 12.0, 60.0, 160.0))
    evidence = GateEvidence(measure=measure, reason="blurred", limit=10, refused=share(np.array([True])), bins=bins)
    caption, drawn = plots(card.model_copy(update={"gate": (evidence,)}))[-1]
    assert caption == f"Mean error by {measure}; grey: what the gate calls blurred"
    assert all(f">{tick}</text>" in drawn for tick in ticks)
    assert "$" not in drawn


def test_a_study_is_drawn_source_by_source(card_with_study: Card) -> None:
    caption, drawn = plots(card_with_study)[-1]
    assert caption == "Mean error of short runs; hatched: of photos whose source the run had never seen"
    assert all(f">{source}</text>" in drawn for source in ("corner", "market"))
    assert drawn.count(">all</text>") == 1  # of the run's name, in two lines: all photos together have no bar
