"""The report card as a value: every figure, by source, with its interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from train.card.measures import Error, Fact, Share, beyond, bootstrap, coverage, error, share
from train.pictures import Pictures
from train.targets import YEARS
from train.thresholds import TEENAGERS

AGE_BANDS = ((0, 12), (13, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 100))
CHALLENGE_AGES = range(18, 46)
STATED = (0.80, 0.95)


class Source(Fact):
    """A source of photos. missed: no face was found. refused: a face the quality gate would not let through. all and
    passed: the error on every test photo with a face, and on those that the gate lets through."""

    test_pictures: int
    missed: Share
    refused: Share
    all: Error | None
    passed: Error | None


class Coverage(Fact):
    """How often the true age lay in the stated interval, before and after calibration."""

    stated: float
    before: float
    after: float


class Challenge(Fact):
    """What happens if everybody is asked who looks younger than `challenge_age`: how many under-age people pass
    unasked, and how many adults are asked needlessly."""

    challenge_age: int
    passed_13_17: Share
    passed_14_17: Share
    asked_25_40: Share


class Robust(Fact):
    """The error through another view of some photos of a source, beside the plain one's on exactly those photos."""

    view: str
    source: str
    error: Error | None
    plain: Error | None
    missed: Share


class GateBin(Fact):
    """Faces with a measure from low to high. worse: by how many years the error is larger than on the same photos as
    they are."""

    low: float
    high: float
    error: Error
    worse: float


class Evidence(Fact):
    """What a limit of the quality gate is good for: the error by what it limits, on photos made worse in that way that
    no other limit refuses. limit: the one in use; None for what is not limited. reason: what the gate calls those
    beyond it. refused: how many of the photos, as they are, it refuses."""

    measure: str
    reason: str
    limit: float | None
    refused: Share
    bins: tuple[GateBin, ...]


class Paired(Fact):
    """Another model on the same photos: by how many years this one is nearer (negative) or farther off, with the 95 %
    bootstrap interval of the difference. largest_years: the most that one photo moves."""

    other: str
    pictures: int
    difference_years: float
    low: float
    high: float
    largest_years: float


class StudyRun(Fact):
    """A short run: the sources it was trained on, and its errors on the test photos of every source."""

    name: str
    sources: tuple[str, ...]
    errors: dict[str, Error]


class Study(Fact):
    """Short runs from nothing, one after the other on `photos` photos each. taught: with a teacher, but for the runs
    that say otherwise."""

    photos: int
    taught: bool
    runs: tuple[StudyRun, ...]


class Card(Fact):
    """All that was measured of a model."""

    model: str
    use: str
    trained_on: dict[str, int]
    temperature: float
    sources: dict[str, Source]
    by_age: dict[str, dict[str, Error]]
    by_sex: dict[str, dict[str, Error]]
    by_group: dict[str, dict[str, Error]]
    coverage: dict[str, tuple[Coverage, ...]]
    children: dict[str, Share]
    challenge: tuple[Challenge, ...]
    challenge_by_group: dict[str, Challenge]
    thresholds: tuple[Threshold, ...]
    robust: tuple[Robust, ...]
    gate: tuple[Evidence, ...] = ()
    paired: dict[str, Paired]
    study: Study | None = None


def errors_by(labels: NDArray[np.str_], pictures: Pictures, ages: NDArray[np.floating]) -> dict[str, dict[str, Error]]:
    """The error by source and label; photos labelled "" are left out."""
    found: dict[str, dict[str, Error]] = {}
    for source in np.unique(pictures.sources):
        for label in np.unique(labels[labels != ""]):
            rows = (pictures.sources == source) & (labels == label)
            if (one := error(ages[rows], pictures.ages[rows])) is not None:
                found.setdefault(str(source), {})[str(label)] = one
    return found


def age_bands(known: NDArray[np.floating]) -> NDArray[np.str_]:
    """(N,) the band that the middle of what is known lies in, such as "18-24"."""
    middle = np.floor(known.mean(axis=1))
    names = np.full(len(known), "", dtype="<U8")
    for low, high in AGE_BANDS:
        names[(middle >= low) & (middle <= high)] = f"{low:02d}-{high}"
    return names


def coverages(
    before: NDArray[np.floating], after: NDArray[np.floating], pictures: Pictures
) -> dict[str, tuple[Coverage, ...]]:
    """By source, for those whose ages are known exactly."""
    found = {}
    for source in np.unique(pictures.sources[pictures.exact]):
        rows = pictures.sources == source
        known = pictures.ages[rows]
        found[str(source)] = tuple(
            Coverage(
                stated=stated, before=coverage(before[rows], known, stated), after=coverage(after[rows], known, stated)
            )
            for stated in STATED
        )
    return found


def challenge(challenge_age: int, ages: NDArray[np.floating], known: NDArray[np.floating]) -> Challenge:
    """A row of the challenge table. Bands count only where they lie within 13-17, or within 25-40."""
    youngest, oldest = known.T
    return Challenge(
        challenge_age=challenge_age,
        passed_13_17=share(ages[(youngest >= TEENAGERS[0]) & (oldest <= TEENAGERS[1])] >= challenge_age),
        passed_14_17=share(ages[(youngest >= 14) & (oldest <= TEENAGERS[1])] >= challenge_age),
        asked_25_40=share(ages[(youngest >= 25) & (oldest <= 40)] < challenge_age),
    )


def children(ages: NDArray[np.floating], known: NDArray[np.floating]) -> dict[str, Share]:
    """How often children are read as adults, and young people as grown up."""
    youngest, oldest = known.T
    return {
        "under 10 read as 18 or older": share(ages[oldest < 10] >= 18),
        "10-19 read as 25 or older": share(ages[(youngest >= 10) & (oldest <= 19)] >= 25),
    }


def paired(
    other: str, mine: NDArray[np.floating], theirs: NDArray[np.floating], pictures: Pictures
) -> dict[str, Paired]:
    """By source, the difference of two models' errors photo by photo."""
    difference = np.abs(beyond(mine, pictures.ages)) - np.abs(beyond(theirs, pictures.ages))
    found = {}
    for source in np.unique(pictures.sources):
        rows = pictures.sources == source
        low, high = bootstrap(difference[rows])
        found[str(source)] = Paired(
            other=other,
            pictures=int(rows.sum()),
            difference_years=round(float(difference[rows].mean()), 4),
            low=low,
            high=high,
            largest_years=round(float(np.abs(mine - theirs)[rows].max()), 4),
        )
    return found


def mean_ages(age_probs: NDArray[np.floating]) -> NDArray[np.floating]:
    """float (N,): the expectation of every distribution, in years."""
    return np.asarray(age_probs @ YEARS)
