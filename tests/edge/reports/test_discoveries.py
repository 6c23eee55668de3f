"""P-values and false discovery rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.reports.discoveries import false_discovery_rates, p_value_of_difference
from edge.reports.shares import Share


def test_the_p_value_is_that_of_fishers_exact_test() -> None:
    # The lady who tasted tea: three of four cups right on either side (Fisher 1935); two-sided by hand, 34/70.
    assert p_value_of_difference(Share(3, 4), Share(1, 4)) == pytest.approx(34 / 70)


def test_a_share_without_trials_has_a_p_value_of_1() -> None:
    assert p_value_of_difference(Share(0, 0), Share(50, 100)) == 1


def test_rates_are_adjusted_p_values_of_benjamini_and_hochberg() -> None:
    # By hand, for 4 tests: 0.01 * 4 / 1; min(0.03 * 4 / 2, 0.04 * 4 / 3); 0.04 * 4 / 3; 0.5 * 4 / 4.
    assert false_discovery_rates([0.04, 0.01, 0.5, 0.03]) == pytest.approx([16 / 300, 0.04, 0.5, 16 / 300], abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_rates_keep_the_order_of_the_p_values_and_are_never_smaller(p_values: list[float]) -> None:
    rates = false_discovery_rates(p_values)
    assert all(p_value <= rate <= 1 for p_value, rate in zip(p_values, rates, strict=True))
    assert [rates[number] for number in np.argsort(p_values, kind="stable")] == sorted(rates)


def test_no_p_values_give_no_rates() -> None:
    assert false_discovery_rates([]) == []
