"""The card's figures by source, age, sex and group, for all faces and for those that pass the quality gate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.card.facts import ChallengeRates, ChildRates, Coverage, Errors, PairedDifference
from train.card.measures import bootstrap, coverage, error, share, signed_years_outside
from train.pictures import Pictures
from train.thresholds import TEENAGERS

AGE_BANDS = ((0, 12), (13, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 100))
CHALLENGE_AGES = range(18, 46)
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


def challenge(challenge_age: int, ages: _Ages, known: _Ages) -> ChallengeRates:
    """A row of the challenge table. A person with a band counts only if the whole band is within 13-17, or 25-40."""
    youngest, oldest = known.T
    return ChallengeRates(
        challenge_age=challenge_age,
        passed_13_17=share(ages[(youngest >= TEENAGERS[0]) & (oldest <= TEENAGERS[1])] >= challenge_age),
        passed_14_17=share(ages[(youngest >= 14) & (oldest <= TEENAGERS[1])] >= challenge_age),
        asked_25_40=share(ages[(youngest >= 25) & (oldest <= 40)] < challenge_age),
    )


def children(ages: _Ages, known: _Ages) -> ChildRates:
    """How often children under 10 are predicted to be 18 or older, and 10-19-year-olds 25 or older."""
    youngest, oldest = known.T
    return ChildRates(
        under_10_as_18=share(ages[oldest < 10] >= 18),
        from_10_to_19_as_25=share(ages[(youngest >= 10) & (oldest <= 19)] >= 25),
    )


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
