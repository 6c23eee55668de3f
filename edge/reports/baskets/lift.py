"""What each band buys more or less of than everybody: shares, lifts with their intervals, and what stands out. Pure.

Given their true band, customers whose age the camera reads alike or differently are taken to buy alike. Then a basket's
chance to hold something is the sum over bands of p times the band's own share, and least squares of baskets on p gives
the shares without bias (Goodman 1953; McCartan, Fisher, Goldin, Ho and Imai 2025, "Estimating Racial Disparities When
Race is Not Observed"). Counting each basket in parts to its bands would not: it mixes neighbours, and draws every lift
towards 1 (Chen, Kallus, Mao, Svacha and Udell 2019, "Fairness Under Unawareness").

That holds as far as the probabilities are right. Where all bands buy alike it always holds: any p gives lifts of 1,
and chance alone decides. Were the age model to take the customers of a shop for much younger people than they are, some
91 % of the intervals, in place of 95 %, would hold the truth (measured by simulation, see the tests).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.reports.baskets.evidence import BandEvidence

Z95 = NormalDist().inv_cdf(0.975)

FEWEST_BUYERS = 5.0
"""Effective buyers, were a band like all, below which the normal approximation says nothing (Cochran 1954)."""


@dataclass(frozen=True, slots=True)
class Lift:
    """How often a band buys something, by how often everybody does. share: of the band's baskets. low, high: the 95 %
    interval of the lift. p_value: of a lift of 1."""

    share: float
    value: float
    low: float
    high: float
    p_value: float


def shares_by_band(
    evidence: BandEvidence, hits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of each band's baskets with something in it, float64 (B,), and their covariance, (B, B).

    hits: float64 (B,), the sum of p over the baskets that hold it. A share may come out a little below 0 or above 1.
    A basket's variance is that of a yes or no: m (1 - m), where m is its chance.
    """
    shares = evidence.inverse @ hits
    possible = shares.clip(0, 1)
    noise = evidence.third @ possible - evidence.fourth @ possible @ possible
    return shares, evidence.inverse @ noise @ evidence.inverse


def means_by_band(
    evidence: BandEvidence, first: NDArray[np.float64], by_three: NDArray[np.float64], squares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of an amount in each band, float64 (B,), and their covariance, by the residuals (White 1980).

    first: float64 (B,), the sum of amount times p. by_three: (B, B, B), of amount times p_i p_j p_k. squares: (B, B),
    of amount squared times p_i p_j.
    """
    means = evidence.inverse @ first
    noise = squares - 2 * by_three @ means + evidence.fourth @ means @ means
    return means, evidence.inverse @ noise @ evidence.inverse


def lifts(evidence: BandEvidence, hits: NDArray[np.float64]) -> list[Lift | None]:
    """One for each band; None where too few bought it to tell. The intervals are Fieller's (1954), which hold for a
    ratio; the customers, too, are a sample, and their bands' shares vary."""
    shares, covariance = shares_by_band(evidence, hits)
    weights = evidence.shares
    overall = float(weights @ shares)
    of_customers = float(shares @ evidence.spread @ shares / evidence.baskets)
    found: list[Lift | None] = []
    for band, effective in enumerate(evidence.effective):
        if effective * overall < FEWEST_BUYERS:
            found.append(None)
            continue
        own = np.eye(len(weights))[band]
        low, high = _fieller(
            float(shares[band]),
            overall,
            float(covariance[band, band]),
            float(own @ covariance @ weights),
            float(weights @ covariance @ weights) + of_customers,
        )
        apart = own - weights
        deviation = math.sqrt(max(float(apart @ covariance @ apart) + of_customers, 1e-300))
        distance = abs(float(shares[band]) - overall) / deviation
        p_value = math.erfc(distance / math.sqrt(2))
        share = float(np.clip(shares[band], 0, 1))
        found.append(Lift(share, share / overall, max(low, 0.0), high, p_value))
    return found


def _fieller(top: float, bottom: float, var_top: float, cov: float, var_bottom: float) -> tuple[float, float]:
    """The 95 % interval of top / bottom; without an end when the bottom may be 0."""
    a = bottom**2 - Z95**2 * var_bottom
    if a <= 0:
        return 0.0, math.inf
    b, c = top * bottom - Z95**2 * cov, top**2 - Z95**2 * var_top
    half = math.sqrt(max(b * b - a * c, 0.0))
    return (b - half) / a, (b + half) / a
