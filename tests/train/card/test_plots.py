"""The report card's plots."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from train.card.facts import Card, Errors, GateBin, GateEvidence
from train.card.measures import MeasuredError, share
from train.card.plots import _gate, plots


def evidence_of(measure: str, error: MeasuredError) -> GateEvidence:
    """Four bins with this error."""
    bins = tuple(
        GateBin(low=low, high=2 * low, error=error, worse=0, worse_interval=(0, 0)) for low in (4.0, 12.0, 60.0, 160.0)
    )
    return GateEvidence(measure=measure, reason="blurred", limit=10, refused=share(np.array([True])), bins=bins)


@pytest.mark.parametrize(
    ("measure", "ticks"), [("sharpness", ["10", "100"]), ("eye distance, px", ["10", "50", "100"])]
)
def test_measures_with_a_wide_range_have_a_log_axis_with_plain_numbers(
    measure: str, ticks: list[str], card: Card, some_error: MeasuredError
) -> None:
    evidence = evidence_of(measure, some_error)
    caption, drawn = plots(card.model_copy(update={"gate": (evidence,)}))[-1]
    assert caption == f"Mean error by {measure}; grey: rejected by the gate as blurred"
    assert all(f">{tick}</text>" in drawn for tick in ticks)
    assert "$" not in drawn


def test_the_plot_of_a_study_has_bars_for_every_source(card_with_study: Card) -> None:
    caption, drawn = plots(card_with_study)[-1]
    assert caption == "Mean error of short runs; hatched: the run was not trained on photos of this source"
    assert all(f">{source}</text>" in drawn for source in ("corner", "market"))
    assert (
        drawn.count(">all</text>") == 2
    )  # in both drawings, from the name of a run, in two lines; all photos together have no bar


def test_a_curve_from_fewer_than_30_photos_is_not_drawn(card: Card) -> None:
    drawn = dict(plots(card))
    caption = (
        "Share of people who pass without being asked, and who are asked unnecessarily, by the limit on P(under 18)"
    )
    assert drawn[f"{caption}: fewer than 30 photos"] == ""


@pytest.mark.parametrize(("photos", "enough"), [(29, False), (30, True)])
def test_errors_are_drawn_from_30_photos_on(
    photos: int, enough: bool, card_with_study: Card, some_error: MeasuredError
) -> None:
    error = some_error.model_copy(update={"pictures": photos})
    assert card_with_study.study is not None
    runs = tuple(
        run.model_copy(update={"errors": dict.fromkeys(run.errors, error)}) for run in card_with_study.study.runs
    )
    changed = card_with_study.model_copy(
        update={
            "by_age": {"shop": {"13-17": Errors(all=error, passed=None)}},
            "gate": (evidence_of("turn", error),),
            "study": card_with_study.study.model_copy(update={"runs": runs}),
        }
    )
    drawn = plots(changed)[1:]
    assert len(drawn) == 4
    for caption, svg in drawn:
        assert (svg != "") is enough
        assert caption.endswith(": fewer than 30 photos") is not enough


def test_the_caption_names_a_curve_that_is_not_drawn(card: Card) -> None:
    adults = share(np.ones(40, bool))
    rows = tuple(row.model_copy(update={"asked_25_40": adults}) for row in card.challenge)
    caption, drawn = plots(card.model_copy(update={"challenge": rows}))[0]
    assert caption.endswith("by the limit on P(under 18); 13-17-year-olds who pass: fewer than 30 photos")
    assert "25-40-year-olds who are asked" in drawn
    assert "13-17-year-olds who pass</text>" not in drawn


@pytest.mark.parametrize(("limit", "upper"), [(400.0, True), (1.0, False)])
def test_the_rejected_side_is_grey_even_if_no_point_is_there(
    limit: float, upper: bool, some_error: MeasuredError
) -> None:
    evidence = evidence_of("turn", some_error).model_copy(update={"limit": limit, "upper": upper})
    axes = Figure().subplots()
    _gate(axes, evidence, "en")
    low, high = axes.patches[0].get_extents().transformed(axes.transData.inverted()).intervalx
    assert (low if upper else high) == pytest.approx(limit)
    assert low < high
