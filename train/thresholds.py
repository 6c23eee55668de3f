"""From measured errors to the age below which everybody is asked: the challenge threshold for a stated risk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from edge.reports.shares import wilson_interval

RISKS = (0.01, 0.02, 0.05, 0.10)
TEENAGERS = (13, 17)
"""Youngest and oldest of those who must not pass, in years."""

FEWEST_PHOTOS = 40
"""Photos from which a band counts: fewer tell nothing of it, for even if none passed the bound would be above 8 %."""

_AGES = range(18, 61)


def wilson_upper(hits: int, trials: int) -> float:
    """Upper end of `wilson_interval`."""
    return wilson_interval(hits, trials)[1]


def thresholds(
    ages: NDArray[np.floating], known: NDArray[np.floating], sources: NDArray[np.str_] | None = None
) -> tuple[Threshold, ...]:
    """For every risk, the lowest challenge age whose upper bound meets it, as measured on 13-17-year-olds.

    ages: (N,) predicted mean ages in years. known: (N, 2) youngest and oldest the person may be. People of whom the
    youngest band that reaches from 13-17 into adulthood, such as 10-19, is all that is known count as well: they come
    from other photos, make the sample larger, and its 18- and 19-year-olds make the bound stricter than it need be.

    sources: (N,), where the photos come from; default, all from one. A shop is none of them, and easy photos must not
    make up for hard ones: the bound holds for all together, and for each source that has enough photos to meet it.
    Risks that too few or too young-looking photos cannot meet are left out.
    """
    counted, span = _teenagers(known)
    teenagers = ages[counted]
    by_source = [] if sources is None else [ages[counted & (sources == source)] for source in np.unique(sources)]
    found = []
    for risk in RISKS:
        parts = [teenagers, *(part for part in by_source if wilson_upper(0, len(part)) <= risk)]
        for challenge_age in _AGES:
            if all(wilson_upper(int((part >= challenge_age).sum()), len(part)) <= risk for part in parts):
                passed = int((teenagers >= challenge_age).sum())
                found.append(
                    Threshold(
                        risk=risk, challenge_age=challenge_age, teenagers=len(teenagers), passed=passed, ages=span
                    )
                )
                break
    return tuple(found)


def _teenagers(known: NDArray[np.floating]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """Whose passing is measured, bool (N,); and the youngest and oldest that any of them may be, in years."""
    counted = (known[:, 0] >= TEENAGERS[0]) & (known[:, 1] <= TEENAGERS[1])
    reaching = (known[:, 0] <= TEENAGERS[0]) & (known[:, 1] >= TEENAGERS[1]) & ~counted
    bands, counts = np.unique(known[reaching], axis=0, return_counts=True)
    for youngest, oldest in bands[counts >= FEWEST_PHOTOS]:
        return counted | (known == (youngest, oldest)).all(axis=1), (int(youngest), int(oldest))
    return counted, TEENAGERS
