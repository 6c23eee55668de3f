"""Lifts in simulated shops with known truth: intervals contain it, and noise gives hardly any findings.

The ages are as uncertain as the age model's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from edge.reports.baskets.evidence import BandEvidence
from edge.reports.baskets.lift import Lift, lifts, means_by_band, shares_by_band
from edge.reports.discoveries import false_discovery_rates
from tests.edge.reports.conftest import Array, Customers, SimulatedShop, simulated_shop

CATEGORIES = 25
BASE = np.geomspace(0.02, 0.3, CATEGORIES)
"""The share of all baskets with each category."""


def planted(seed: int = 0) -> Array:
    """True shares of the bands' baskets, (CATEGORIES, 6), from a third of the base to three times the base."""
    strength = np.random.default_rng(seed).normal(0, 0.5, (CATEGORIES, 6))
    return np.asarray(BASE[:, None] * np.exp(strength).clip(1 / 3, 3))


def found_in(shop: SimulatedShop, customers: Customers, shares: Array) -> Iterator[tuple[Array, list[Lift | None]]]:
    """For each category: the true lifts of the bands, and the estimated ones."""
    evidence = customers.evidence
    for by_band in shares:
        hits = shop.buys(customers, by_band).astype(float) @ customers.probs
        yield by_band / (shop.shares @ by_band), lifts(evidence, hits)


def coverage(shop: SimulatedShop, shares: Array, assumed_ages: Array | None = None) -> float:
    """The share of intervals that contain the truth, in 20 shops of 6000 customers."""
    held = []
    for _ in range(20):
        for true, found in found_in(shop, shop.customers(6000, assumed_ages), shares):
            held += [lift.low <= truth <= lift.high for truth, lift in zip(true, found, strict=True) if lift]
    assert len(held) > 1000
    return float(np.mean(held))


def test_95_percent_of_the_intervals_contain_the_true_lift() -> None:
    assert coverage(simulated_shop(1), planted()) == pytest.approx(0.95, abs=0.012)


def test_lifts_are_unbiased() -> None:
    simulated = simulated_shop(2)
    found = [found_in(simulated, simulated.customers(6000), planted()) for _ in range(30)]
    apart = [
        [(lift.value - truth) / truth for truth, lift in zip(true, lifts, strict=True) if lift and truth > 0.5]
        for run in found
        for true, lifts in run
    ]
    assert np.mean(np.concatenate(apart)) == pytest.approx(0, abs=0.02)


def test_weighting_alone_would_draw_strong_lifts_towards_one() -> None:
    """Why least squares are needed: if 18-24-year-olds buy three times as much, weighting finds half of it."""
    simulated = simulated_shop(3)
    customers = simulated.customers(40_000)
    true = np.array([0.1, 0.3, 0.1, 0.1, 0.1, 0.1])
    bought = simulated.buys(customers, true)
    counted = bought @ customers.probs / customers.probs.sum(axis=0) / bought.mean()
    [(truth, found)] = found_in(simulated, customers, true[None])
    assert truth[1] == pytest.approx(2.5, abs=0.1)
    assert counted[1] < 1.8
    assert found[1]
    assert found[1].value == pytest.approx(truth[1], rel=0.15)


def test_equal_bands_give_hardly_any_findings() -> None:
    simulated, nothing = simulated_shop(4), np.repeat(BASE[:, None], 6, axis=1)
    false_alarms, p_values = 0, []
    for _ in range(40):
        found = [lift for _, each in found_in(simulated, simulated.customers(6000), nothing) for lift in each if lift]
        p_values += [lift.p_value for lift in found]
        false_alarms += min(false_discovery_rates([lift.p_value for lift in found])) <= 0.05
    assert false_alarms <= 5, "with nothing to find, one report in twenty may find something"
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.01)


def test_the_false_discovery_rate_holds() -> None:
    """All bands buy half of the categories alike; findings among these are false."""
    simulated, shares = simulated_shop(5), planted()
    shares[::2] = BASE[::2, None]
    false, all_found = 0, 0
    for _ in range(20):
        run = list(found_in(simulated, simulated.customers(6000), shares))
        cells = [(number, lift) for number, (_, each) in enumerate(run) for lift in each if lift]
        rates = false_discovery_rates([lift.p_value for _, lift in cells])
        found = [number for (number, _), rate in zip(cells, rates, strict=True) if rate <= 0.05]
        all_found += len(found)
        false += sum(number % 2 == 0 for number in found)
    assert all_found > 200
    assert false / all_found <= 0.05


def test_a_model_that_assumes_other_ages_still_gives_no_findings_from_noise() -> None:
    """With wrong probabilities, fewer intervals contain the truth, but equal shares remain equal."""
    young = np.interp(np.arange(101), [0, 20, 30, 60, 100], [0.3, 1.5, 1.5, 0.4, 0.05])
    alike = np.repeat(BASE[:, None], 6, axis=1)
    assert coverage(simulated_shop(6), alike, young) == pytest.approx(0.95, abs=0.012)
    assert 0.88 < coverage(simulated_shop(7), planted(), young) < 0.95


def test_with_certain_bands_shares_are_counted_and_the_interval_is_fiellers() -> None:
    evidence = certain(400, 600)
    shares, covariance = shares_by_band(evidence, np.array([100.0, 60.0]))
    assert list(shares) == pytest.approx([0.25, 0.1])
    assert np.diag(covariance) == pytest.approx([0.25 * 0.75 / 400, 0.1 * 0.9 / 600])
    first = lifts(evidence, np.array([100.0, 60.0]))[0]
    assert first
    assert first.share == pytest.approx(0.25)
    assert first.value == pytest.approx(0.25 / 0.16)
    # By hand, from the delta method on the logarithm, which is close at this size: 1.5625 exp(+-1.96 * 0.0581).
    assert first.low == pytest.approx(1.394, abs=0.02)
    assert first.high == pytest.approx(1.751, abs=0.02)


def test_a_band_that_buys_like_all_has_a_lift_of_one_and_a_p_value_of_one() -> None:
    first, _ = lifts(certain(400, 600), np.array([40.0, 60.0]))
    assert first
    assert first.value == pytest.approx(1)
    assert first.p_value == pytest.approx(1)


def test_a_category_with_too_few_buyers_has_no_lift() -> None:
    assert lifts(certain(40, 960), np.array([1.0, 99.0]))[0] is None


def test_an_uncertain_interval_is_wide_or_open() -> None:
    evidence = BandEvidence(certain(30, 30).fourth)
    found = lifts(evidence, np.array([0.0, 10.0]))
    assert found[1]
    assert found[1].low >= 0
    assert math.isinf(found[1].high) or found[1].high > 2


def test_95_percent_of_the_intervals_of_average_baskets_contain_the_truth() -> None:
    simulated, true = simulated_shop(8), np.array([100.0, 200.0, 300.0, 350.0, 400.0, 300.0])
    held = []
    for _ in range(100):
        customers = simulated.customers(3000)
        p, spent = customers.probs, simulated.chance.gamma(2, true[customers.bands] / 2)
        means, covariance = means_by_band(
            customers.evidence,
            spent @ p,
            np.einsum("s,si,sj,sk->ijk", spent, p, p, p, optimize=True),
            np.einsum("s,si,sj->ij", spent**2, p, p, optimize=True),
        )
        held.append(np.abs(means - true) <= 1.96 * np.sqrt(np.diag(covariance)))
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def certain(*customers: int) -> BandEvidence:
    p = np.repeat(np.eye(len(customers)), customers, axis=0)
    return BandEvidence(np.einsum("si,sj,sk,sl->ijkl", p, p, p, p, optimize=True))
