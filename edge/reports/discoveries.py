"""Statistical significance when many differences are tested at once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.shares import Share

MAX_FALSE_DISCOVERY_RATE = 0.05
"""A difference is reported as a finding if its false discovery rate is at most this."""


def p_value_of_difference(first: Share, second: Share) -> float:
    """The two-sided p-value of Fisher's exact test for equal shares; 1 if either share has no trials."""
    # Imported here because scipy.stats takes half a second to load.
    from scipy.stats import fisher_exact

    table = [[share.hits, share.trials - share.hits] for share in (first, second)]
    return float(fisher_exact(table).pvalue)


def false_discovery_rates(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-value of each test (Benjamini and Hochberg 1995); an empty list for no tests.

    An adjusted p-value is the expected share of false findings among the tests whose p-value is as small or smaller.
    """
    from scipy.stats import false_discovery_control

    return [float(rate) for rate in false_discovery_control(p_values)] if p_values else []


def rate(share: float, language: str) -> str:
    """A false discovery rate for people, `4.2%` or `<0.1%`; for `edge.language.formats.Shown`."""
    return f"<{percent(0.001, language, 1)}" if 0 < share < 0.001 else percent(share, language, 1)
