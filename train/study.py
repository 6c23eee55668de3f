"""What the recipe and each source are worth: short runs on one split and one budget, judged on the same test photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from edge.errors import UsageError
from train.card.facts import Study, StudyRun
from train.card.measures import Error, error
from train.checkpoint import make_model
from train.data import load_test, load_train, of_sources, validation_split
from train.evaluate import as_shown, mean_ages
from train.loop import train_model
from train.pictures import Pictures
from train.recipe import Recipe, read_recipe
from train.targets import soft_labels
from train.teacher import Lessons, learn_from

BATCH, BASELINE_BATCH = 32, 16
"""Photos per step of our recipe, and of the baseline as its authors had it."""


def study(
    data: Path, out: Path, recipe: Recipe, photos: int, teacher: Path | None = None, alone: str | None = None
) -> Study:
    """Train from nothing, each on `photos` photos: with every source, with the baseline recipe, and without each
    source once; with `alone`, also on that source alone and without the teacher.

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
    for name, rows, recipe_of_run, taught in _runs(pictures, recipe, lessons, alone):
        batch = BATCH if recipe_of_run is recipe else BASELINE_BATCH
        model = train_model(
            make_model(recipe_of_run.loss),
            pictures[rows],
            steering,
            batch,
            epochs=1,
            steps_per_epoch=max(1, photos // batch),
            validation_steps=1,
            recipe=recipe_of_run,
            lessons=taught[rows] if taught else None,
            run_dir=out / name.replace(" ", "-"),
        )
        ages = mean_ages(as_shown(model, recipe_of_run.stages[-1]), test)
        sources = tuple(str(source) for source in np.unique(pictures.sources[rows]))
        runs.append(StudyRun(name=name, sources=sources, errors=_by_source(ages, test)))
    return Study(photos=photos, taught=teacher is not None, runs=tuple(runs))


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


_Rows = NDArray[np.bool_]


def _runs(
    pictures: Pictures, recipe: Recipe, lessons: Lessons | None, alone: str | None
) -> Iterator[tuple[str, _Rows, Recipe, Lessons | None]]:
    """Name, rows to train on, recipe and lessons of every run."""
    all_rows = np.ones(len(pictures), bool)
    yield "all sources", all_rows, recipe, lessons
    baseline = read_recipe(Path("baseline")).model_copy(update={"stages": recipe.stages})
    yield "baseline recipe", all_rows, baseline, None
    sources = np.unique(pictures.sources)
    for source in sources if len(sources) > 1 else ():
        yield f"without {source}", pictures.sources != source, recipe, lessons
    if alone is not None:
        yield f"{alone} alone", pictures.sources == alone, recipe, None


def _by_source(ages: NDArray[np.floating], test: Pictures) -> dict[str, Error]:
    found = {}
    for source in np.unique(test.sources):
        rows = test.sources == source
        if (one := error(ages[rows], test.ages[rows])) is not None:
            found[str(source)] = one
    return found
