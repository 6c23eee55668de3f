"""The report card as a value: every figure, by source, with its interval."""

from __future__ import annotations

from edge.ages.bundle import Threshold
from train.card.measures import Fact, MeasuredError, MeasuredShare


class Errors(Fact):
    """The error on some faces, and on those of them that the quality gate lets through."""

    all: MeasuredError | None
    passed: MeasuredError | None


class CardSource(Errors):
    """A source of photos. missed: no face was found. refused: a face the quality gate would not let through."""

    test_pictures: int
    missed: MeasuredShare
    refused: MeasuredShare


class Coverage(Fact):
    """How often the true age lay in the stated interval, before and after calibration; and after it on those faces that
    the quality gate lets through."""

    stated: float
    before: float
    after: float
    passed: float


class Children(Fact):
    """How often children are read as adults, and young people as grown up."""

    under_10_as_18: MeasuredShare
    from_10_to_19_as_25: MeasuredShare


class Challenge(Fact):
    """What happens if everybody is asked who looks younger than `challenge_age`: how many under-age people pass
    unasked, and how many adults are asked needlessly."""

    challenge_age: int
    passed_13_17: MeasuredShare
    passed_14_17: MeasuredShare
    asked_25_40: MeasuredShare


class Robust(Fact):
    """The error through another view of some photos of a source, beside the plain one's on exactly those photos."""

    view: str
    source: str
    error: MeasuredError | None
    plain: MeasuredError | None
    missed: MeasuredShare


class GateBin(Fact):
    """Faces with a measure from low to high. worse: by how many years the error is larger than on the same photos as
    they are."""

    low: float
    high: float
    error: MeasuredError
    worse: float


class GateEvidence(Fact):
    """What a limit of the quality gate is good for: the error by what it limits, on photos made worse in that way that
    no other limit refuses. limit: the one in use; None for what is not limited. reason: what the gate calls those
    beyond it. refused: how many of the photos, as they are, it refuses."""

    measure: str
    reason: str
    limit: float | None
    refused: MeasuredShare
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
    """A short run: the sources it was trained on, and its errors on all test photos and on those of every source."""

    name: str
    sources: tuple[str, ...]
    errors: dict[str, MeasuredError]


class Study(Fact):
    """Short runs from nothing, one after the other on `photos` photos each. taught: with a teacher, but for the runs
    that say otherwise. own_photos: so many at most of a source, on which the runs went on that had not seen it."""

    photos: int
    taught: bool
    own_photos: int
    runs: tuple[StudyRun, ...]


class Card(Fact):
    """All that was measured of a model."""

    model: str
    use: str
    trained_on: dict[str, int]
    temperature: float
    sources: dict[str, CardSource]
    by_age: dict[str, dict[str, Errors]]
    by_sex: dict[str, dict[str, Errors]]
    by_group: dict[str, dict[str, Errors]]
    coverage: dict[str, tuple[Coverage, ...]]
    children: dict[str, Children]
    challenge: tuple[Challenge, ...]
    challenge_by_group: dict[str, Challenge]
    thresholds: tuple[Threshold, ...]
    robust: tuple[Robust, ...]
    gate: tuple[GateEvidence, ...] = ()
    paired: dict[str, Paired]
    study: Study | None = None
