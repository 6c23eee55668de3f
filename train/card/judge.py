"""Evaluate a model on the test photos: all measurements of the report card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.ages.calibration import calibrated
from edge.decision.fusion import mean_ages
from edge.decision.policy import Limit
from train.card import breakdowns
from train.card.candidates import Candidate, load_candidate
from train.card.facts import Card, CardSource, ChallengeRates, ListedPhotos, Study, ViewError
from train.card.gate import gate_evidence, gate_reasons, passes_gate
from train.card.measures import error, share
from train.card.nist import nist_tables
from train.card.operating import JudgedPhotos, counted, operating_point
from train.card.scene_errors import SCENE_PHOTOS, scenes
from train.card.views import (
    BLURS_PX,
    ViewResult,
    blurred_crop,
    plain_crop,
    predict_at_face_sizes,
    predict_through,
    shifted,
    wider,
)
from train.data import faces_found_by_source, require_photos, split, validation_part
from train.evaluate import Predict
from train.pictures import Pictures
from train.thresholds import default_limit
from train.trained import TrainedPhotos

PHOTOS_PER_SOURCE = 400
"""Photos per source that are evaluated with other views and for the quality gate."""


def judge(
    model: Path, data: Path, against: Path | None = None, study: Study | None = None, most_photos: int | None = None
) -> Card:
    """Evaluate a checkpoint or a bundle on the test photos of `data`. against: another model to compare with, photo by
    photo. study: results of short runs to include in the card. most_photos: use at most this many test photos, and
    validation photos, of each source; default: all. Raises UsageError for a pack."""
    require_photos(data)
    train_data, pictures = split(data)
    if most_photos is not None:
        validation = train_data[validation_part(train_data)]
        train_data, pictures = _sample(validation, most_photos), _sample(pictures, most_photos)
    judged, sample = load_candidate(model, train_data, pictures), _sample(pictures, PHOTOS_PER_SOURCE)
    before = predict_through(judged.predict, pictures, plain_crop, "test photos").age_probs
    after, reasons = calibrated(before, judged.temperature), gate_reasons(pictures)
    ages, passed = mean_ages(after), np.array([not why for why in reasons])
    compared = {}
    if against is not None:
        other = load_candidate(against, train_data, pictures)
        other_ages = mean_ages(
            calibrated(predict_through(other.predict, pictures, plain_crop, "other model").age_probs, other.temperature)
        )
        compared = breakdowns.paired_differences(other.name, ages, other_ages, pictures)
    limit = default_limit(judged.thresholds)
    return Card(
        model=judged.name,
        use=judged.use,
        trained_on=judged.trained_on,
        photos=_listed(judged.trained),
        temperature=judged.temperature,
        most_photos=most_photos,
        operating=operating_point(
            judged.thresholds,
            (JudgedPhotos(pictures[passed], after[passed], False), _judged(judged)),
            len(judged.unseen.further),
        ),
        nist=nist_tables(pictures, ages, reasons),
        sources=_sources(data, pictures, ages, passed),
        by_age=breakdowns.errors_by(breakdowns.age_bands(pictures.ages), pictures, ages, passed),
        by_sex=breakdowns.errors_by(pictures.sexes, pictures, ages, passed),
        by_group=breakdowns.errors_by(pictures.groups, pictures, ages, passed),
        coverage=breakdowns.coverages(before, after, pictures, passed),
        children={
            name: breakdowns.children(ages[rows], pictures.ages[rows])
            for name, rows in breakdowns.by_source(pictures, passed).items()
        },
        challenge=tuple(
            breakdowns.challenge(each, after, pictures.ages)
            for each in breakdowns.limits_of_18(after, judged.thresholds)
        ),
        challenge_by_group={} if limit is None else _by_group(limit, pictures, after, passed),
        thresholds=judged.thresholds,
        robust=tuple(_view_errors(judged.predict, judged.temperature, sample)),
        gate=gate_evidence(judged.predict, sample),
        scenes=None if limit is None else scenes(judged.predict, judged.temperature, pictures, SCENE_PHOTOS, limit),
        paired=compared,
        study=study,
    )


def _listed(trained: TrainedPhotos | None) -> ListedPhotos | None:
    return None if trained is None else ListedPhotos(count=len(trained.digests), complete=trained.complete)


def _judged(candidate: Candidate) -> JudgedPhotos:
    """The photos that set the limits, as far as the rates of the operating point count them."""
    photos = candidate.unseen.for_limits
    photos = photos[counted(photos)]
    photos = photos[passes_gate(photos)]
    probs = predict_through(candidate.predict, photos, plain_crop, "photos that set the limits").age_probs
    return JudgedPhotos(photos, calibrated(probs, candidate.temperature), set_limits=True)


def _sources(
    data: Path, pictures: Pictures, ages: NDArray[np.floating], passed: NDArray[np.bool_]
) -> dict[str, CardSource]:
    found = {}
    for source, has_face in faces_found_by_source(data).items():
        rows = pictures.sources == source
        found[source] = CardSource(
            test_pictures=int(rows.sum()),
            missed=share(~has_face),
            refused=share(~passed[rows]),
            **dict(breakdowns.errors(ages[rows], pictures.ages[rows], passed[rows])),
        )
    return found


def _by_group(
    limit: Limit, pictures: Pictures, age_probs: NDArray[np.floating], passed: NDArray[np.bool_]
) -> dict[str, ChallengeRates]:
    parts = breakdowns.by_source(pictures, passed) | breakdowns.by_group(pictures)
    return {name: breakdowns.challenge(limit, age_probs[rows], pictures.ages[rows]) for name, rows in parts.items()}


def _sample(pictures: Pictures, most: int) -> Pictures:
    """At most `most` photos of each source, drawn at random, always the same."""
    random = np.random.default_rng(0)
    by_source = [np.flatnonzero(pictures.sources == source) for source in np.unique(pictures.sources)]
    return pictures[np.sort(np.concatenate([random.permutation(rows)[:most] for rows in by_source]))]


def _view_errors(predict: Predict, temperature: float, pictures: Pictures) -> list[ViewError]:
    unchanged = predict_through(predict, pictures, plain_crop, "sample of test photos")
    all_rows = np.ones(len(pictures), bool)
    views = {"15 % wider": wider(1.15), "40 % wider": wider(1.40), "10 % aside": shifted(0.10)}
    views |= {f"blur of {sigma} px": blurred_crop(sigma) for sigma in BLURS_PX}
    results = {name: (predict_through(predict, pictures, view, name), all_rows) for name, view in views.items()}
    results |= {f"eyes {size} px apart": found for size, found in predict_at_face_sizes(predict, pictures).items()}

    def view_error(name: str, source: str, viewed: ViewResult, used: NDArray[np.bool_]) -> ViewError:
        """used: bool (N,), the photos that the view was used on; `viewed` has one row for each of them."""
        of_source = pictures.sources[used] == source
        rows = of_source & viewed.has_face
        known = pictures.ages[used][rows]
        return ViewError(
            view=name,
            source=source,
            error=error(mean_ages(calibrated(viewed.age_probs[rows], temperature)), known),
            plain=error(mean_ages(calibrated(unchanged.age_probs[used][rows], temperature)), known),
            missed=share(~viewed.has_face[of_source]),
        )

    sources = [str(source) for source in np.unique(pictures.sources)]
    return [view_error(name, source, *result) for name, result in results.items() for source in sources]
