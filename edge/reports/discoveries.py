"""Which of many differences are more than chance, with regard to how many were looked at. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.shares import Share

FALSE_DISCOVERIES = 0.05
"""Share of chance findings that is let pass among all that stand out."""


def p_value_of_difference(one: Share, other: Share) -> float:
    """How likely chance alone makes two shares differ as much or more (Fisher's exact test, two-sided); 1 where one of
    them was never tried."""
    # Here, because it takes half a second to load.
    from scipy.stats import fisher_exact

    table = [[share.hits, share.trials - share.hits] for share in (one, other)]
    return float(fisher_exact(table).pvalue)


def false_discovery_rates(p_values: Sequence[float]) -> list[float]:
    """For each, the share of chance findings to expect among all that are at least as striking (Benjamini and Hochberg
    1995, as adjusted p-values)."""
    order = sorted(range(len(p_values)), key=lambda number: p_values[number], reverse=True)
    rates, least = [1.0] * len(p_values), 1.0
    for above, number in enumerate(order):
        least = min(least, p_values[number] * len(p_values) / (len(p_values) - above))
        rates[number] = least
    return rates
