"""The effect of offers: counts, lifts with their intervals, and small groups that stay hidden."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.reports.offers.comparison import OfferTally, compare, tally
from edge.reports.shares import Share
from tests.edge.offers.conftest import book_of, rule_of


def tally_of(offer: str, made: int, held_out: int, band: str = "25-34") -> OfferTally:
    return OfferTally(
        band, offer, Share(made // 3, made), Share(held_out // 5, held_out), made // 2, made // 4, made // 5
    )


def test_sales_are_counted_by_outcome() -> None:
    counts = {("taken", True): 5, ("taken", False): 1, ("refused", False): 7, ("shown", True): 2,
              ("not-shown", False): 3, ("unanswered", False): 4, ("held-out", True): 1,
              ("held-out", False): 9}  # fmt: skip
    found = tally("25-34", "cheese", counts)
    assert (found.made, found.held_out) == (Share(7, 22), Share(1, 10))
    assert (found.shown, found.taken, found.refused) == (15, 6, 7)
    assert found.lift == pytest.approx((7 / 22) / (1 / 10))


def test_without_buyers_in_the_held_out_sales_the_lift_has_no_value_and_no_upper_end() -> None:
    found = OfferTally("25-34", "cheese", Share(5, 50), Share(0, 20), 0, 0, 0)
    assert found.lift is None
    assert found.lift_interval[0] > 0
    assert math.isinf(found.lift_interval[1])


@pytest.mark.parametrize("lift", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("base", [0.05, 0.3])
def test_95_percent_of_the_intervals_contain_the_true_lift(lift: float, base: float) -> None:
    chance = np.random.default_rng(5)
    made, held_out = chance.binomial(900, lift * base, 4000), chance.binomial(100, base, 4000)
    ends = [Share(int(a), 900).ratio_interval(Share(int(b), 100)) for a, b in zip(made, held_out, strict=True)]
    held = np.mean([low <= lift <= high for low, high in ends])
    assert held == pytest.approx(0.95, abs=0.015)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_an_interval_contains_its_ratio_and_inverts_with_it(trials: int, others: int, data: st.DataObject) -> None:
    made = Share(data.draw(st.integers(0, trials)), trials)
    held_out = Share(data.draw(st.integers(1, others)), others)
    low, high = made.ratio_interval(held_out)
    assert 0 <= low <= made.value / held_out.value * (1 + 1e-9)
    assert high >= made.value / held_out.value * (1 - 1e-9)
    if made.hits:
        turned = held_out.ratio_interval(made)
        assert turned == pytest.approx((1 / high if math.isfinite(high) else 0, 1 / low if low else math.inf), rel=1e-6)


def test_small_offers_are_merged_until_they_are_large_enough() -> None:
    report = compare([tally_of("a", 100, 20), tally_of("b", 40, 8), tally_of("c", 30, 4), tally_of("d", 60, 12)], 10)
    assert [line.offer for line in report.lines] == ["a", "d", "others"]
    assert report.lines[-1].held_out.trials == 12
    assert report.everything
    assert report.everything.made.trials == 230


def test_a_single_small_offer_is_merged_with_the_next_smallest() -> None:
    report = compare([tally_of("a", 100, 20), tally_of("b", 40, 4), tally_of("d", 60, 12)], 10)
    assert [line.offer for line in report.lines] == ["a", "others"]


def test_too_few_sales_are_not_shown() -> None:
    report = compare([tally_of("a", 100, 9)], 10)
    assert (report.lines, report.everything) == ((), None)
    assert compare((), 10).everything is None


def test_a_true_lift_is_found_with_sales_held_out_by_the_keyed_hash() -> None:
    """From sale ids to the interval, in 40 shops: offers raise the buyers of cheese by half."""
    held = []
    for shop in range(40):
        chance, counts = np.random.default_rng(shop), Counter[tuple[str, bool]]()
        lane = book_of(held_out=0.2)
        for number in range(1500):
            held_out = lane.make_offer(rule_of(), f"shop-{shop}-sale-{number}", "id").held_out
            bought = bool(chance.random() < (0.2 if held_out else 0.3))
            counts["held-out" if held_out else "shown", bought] += 1
        low, high = tally("25-34", "cheese", counts).lift_interval
        held.append(low <= 1.5 <= high)
    assert sum(held) >= 36


groups = st.lists(st.builds(tally_of, st.sampled_from("abcdef"), st.integers(0, 60), st.integers(0, 60)), max_size=8)


@given(groups, st.integers(2, 20))
def test_no_line_is_too_small_and_the_lines_add_up_to_the_total(tallies: list[OfferTally], least: int) -> None:
    report = compare(tallies, least)
    assert all(line.smaller >= least for line in report.lines)
    if report.everything:
        assert sum(line.made.trials for line in report.lines) == report.everything.made.trials
        assert sum(line.held_out.hits for line in report.lines) == report.everything.held_out.hits
