"""Limits for stated risks: who is asked for ID when goods of a legal age are sold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold, thresholds_at
from edge.decision.fusion import mean_ages, p_under
from edge.decision.policy import Limit, asks
from edge.reports.shares import wilson_interval
from edge.settings.sections import PolicySettings

LEGAL_AGES = (16, 18, 21)
RISKS = (0.01, 0.02, 0.05, 0.10)

_YEARS_BELOW = 5
"""How far below a legal age people count as underage: 13-17 for 18. Younger ones seldom look old enough, so that they
would only make the share smaller."""

_YEARS_ABOVE = 2
"""How many years at or above the legal age may be in a band that counts as underage."""

FEWEST_PHOTOS = 40
"""A band needs at least this many photos: with fewer the upper bound would be above 8 % even if nobody passed."""

FEWEST_OF_A_SOURCE = 30
"""A source with fewer photos says nothing by itself."""

_CANDIDATE_AGES = np.arange(10, 101)
_LARGEST_LIMIT = 0.5
"""Nobody passes who is more likely under age than not."""

_STEP = 1e-4
"""Limits are rounded down to multiples of this."""

_Floats = NDArray[np.floating]
_Rows = NDArray[np.bool_]


def wilson_upper(hits: int, trials: int) -> float:
    """Upper end of `wilson_interval`."""
    return wilson_interval(hits, trials)[1]


def thresholds(age_probs: _Floats, known: _Floats, sources: NDArray[np.str_] | None = None) -> tuple[Threshold, ...]:
    """For every legal age and risk the highest limit on P(under the legal age) whose upper bound meets the risk.

    age_probs: (N, 101), calibrated. known: (N, 2) youngest and oldest possible age; see `underage` for who counts.

    sources: (N,), source of each photo; default, one source. The bound holds for all photos together and for each
    source with enough photos to meet it: a shop is a new source, so easy photos must not compensate for hard ones.
    Nobody passes in a source with at least `FEWEST_OF_A_SOURCE` photos that are too few for the bound. A risk is
    omitted if there are too few photos for it, or if no limit meets it.
    """
    found = list[Threshold]()
    for legal_age in LEGAL_AGES:
        largest = _LARGEST_LIMIT
        for risk in reversed(RISKS):
            counted, span = underage(known, legal_age, risk)
            probs = age_probs[counted]
            parts = [p_under(probs, legal_age)]
            if sources is not None:
                parts += [parts[0][sources[counted] == source] for source in np.unique(sources[counted])]
            judged = [part for part in parts if len(part) >= FEWEST_OF_A_SOURCE]
            limit = _highest_limit(judged, risk, largest) if _enough(len(probs), risk) else None
            if limit is None:
                continue
            # A smaller risk may be measured on other people: it never gets a higher limit for that.
            largest = limit
            rule = Limit(legal_age, limit, challenge_age=legal_age)
            found.append(
                Threshold(
                    legal_age=legal_age,
                    risk=risk,
                    max_p_under_legal=limit,
                    challenge_age=dividing_age(age_probs, rule),
                    underage=len(probs),
                    passed=int((~asks(probs, rule)).sum()),
                    ages=span,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.legal_age, each.risk)))


def default_limit(measured: Sequence[Threshold], legal_age: int = 18) -> Limit | None:
    """The limit that a lane with the default settings uses for a legal age; None if it asks everybody."""
    threshold = thresholds_at(measured, PolicySettings().risk).get(legal_age)
    return Limit(legal_age, threshold.max_p_under_legal, threshold.challenge_age) if threshold else None


def underage(known: _Floats, legal_age: int, risk: float) -> tuple[_Rows, tuple[int, int]]:
    """The photos on which a risk is measured, bool (N,), and the youngest and oldest possible age of the people.

    These are people known to be up to five years under the legal age. Only if they are too few for the risk, people of
    the youngest band around these five years count too, such as 10-19: the youngest of them hardly ever pass, and would
    make the share smaller.
    """
    youngest, oldest = legal_age - _YEARS_BELOW, legal_age - 1
    counted = (known[:, 0] >= youngest) & (known[:, 1] <= oldest)
    if _enough(int(counted.sum()), risk):
        return counted, (youngest, oldest)
    around = (known[:, 0] <= youngest) & (known[:, 1] >= oldest) & (known[:, 1] <= oldest + _YEARS_ABOVE)
    reaching = around & ~counted
    bands, counts = np.unique(known[reaching], axis=0, return_counts=True)
    for low, high in bands[counts >= FEWEST_PHOTOS]:
        return counted | (known == (low, high)).all(axis=1), (int(low), int(high))
    return counted, (youngest, oldest)


def counts_for_limits(known: _Floats) -> _Rows:
    """bool (N,): the people known to be up to five years under a legal age. known: (N, 2) as for `thresholds`."""
    youngest, oldest = known.T[..., None]
    ages = np.array(LEGAL_AGES)
    return np.asarray(((youngest >= ages - _YEARS_BELOW) & (oldest < ages)).any(axis=1))


def _enough(photos: int, risk: float) -> bool:
    """Whether so many photos could meet a risk at all, if nobody passed."""
    return wilson_upper(0, photos) <= risk


def fewest_photos(risk: float) -> int:
    """Of underage people: a risk is never measured on fewer."""
    return next(photos for photos in count(1) if _enough(photos, risk))


def dividing_age(age_probs: _Floats, rule: Limit) -> int:
    """The mean age, in whole years, that divides those who are asked from those who are not best: fewest people are
    asked who look as old or older, or pass who look younger."""
    asked, ages = asks(age_probs, rule), mean_ages(age_probs)
    wrong = [((ages < age) != asked).sum() for age in _CANDIDATE_AGES]
    return int(_CANDIDATE_AGES[int(np.argmin(wrong))])


def _highest_limit(parts: Sequence[_Floats], risk: float, largest: float) -> float | None:
    """The highest limit with which the upper bound meets the risk in every part, or nobody passes in it; a multiple of
    `_STEP`; None without one. parts: P(under the legal age) of underage people. largest: no limit is higher."""
    limits = []
    for part in parts:
        within = [hits for hits in range(len(part) + 1) if wilson_upper(hits, len(part)) <= risk]
        may_pass = max(within, default=0)
        # The next one must be asked: the limit stays below their probability.
        limits.append(np.sort(part)[may_pass] if may_pass < len(part) else 1.0)
    limit = min(round((math.ceil(min(limits) / _STEP) - 1) * _STEP, 4), largest)
    return limit if limit > 0 else None
