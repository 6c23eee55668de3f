"""The card's figures by source, age, sex and group, for all faces and for those that pass the quality gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from edge.decision.policy import Limit, asks
from train.card.facts import ChallengeRates, ChildRates, Coverage, Errors, PairedDifference
from train.card.measures import MeasuredError, bootstrap, coverage, error, share, signed_years_outside
from train.pictures import Pictures
from train.thresholds import dividing_age

AGE_BANDS = ((0, 12), (13, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 100))
CHALLENGE_LIMITS = (0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002)
"""On P(under 18), of the challenge table."""

STATED = (0.80, 0.95)

_Ages = NDArray[np.floating]
_Rows = NDArray[np.bool_]


def all_and_sources(pictures: Pictures) -> dict[str, _Rows]:
    """Names and rows, bool (N,): all photos, and the photos of each source."""
    rows = {"all": np.ones(len(pictures), bool)}
    return rows | {str(source): pictures.sources == source for source in np.unique(pictures.sources)}


def by_source(pictures: Pictures, passed: _Rows) -> dict[str, _Rows]:
    """As `all_and_sources`, and the faces of each part that pass the quality gate. passed: bool (N,)."""
    parts = all_and_sources(pictures)
    return parts | {f"{name}, passed": rows & passed for name, rows in parts.items()}


def by_group(pictures: Pictures) -> dict[str, _Rows]:
    """Names and rows, bool (N,), of every sex and every group of people in the labels."""
    return {
        str(label): column == label
        for column in (pictures.sexes, pictures.groups)
        for label in np.unique(column)
        if label
    }


def errors(ages: _Ages, known: _Ages, passed: _Rows) -> Errors:
    """The error on all faces and on those that pass the quality gate.

    ages: (N,) predicted years. known: (N, 2) youngest and oldest possible age. passed: bool (N,).
    """
    return Errors(all=error(ages, known), passed=error(ages[passed], known[passed]))


def errors_by(labels: NDArray[np.str_], pictures: Pictures, ages: _Ages, passed: _Rows) -> dict[str, dict[str, Errors]]:
    """The error by source and label; photos with the label "" are skipped."""
    found: dict[str, dict[str, Errors]] = {}
    for source in np.unique(pictures.sources):
        for label in np.unique(labels[labels != ""]):
            rows = (pictures.sources == source) & (labels == label)
            if rows.any():
                found.setdefault(str(source), {})[str(label)] = errors(ages[rows], pictures.ages[rows], passed[rows])
    return found


def age_bands(known: _Ages) -> NDArray[np.str_]:
    """(N,) the band, such as "18-24", that contains the middle of the known age range."""
    middle = np.floor(known.mean(axis=1))
    names = np.full(len(known), "", dtype="<U8")
    for low, high in AGE_BANDS:
        names[(middle >= low) & (middle <= high)] = f"{low:02d}-{high}"
    return names


def coverages(before: _Ages, after: _Ages, pictures: Pictures, passed: _Rows) -> dict[str, tuple[Coverage, ...]]:
    """By source, the coverage of the stated intervals on photos with an exactly known age.

    before, after: (N, 101) age probabilities before and after calibration.
    """
    found = {}
    for source in np.unique(pictures.sources[pictures.exact]):
        rows = pictures.sources == source
        found[str(source)] = tuple(
            Coverage(
                stated=stated,
                before=coverage(before[rows], pictures.ages[rows], stated),
                after=coverage(after[rows], pictures.ages[rows], stated),
                passed=coverage(after[rows & passed], pictures.ages[rows & passed], stated),
            )
            for stated in STATED
        )
    return found


def challenge(limit: Limit, age_probs: _Ages, known: _Ages) -> ChallengeRates:
    """A row of the challenge table. A person with a band counts only if the whole band is within 13-17, or 25-40.

    age_probs: (N, 101), calibrated. known: (N, 2) youngest and oldest possible age.
    """
    asked, (youngest, oldest) = asks(age_probs, limit), known.T
    return ChallengeRates(
        max_p_under_legal=limit.max_p_under_legal,
        challenge_age=limit.challenge_age,
        passed_13_17=share(~asked[(youngest >= 13) & (oldest <= 17)]),
        passed_14_17=share(~asked[(youngest >= 14) & (oldest <= 17)]),
        asked_25_40=share(asked[(youngest >= 25) & (oldest <= 40)]),
    )


def limits_of_18(age_probs: _Ages, measured: Iterable[Threshold] = ()) -> tuple[Limit, ...]:
    """The limits of the challenge table, and those that were measured for legal age 18, largest first; with the mean
    ages that divide best on these photos."""
    also = {each.max_p_under_legal for each in measured if each.legal_age == 18}
    limits = (Limit(18, most, challenge_age=18) for most in sorted({*CHALLENGE_LIMITS, *also}, reverse=True))
    return tuple(replace(limit, challenge_age=dividing_age(age_probs, limit)) for limit in limits)


def children(ages: _Ages, known: _Ages) -> ChildRates:
    """How often children under 10 are predicted to be 18 or older, and 10-19-year-olds 25 or older."""
    youngest, oldest = known.T
    return ChildRates(
        under_10_as_18=share(ages[oldest < 10] >= 18),
        from_10_to_19_as_25=share(ages[(youngest >= 10) & (oldest <= 19)] >= 25),
    )


def errors_by_source(ages: _Ages, pictures: Pictures) -> dict[str, MeasuredError]:
    """The errors on all photos and on those of each source. ages: (N,) predicted years."""
    found = {name: error(ages[rows], pictures.ages[rows]) for name, rows in all_and_sources(pictures).items()}
    return {name: measured for name, measured in found.items() if measured is not None}


def paired_differences(other: str, ages: _Ages, other_ages: _Ages, pictures: Pictures) -> dict[str, PairedDifference]:
    """By source, the difference of two models' errors, photo by photo. ages, other_ages: (N,) predicted years."""
    difference = np.abs(signed_years_outside(ages, pictures.ages)) - np.abs(
        signed_years_outside(other_ages, pictures.ages)
    )
    found = {}
    for source in np.unique(pictures.sources):
        rows = pictures.sources == source
        low, high = bootstrap(difference[rows])
        found[str(source)] = PairedDifference(
            other=other,
            pictures=int(rows.sum()),
            difference_years=round(float(difference[rows].mean()), 4),
            low=low,
            high=high,
            largest_years=round(float(np.abs(ages - other_ages)[rows].max()), 4),
        )
    return found
