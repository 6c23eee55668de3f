"""From measured errors to the age below which everybody is asked: the challenge threshold for a stated risk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from edge.report.shares import wilson_interval

RISKS = (0.01, 0.02, 0.05, 0.10)
TEENAGERS = (13, 17)
"""Youngest and oldest of those who must not pass, in years."""

FEWEST = 40
"""People of these ages without whom nothing can be promised: even if none passed, the bound would be above 8 %."""

_AGES = range(18, 61)


def wilson_upper(hits: int, trials: int) -> float:
    """Upper end of `wilson_interval`."""
    return wilson_interval(hits, trials)[1]


def thresholds(ages: NDArray[np.floating], known: NDArray[np.floating]) -> tuple[Threshold, ...]:
    """For every risk, the lowest challenge age whose upper bound meets it, as measured on 13-17-year-olds.

    ages: (N,) predicted mean ages in years. known: (N, 2) youngest and oldest the person may be. Where too few ages
    are known to lie within 13-17, the youngest band that reaches from there into adulthood, such as 10-19, stands for
    them: its 18- and 19-year-olds make the bound stricter than it need be. Risks that too few or too young-looking
    photos cannot meet are left out.
    """
    youngest, oldest = measured_on(known)
    teenagers = ages[_within(known, youngest, oldest)]
    found = []
    for risk in RISKS:
        for challenge_age in _AGES:
            passed = int((teenagers >= challenge_age).sum())
            if wilson_upper(passed, len(teenagers)) <= risk:
                found.append(
                    Threshold(
                        risk=risk,
                        challenge_age=challenge_age,
                        teenagers=len(teenagers),
                        passed=passed,
                        ages=(youngest, oldest),
                    )
                )
                break
    return tuple(found)


def measured_on(known: NDArray[np.floating]) -> tuple[int, int]:
    """Youngest and oldest of those whose passing is measured, in years."""
    if _within(known, *TEENAGERS).sum() < FEWEST:
        reaching = (known[:, 0] <= TEENAGERS[0]) & (known[:, 1] >= TEENAGERS[1]) & (known[:, 0] < known[:, 1])
        bands, counts = np.unique(known[reaching], axis=0, return_counts=True)
        for band in bands[counts >= FEWEST]:
            return int(band[0]), int(band[1])
    return TEENAGERS


def _within(known: NDArray[np.floating], youngest: float, oldest: float) -> NDArray[np.bool_]:
    return np.asarray((known[:, 0] >= youngest) & (known[:, 1] <= oldest))
