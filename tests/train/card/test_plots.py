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
def test_measures_with_a_wide_range_have_a_log_axis_with_plain_numbers(
    measure: str, ticks: list[str], card: Card, some_error: MeasuredError
) -> None:
    bins = tuple(GateBin(low=low, high=2 * low, error=some_error, worse=0) for low in (4.0, 12.0, 60.0, 160.0))
    evidence = GateEvidence(measure=measure, reason="blurred", limit=10, refused=share(np.array([True])), bins=bins)
    caption, drawn = plots(card.model_copy(update={"gate": (evidence,)}))[-1]
    assert caption == f"Mean error by {measure}; grey: rejected by the gate as blurred"
    assert all(f">{tick}</text>" in drawn for tick in ticks)
    assert "$" not in drawn


def test_the_plot_of_a_study_has_bars_for_every_source(card_with_study: Card) -> None:
    caption, drawn = plots(card_with_study)[-1]
    assert caption == "Mean error of short runs; hatched: the run was not trained on photos of this source"
    assert all(f">{source}</text>" in drawn for source in ("corner", "market"))
    assert drawn.count(">all</text>") == 1  # from the name of a run, in two lines; all photos together have no bar
