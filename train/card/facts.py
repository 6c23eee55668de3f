"""The report card as a value: every figure with its interval. card.json has the same fields."""

from __future__ import annotations

from edge.ages.bundle import Threshold
from train.card.measures import Fact, MeasuredError, MeasuredShare


class Errors(Fact):
    """The error on all faces of a group, and on those that pass the quality gate; None without faces."""

    all: MeasuredError | None
    passed: MeasuredError | None


class CardSource(Errors):
    """A source of photos. missed: share of photos on which no face was found. refused: share of faces that the quality
    gate rejects."""

    test_pictures: int
    missed: MeasuredShare
    refused: MeasuredShare


class Coverage(Fact):
    """Share of true ages inside the interval of probability `stated`: before and after calibration, and after it on
    faces that pass the quality gate."""

    stated: float
    before: MeasuredShare
    after: MeasuredShare
    passed: MeasuredShare


class ChildRates(Fact):
    """How often children under 10 are predicted to be 18 or older, and 10-19-year-olds 25 or older."""

    under_10_as_18: MeasuredShare
    from_10_to_19_as_25: MeasuredShare


class ChallengeRates(Fact):
    """If everybody is asked for ID who is under 18 with a probability above `max_p_under_legal`: how many minors pass
    without being asked, and how many adults are asked unnecessarily. challenge_age: the mean age that divides those who
    are asked from those who are not best."""

    max_p_under_legal: float
    challenge_age: int
    passed_13_17: MeasuredShare
    passed_14_17: MeasuredShare
    asked_25_40: MeasuredShare


class ViewError(Fact):
    """The error on another view of a source's photos. plain: the error on the plain crops of exactly those photos.
    missed: share of photos on which the view has no face."""

    view: str
    source: str
    error: MeasuredError | None
    plain: MeasuredError | None
    missed: MeasuredShare


class GateBin(Fact):
    """Faces with a quality measure from low to high. worse: by how many years the error is larger than on the same
    photos unchanged, with its 95 % interval."""

    low: float
    high: float
    error: MeasuredError
    worse: float
    worse_interval: tuple[float, float]


class GateEvidence(Fact):
    """The evidence for a limit of the quality gate: the error by the limited measure, on photos degraded in that
    respect that no other limit rejects. limit: the default setting; None for a measure without a limit. upper: larger
    values are rejected, otherwise smaller ones. reason: the gate's name for faces that it rejects by this limit.
    refused: share of the unchanged photos that it rejects."""

    measure: str
    reason: str
    limit: float | None
    upper: bool = False
    refused: MeasuredShare
    bins: tuple[GateBin, ...]


class SceneError(Fact):
    """The error on photos as another camera would take them. error, plain: on faces that pass the quality gate, and on
    the same photos unchanged; both ignore the limits on breadth. worse_interval: 95 % interval of their difference;
    None without faces. rejected: share of the faces that passed unchanged and are now lost, or rejected by other
    limits. breadth: mean estimated breadth. distorted: share rejected for it.
    passed_13_17: share of the 13-17-year-olds whose unchanged photos pass and who would not be asked for ID; whose face
    is lost or rejected is asked. passed_13_17_not_distorted: the same, with the limits on breadth."""

    scene: str
    error: MeasuredError | None
    plain: MeasuredError | None
    worse_interval: tuple[float, float] | None
    rejected: MeasuredShare
    breadth: float
    distorted: MeasuredShare
    passed_13_17: MeasuredShare
    passed_13_17_not_distorted: MeasuredShare


class Scenes(Fact):
    """Errors by scene, on `photos` test photos. max_p_under_18: the limit. gate: the evidence
    for the limits on breadth, on the same photos."""

    photos: int
    max_p_under_18: float
    errors: tuple[SceneError, ...]
    gate: tuple[GateEvidence, ...]


