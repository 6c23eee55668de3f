"""Challenge ages for stated risks: everybody who looks younger is asked for ID."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from edge.reports.shares import wilson_interval

RISKS = (0.01, 0.02, 0.05, 0.10)
TEENAGERS = (13, 17)
"""Age range of the people who must not pass, in years."""

FEWEST_PHOTOS = 40
"""A band needs at least this many photos: with fewer the upper bound would be above 8 % even if nobody passed."""

_CANDIDATE_AGES = range(18, 61)


def wilson_upper(hits: int, trials: int) -> float:
    """Upper end of `wilson_interval`."""
    return wilson_interval(hits, trials)[1]


def thresholds(
    ages: NDArray[np.floating], known: NDArray[np.floating], sources: NDArray[np.str_] | None = None
) -> tuple[Threshold, ...]:
    """For every risk, the lowest challenge age whose upper bound meets it, as measured on 13-17-year-olds.

    ages: (N,) predicted mean ages in years. known: (N, 2) youngest and oldest possible age. People known only by a band
    around 13-17, such as 10-19, count too (the youngest such band): this makes the sample larger, and its 18- and
    19-year-olds make the bound stricter than necessary.

    sources: (N,), source of each photo; default, one source. The bound holds for all photos together and for each
    source with enough photos to meet it: a shop is a new source, so easy photos must not compensate for hard ones.
    A risk is omitted if there are too few photos for it, or if no challenge age up to 60 meets it.
    """
    counted, span = _teenagers(known)
    teenagers = ages[counted]
    by_source = [] if sources is None else [ages[counted & (sources == source)] for source in np.unique(sources)]
    found = []
    for risk in RISKS:
        parts = [teenagers, *(part for part in by_source if wilson_upper(0, len(part)) <= risk)]
        for challenge_age in _CANDIDATE_AGES:
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
    """The photos that count as teenagers, bool (N,), and their youngest and oldest possible age in years."""
    counted = (known[:, 0] >= TEENAGERS[0]) & (known[:, 1] <= TEENAGERS[1])
    reaching = (known[:, 0] <= TEENAGERS[0]) & (known[:, 1] >= TEENAGERS[1]) & ~counted
    bands, counts = np.unique(known[reaching], axis=0, return_counts=True)
    for youngest, oldest in bands[counts >= FEWEST_PHOTOS]:
        return counted | (known == (youngest, oldest)).all(axis=1), (int(youngest), int(oldest))
    return counted, TEENAGERS
