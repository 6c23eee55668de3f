"""From a model and photos kept out of its training to the report card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.calibration import calibrated
from train.card import facts
from train.card.candidates import candidate
from train.card.facts import Card, Robust, Source, Study, mean_ages
from train.card.gate import evidence, let_through
from train.card.measures import error, share
from train.card.views import BLURS_PX, Look, Predict, blurred, face_sizes, look, plain, shifted, wider
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
    before = look(judged.predict, pictures, plain, "test photos").age_probs
    after = calibrated(before, judged.temperature)
    ages, passed = mean_ages(after), let_through(pictures)
    compared = {}
    if against is not None:
        other = candidate(against, learned[validation])
        theirs = mean_ages(calibrated(look(other.predict, pictures, plain, "other model").age_probs, other.temperature))
        compared = facts.paired(other.name, ages, theirs, pictures)
    chosen = judged.thresholds[-1].challenge_age if judged.thresholds else None
    return Card(
        model=judged.name,
        use=judged.use,
        trained_on=judged.trained_on,
        temperature=judged.temperature,
        sources=_sources(data, pictures, ages, passed),
        by_age=facts.errors_by(facts.age_bands(pictures.ages), pictures, ages),
        by_sex=facts.errors_by(pictures.sexes, pictures, ages),
        by_group=facts.errors_by(pictures.groups, pictures, ages),
        coverage=facts.coverages(before, after, pictures),
        children=facts.children(ages, pictures.ages),
        challenge=tuple(facts.challenge(age, ages, pictures.ages) for age in facts.CHALLENGE_AGES),
        challenge_by_group={} if chosen is None else _by_group(chosen, pictures, ages),
        thresholds=judged.thresholds,
        robust=tuple(_robust(judged.predict, judged.temperature, sample)),
        gate=evidence(judged.predict, sample),
        paired=compared,
        study=study,
    )


def _sources(
    data: Path, pictures: Pictures, ages: NDArray[np.floating], passed: NDArray[np.bool_]
) -> dict[str, Source]:
    found = {}
    for source, has_face in found_by_source(data).items():
        rows = pictures.sources == source
        known = pictures.ages[rows]
        found[source] = Source(
            test_pictures=int(rows.sum()),
            missed=share(~has_face),
            refused=share(~passed[rows]),
            all=error(ages[rows], known),
            passed=error(ages[rows & passed], pictures.ages[rows & passed]),
        )
    return found


def _by_group(challenge_age: int, pictures: Pictures, ages: NDArray[np.floating]) -> dict[str, facts.Challenge]:
    labels = {"all": np.ones(len(pictures), bool)}
    for column in (pictures.sexes, pictures.groups):
        labels |= {str(label): column == label for label in np.unique(column) if label}
    return {name: facts.challenge(challenge_age, ages[rows], pictures.ages[rows]) for name, rows in labels.items()}


def _sample(pictures: Pictures) -> Pictures:
    random = np.random.default_rng(0)
    rows = [np.flatnonzero(pictures.sources == source) for source in np.unique(pictures.sources)]
    return pictures[np.sort(np.concatenate([random.permutation(these)[:SAMPLE] for these in rows]))]


def _robust(predict: Predict, temperature: float, pictures: Pictures) -> list[Robust]:
    own = look(predict, pictures, plain, "sample of them")
    everyone = np.ones(len(pictures), bool)
    views = {"15 % wider": wider(1.15), "40 % wider": wider(1.40), "10 % aside": shifted(0.10)}
    views |= {f"blur of {sigma} px": blurred(sigma) for sigma in BLURS_PX}
    looks = {name: (look(predict, pictures, view, name), everyone) for name, view in views.items()}
    looks |= {f"eyes {size} px apart": found for size, found in face_sizes(predict, pictures).items()}

    def compared(name: str, source: str, through: Look, shown: NDArray[np.bool_]) -> Robust:
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
