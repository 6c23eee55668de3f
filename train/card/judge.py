"""From a model and photos kept out of its training to the report card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.ages.calibration import calibrated
from train.card import breakdowns
from train.card.candidates import candidate
from train.card.facts import Card, CardSource, Challenge, Robust, Study
from train.card.gate import evidence, let_through
from train.card.measures import error, mean_ages, share
from train.card.views import BLURS_PX, Predict, ViewResult, blurred, face_sizes, plain, predict_through, shifted, wider
from train.data import found_by_source, load_test, load_train, validation_split
from train.pictures import Pictures

SAMPLE = 400
"""Photos per source that are looked at through other views."""


def judge(model: Path, data: Path, against: Path | None = None, study: Study | None = None) -> Card:
    """Judge a checkpoint or a bundle on the test photos of `data`; `against` is compared with it photo by photo.
    study: what short runs said of the sources, for the card."""
    learned = load_train(data)
    _, validation = validation_split(learned)
    judged, pictures = candidate(model, learned[validation]), load_test(data)
    sample = _sample(pictures)
    before = predict_through(judged.predict, pictures, plain, "test photos").age_probs
    after = calibrated(before, judged.temperature)
    ages, passed = mean_ages(after), let_through(pictures)
    compared = {}
    if against is not None:
        other = candidate(against, learned[validation])
        theirs = mean_ages(
            calibrated(predict_through(other.predict, pictures, plain, "other model").age_probs, other.temperature)
        )
        compared = breakdowns.paired(other.name, ages, theirs, pictures)
    chosen = judged.thresholds[-1].challenge_age if judged.thresholds else None
    return Card(
        model=judged.name,
        use=judged.use,
        trained_on=judged.trained_on,
        temperature=judged.temperature,
        sources=_sources(data, pictures, ages, passed),
        by_age=breakdowns.errors_by(breakdowns.age_bands(pictures.ages), pictures, ages, passed),
        by_sex=breakdowns.errors_by(pictures.sexes, pictures, ages, passed),
        by_group=breakdowns.errors_by(pictures.groups, pictures, ages, passed),
        coverage=breakdowns.coverages(before, after, pictures, passed),
        children={
            name: breakdowns.children(ages[rows], pictures.ages[rows])
            for name, rows in breakdowns.by_source(pictures, passed).items()
        },
        challenge=tuple(breakdowns.challenge(age, ages, pictures.ages) for age in breakdowns.CHALLENGE_AGES),
        challenge_by_group={} if chosen is None else _by_group(chosen, pictures, ages, passed),
        thresholds=judged.thresholds,
        robust=tuple(_robust(judged.predict, judged.temperature, sample)),
        gate=evidence(judged.predict, sample),
        paired=compared,
        study=study,
    )


def _sources(
    data: Path, pictures: Pictures, ages: NDArray[np.floating], passed: NDArray[np.bool_]
) -> dict[str, CardSource]:
    found = {}
    for source, has_face in found_by_source(data).items():
        rows = pictures.sources == source
        found[source] = CardSource(
            test_pictures=int(rows.sum()),
            missed=share(~has_face),
            refused=share(~passed[rows]),
            **dict(breakdowns.errors(ages[rows], pictures.ages[rows], passed[rows])),
        )
    return found


def _by_group(
    challenge_age: int, pictures: Pictures, ages: NDArray[np.floating], passed: NDArray[np.bool_]
) -> dict[str, Challenge]:
    parts = breakdowns.by_source(pictures, passed) | breakdowns.by_group(pictures)
    return {name: breakdowns.challenge(challenge_age, ages[rows], pictures.ages[rows]) for name, rows in parts.items()}


def _sample(pictures: Pictures) -> Pictures:
    random = np.random.default_rng(0)
    rows = [np.flatnonzero(pictures.sources == source) for source in np.unique(pictures.sources)]
    return pictures[np.sort(np.concatenate([random.permutation(these)[:SAMPLE] for these in rows]))]


def _robust(predict: Predict, temperature: float, pictures: Pictures) -> list[Robust]:
    own = predict_through(predict, pictures, plain, "sample of them")
    everyone = np.ones(len(pictures), bool)
    views = {"15 % wider": wider(1.15), "40 % wider": wider(1.40), "10 % aside": shifted(0.10)}
    views |= {f"blur of {sigma} px": blurred(sigma) for sigma in BLURS_PX}
    looks = {name: (predict_through(predict, pictures, view, name), everyone) for name, view in views.items()}
    looks |= {f"eyes {size} px apart": found for size, found in face_sizes(predict, pictures).items()}

    def compared(name: str, source: str, through: ViewResult, shown: NDArray[np.bool_]) -> Robust:
        """`through` has a row for every photo that was shown, `own` for every photo."""
        here = pictures.sources[shown] == source
        rows = here & through.seen
        known = pictures.ages[shown][rows]
        return Robust(
            view=name,
            source=source,
            error=error(mean_ages(calibrated(through.age_probs[rows], temperature)), known),
            plain=error(mean_ages(calibrated(own.age_probs[shown][rows], temperature)), known),
            missed=share(~through.seen[here]),
        )

    sources = [str(source) for source in np.unique(pictures.sources)]
    return [compared(name, source, *found) for name, found in looks.items() for source in sources]
