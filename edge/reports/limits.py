"""Limits beyond which a value in a filed purchase is treated as a mistake."""

from __future__ import annotations

MAX_QUANTITY = 10_000
"""Of one line."""

PROBABILITY_SUMS = (0.99, 1.01)
"""Lowest and highest sum of the band probabilities of one customer."""