class PairedDifference(Fact):
    """Another model on the same photos: the difference of the mean errors (negative: this model is better), with its
    95 % bootstrap interval. largest_years: the largest difference of the two predictions for one photo."""

    other: str
    pictures: int
    difference_years: float
    low: float
    high: float
    largest_years: float


class StudyRun(Fact):
    """A short run: the sources it was trained on, and its errors on all test photos and on those of each source."""

    name: str
    sources: tuple[str, ...]
    errors: dict[str, MeasuredError]


class Study(Fact):
    """Short runs from scratch, on `photos` photos each. taught: with a teacher, except the runs documented otherwise.
    own_photos: largest number of photos of an unseen source for fine-tuning."""

    photos: int
    taught: bool
    own_photos: int
    runs: tuple[StudyRun, ...]


class GateSetting(Fact):
    """A limit of the lane's quality gate. setting: its name in the settings. reason: why faces beyond it are
    rejected."""

    setting: str
    limit: float
    reason: str


class OperatingRates(Fact):
    """A limit for goods sold from 18, on faces that pass the quality gate. photos: which ones, a source or "all".
    set_limits: the limits were measured on these photos, so that they flatter."""

    risk: float
    photos: str
    set_limits: bool
    rates: ChallengeRates


class OperatingPoint(Fact):
    """The lane's operating point with the default settings. samples: fewest samples of a customer for an answer.
    further: how many photos set the limits beside the validation photos, see `train.unseen`."""

    gate: tuple[GateSetting, ...]
    samples: int
    rates: tuple[OperatingRates, ...]
    further: int = 0


class YoungAdultError(Fact):
    """The mean error at the ages 18 to 30: the mean of the errors of every year, of every sex if it is known, so that
    each weighs the same however many photos it has. cells: numbers of years and sexes with photos."""

    pictures: int
    sexes: int
    cells: int
    mean_error_years: float
    low: float
    high: float


class Challenge25(Fact):
    """How often minors are predicted to be 25 or older."""

    from_13_to_16: MeasuredShare
    from_14_to_17: MeasuredShare


class EyeDistanceError(Fact):
    """The error on photos with from `low_px` to `high_px` pixels between the eyes; None: no upper end."""

    low_px: int
    high_px: int | None
    error: MeasuredError | None
    challenge_25: MeasuredShare


class Acquisition(Fact):
    """Why there is no estimate: shares of faces that the quality gate rejects, in all and by reason; a face may have
    more than one."""

    rejected: MeasuredShare
    reasons: dict[str, MeasuredShare]


class NistTables(Fact):
    """The tables of NIST IR 8525, by source or by sex and group of people."""

    young_adults: dict[str, YoungAdultError | None]
    challenge_25: dict[str, Challenge25]
    by_sex_and_group: dict[str, dict[str, Errors]]
    by_eye_distance: dict[str, tuple[EyeDistanceError, ...]]
    acquisition: dict[str, Acquisition]


class ListedPhotos(Fact):
    """How many photos a model lists that it was trained on. complete: False if its first weights came without a
    list."""

    count: int
    complete: bool


class Card(Fact):
    """All measurements of a model. photos: those that it was trained on; None without a list. most_photos: largest
    number of test photos of each source; None: all."""

    model: str
    use: str
    trained_on: dict[str, int]
    photos: ListedPhotos | None = None
    temperature: float
    most_photos: int | None = None
    operating: OperatingPoint
    nist: NistTables
    sources: dict[str, CardSource]
    by_age: dict[str, dict[str, Errors]]
    by_sex: dict[str, dict[str, Errors]]
    by_group: dict[str, dict[str, Errors]]
    coverage: dict[str, tuple[Coverage, ...]]
    children: dict[str, ChildRates]
    challenge: tuple[ChallengeRates, ...]
    challenge_by_group: dict[str, ChallengeRates]
    thresholds: tuple[Threshold, ...]
    robust: tuple[ViewError, ...]
    gate: tuple[GateEvidence, ...] = ()
    scenes: Scenes | None = None
    paired: dict[str, PairedDifference]
    study: Study | None = None
