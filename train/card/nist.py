"""Figures in the shape of NIST's test of age estimation: Hanaoka et al. 2024, Face Analysis Technology Evaluation: Age
Estimation and Verification, NIST IR 8525."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from train.card.breakdowns import by_group, by_source, errors_by
from train.card.facts import Acquisition, Challenge25, EyeDistanceError, NistTables, YoungAdultError
from train.card.gate import GATE_LIMITS
from train.card.impairments import eye_distance_px
from train.card.measures import RESAMPLES, error, share, signed_years_outside
from train.pictures import Pictures

YOUNG_ADULTS = (18, 30)
"""Ages, both included."""

EYE_DISTANCES_PX = (0, 16, 24, 32, 48, 64)
"""Where the classes of eye distances begin. NIST's border photos have 38 pixels on average, its visa photos 69."""

_CHALLENGE_AGE = 25

_Ages = NDArray[np.floating]
_Rows = NDArray[np.bool_]


def nist_tables(pictures: Pictures, ages: _Ages, reasons: Sequence[tuple[str, ...]]) -> NistTables:
    """The tables. ages: (N,) predicted years. reasons: why the quality gate rejects each of the N faces."""
    passed = np.array([not why for why in reasons], bool)
    parts = by_source(pictures, passed)
    both = np.array(
        [f"{sex}, {group}" if sex and group else "" for sex, group in zip(pictures.sexes, pictures.groups, strict=True)]
    )
    sources = {name: rows for name, rows in parts.items() if not name.startswith("all")}
    people = parts | by_group(pictures)
    return NistTables(
        young_adults={name: young_adult_error(pictures[rows], ages[rows]) for name, rows in sources.items()},
        challenge_25={name: challenge_25(ages[rows], pictures.ages[rows]) for name, rows in people.items()},
        by_sex_and_group=errors_by(both, pictures, ages, passed),
        by_eye_distance={
            name: eye_distance_errors(pictures[rows], ages[rows])
            for name, rows in sources.items()
            if not name.endswith("passed")
        },
        acquisition={
            name: acquisition([why for why, used in zip(reasons, rows, strict=True) if used])
            for name, rows in people.items()
            if not name.endswith("passed")
        },
    )


def young_adult_error(pictures: Pictures, ages: _Ages) -> YoungAdultError | None:
    """The error at the ages 18 to 30 on photos with an exactly known age; None without any. ages: (N,) predicted."""
    years = np.floor(pictures.ages[:, 0])
    rows = pictures.exact & (years >= YOUNG_ADULTS[0]) & (years <= YOUNG_ADULTS[1])
    if not rows.any():
        return None
    off = np.abs(signed_years_outside(ages[rows], pictures.ages[rows]))
    names = np.array([f"{sex} {year:.0f}" for sex, year in zip(pictures.sexes[rows], years[rows], strict=True)])
    cells, cell_of = np.unique(names, return_inverse=True)

    def mean_of_cells(chosen: NDArray[np.intp]) -> float:
        counts = np.bincount(cell_of[chosen], minlength=len(cells))
        sums = np.bincount(cell_of[chosen], off[chosen], minlength=len(cells))
        return float((sums[counts > 0] / counts[counts > 0]).mean())

    random = np.random.default_rng(0)
    means = [mean_of_cells(random.integers(0, len(off), len(off))) for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return YoungAdultError(
        pictures=len(off),
        sexes=len(set(pictures.sexes[rows].tolist()) - {""}),
        cells=len(cells),
        mean_error_years=round(mean_of_cells(np.arange(len(off))), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )


def challenge_25(ages: _Ages, known: _Ages) -> Challenge25:
    """How often minors are predicted to be 25 or older. ages: (N,) predicted years. known: (N, 2) as in `Pictures`."""
    youngest, oldest = known.T
    older = ages >= _CHALLENGE_AGE
    return Challenge25(
        from_13_to_16=share(older[(youngest >= 13) & (oldest <= 16)]),
        from_14_to_17=share(older[(youngest >= 14) & (oldest <= 17)]),
    )


def eye_distance_errors(pictures: Pictures, ages: _Ages) -> tuple[EyeDistanceError, ...]:
    """The error by the distance between the eyes on the photo, without empty classes. ages: (N,) predicted years."""
    distances = np.array([eye_distance_px(keypoints) for keypoints in pictures.keypoints])
    found = []
    for low, high in zip(EYE_DISTANCES_PX, (*EYE_DISTANCES_PX[1:], None), strict=True):
        rows = (distances >= low) & (distances < (np.inf if high is None else high))
        if rows.any():
            known = pictures.ages[rows]
            minors = challenge_25(ages[rows], known).from_14_to_17
            measured = error(ages[rows], known)
            found.append(EyeDistanceError(low_px=low, high_px=high, error=measured, challenge_25=minors))
    return tuple(found)


def acquisition(reasons: Sequence[tuple[str, ...]]) -> Acquisition:
    """How often the quality gate rejects a face, and why. reasons: of each face."""
    names = dict.fromkeys(each.reason for each in GATE_LIMITS if each.reason)
    return Acquisition(
        rejected=share(np.array([bool(why) for why in reasons], bool)),
        reasons={name: share(np.array([name in why for why in reasons], bool)) for name in names},
    )
