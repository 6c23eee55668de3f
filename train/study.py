"""What the recipe and each source are worth: short runs on one split and one budget, judged on the same test photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from edge.errors import UsageError
from train.card.breakdowns import all_and_sources
from train.card.facts import Study, StudyRun
from train.card.measures import MeasuredError, error
from train.checkpoint import load_average, make_model
from train.data import load_test, load_train, of_sources, validation_split
from train.evaluate import as_shown, mean_ages
from train.loop import LAST, train_model
from train.pictures import Pictures
from train.recipe import Recipe, read_recipe
from train.targets import soft_labels
from train.teacher import Lessons, learn_from

BATCH, BASELINE_BATCH = 32, 16
"""Photos per step of our recipe, and of the baseline as its authors had it."""

OWN_PHOTOS = 3000
"""So many photos of its own a shop may have, to train a model on that has never seen such."""

OWN_SHARE = 0.25
"""And for so much of a run's length it does so."""


def study(
    data: Path, out: Path, recipe: Recipe, photos: int, teacher: Path | None = None, alone: str | None = None
) -> Study:
    """Train from nothing, each on `photos` photos: with every source, with the baseline recipe, and without each
    source once; then go on from there with a few photos of that source, and without the teacher, as a shop would with
    its own. With `alone`, also on that source alone and without the teacher.

    Every run has the picture sizes of `recipe`. The teacher's second opinions on ages (`train.opinion`) are left out:
    they would carry over what the labels of a source say to runs that must not know them. A run that was killed goes
    on, one that is done is only judged. Raises UsageError for a source that is not there.
    """
    pictures, test = load_train(data), load_test(data)
    learning, validation = validation_split(pictures)
    if alone is not None:
        of_sources(pictures, [alone])
    lessons = learn_from(teacher, pictures) if teacher else None
    if lessons:
        lessons = replace(lessons, age_probs=soft_labels(pictures.ages))[learning]
    steering, pictures = pictures[validation], pictures[learning]
    runs = []
    for run in _runs(pictures, recipe, lessons, alone):
        model, known, length = make_model(run.recipe.loss), run.rows, photos
        if run.after:
            load_average(_folder(out, run.after.name) / LAST, model)
            known, length = run.rows | run.after.rows, int(photos * OWN_SHARE)
        batch = BASELINE_BATCH if run.recipe.loss == "squares" else BATCH
        model = train_model(
            model,
            pictures[run.rows],
            steering,
            batch,
            epochs=1,
            steps_per_epoch=max(1, length // batch),
            validation_steps=1,
            recipe=run.recipe,
            lessons=run.lessons[run.rows] if run.lessons else None,
            run_dir=_folder(out, run.name),
        )
        ages = mean_ages(as_shown(model, run.recipe.stages[-1]), test)
        sources = tuple(str(source) for source in np.unique(pictures.sources[known]))
        runs.append(StudyRun(name=run.name, sources=sources, errors=_by_source(ages, test)))
    return Study(photos=photos, taught=teacher is not None, own_photos=OWN_PHOTOS, runs=tuple(runs))


def write_study(found: Study, folder: Path) -> Path:
    """Write study.json into `folder`; returns its path."""
    file = folder / "study.json"
    file.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return file


def read_study(file: Path | None) -> Study | None:
    """What `write_study` wrote. Raises UsageError, one line, for anything else."""
    if file is None:
        return None
    try:
        return Study.model_validate_json(file.read_bytes())
    except OSError as problem:
        raise UsageError(f"cannot read the study {file}: {problem.strerror}") from None
    except ValidationError:
        raise UsageError(f"{file} is no study.json of edge-train study") from None


@dataclass(frozen=True)
class _Run:
    """rows: bool (N,), the photos to train on. after: the run whose weights it starts from."""

    name: str
    rows: NDArray[np.bool_]
    recipe: Recipe
    lessons: Lessons | None = None
    after: _Run | None = None


def _runs(pictures: Pictures, recipe: Recipe, lessons: Lessons | None, alone: str | None) -> Iterator[_Run]:
    all_rows = np.ones(len(pictures), bool)
    yield _Run("all sources", all_rows, recipe, lessons)
    baseline, own = (
        read_recipe(Path(name)).model_copy(update={"stages": recipe.stages}) for name in ("baseline", "own")
    )
    yield _Run("baseline recipe", all_rows, baseline)
    sources = np.unique(pictures.sources)
    for source in sources if len(sources) > 1 else ():
        without = _Run(f"without {source}", pictures.sources != source, recipe, lessons)
        yield without
        few = _few(pictures.sources == source)
        yield _Run(f"without {source}, then {source}", few, own, after=without)
    if alone is not None:
        yield _Run(f"{alone} alone", pictures.sources == alone, recipe)


def _few(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """At most OWN_PHOTOS of some rows, chosen by chance, the same ones every time."""
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(rows))[:OWN_PHOTOS]
    return np.isin(np.arange(len(rows)), chosen)


def _folder(out: Path, name: str) -> Path:
    return out / name.replace(",", "").replace(" ", "-")


def _by_source(ages: NDArray[np.floating], test: Pictures) -> dict[str, MeasuredError]:
    found = {name: error(ages[rows], test.ages[rows]) for name, rows in all_and_sources(test).items()}
    return {name: one for name, one in found.items() if one is not None}
