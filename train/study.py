"""Measure the worth of the recipe and of each source: short runs with one split and one budget, and one test part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from edge.errors import UsageError
from edge.settings.json_files import read_json
from train.card.breakdowns import errors_by_source
from train.card.facts import Study, StudyRun
from train.checkpoint import load_average, make_model
from train.data import load_test, load_train, select_sources, validation_split
from train.evaluate import predicted_ages, stage_predictor
from train.loop import LAST, train_model
from train.pictures import Pictures
from train.recipe import Recipe, read_recipe
from train.teacher import Teacher, prepared_teacher
from train.trained import NO_PHOTOS, TrainedPhotos

STUDY_BATCH, BASELINE_BATCH = 32, 16
"""Photos per step with this project's recipes, and with the baseline recipe as its authors trained it."""

OWN_PHOTOS = 3000
"""Fine-tuning on an unseen source uses at most this many of its photos, as a shop might have."""

OWN_SHARE = 0.25
"""Length of the fine-tuning, as a share of a run's length."""


def study(
    data: Path, out: Path, recipe: Recipe, photos: int, teacher: Path | None = None, alone: str | None = None
) -> Study:
    """Train short runs from scratch, each on `photos` photos: with all sources, with the baseline recipe, and without
    each source once. Each run without a source is then fine-tuned on a few photos of that source, without the teacher,
    as a shop would do with its own. With `alone`, another run trains on that source only, without the teacher.

    Every run has the picture sizes of `recipe`. Its `views` are ignored, because the runs have different photos. The
    teacher's readers (`train.reader`) are not asked: they would leak the labels of a source into runs without that
    source. A killed run resumes, a finished one is only evaluated. Raises UsageError for an unknown source.
    """
    pictures, test = load_train(data), load_test(data)
    learning, validation = validation_split(pictures)
    if alone is not None:
        select_sources(pictures, [alone])
    validation_data, pictures = pictures[validation], pictures[learning]
    recipe = recipe.model_copy(update={"opinion_share": 0.0, "hidden_weight": 0.0, "views": None})
    asked = prepared_teacher(teacher, pictures, recipe, torch.device("cpu")) if teacher else None
    runs = []
    for run in _runs(pictures, recipe, asked, alone):
        model, known, length, earlier = make_model(run.recipe.loss), run.rows, photos, NO_PHOTOS
        if run.after:
            load_average(_folder(out, run.after.name) / LAST, model)
            earlier = TrainedPhotos.of(pictures[run.after.rows])
            known, length = run.rows | run.after.rows, int(photos * OWN_SHARE)
        batch = BASELINE_BATCH if run.recipe.loss == "squares" else STUDY_BATCH
        model = train_model(
            model,
            pictures[run.rows],
            validation_data,
            batch,
            epochs=1,
            steps_per_epoch=max(1, length // batch),
            validation_steps=1,
            recipe=run.recipe,
            teacher=run.teacher,
            run_dir=_folder(out, run.name),
            earlier_photos=earlier,
        )
        ages = predicted_ages(stage_predictor(model, run.recipe.stages[-1]), test)
        sources = tuple(str(source) for source in np.unique(pictures.sources[known]))
        runs.append(StudyRun(name=run.name, sources=sources, errors=errors_by_source(ages, test)))
    return Study(photos=photos, taught=teacher is not None, own_photos=OWN_PHOTOS, runs=tuple(runs))


def write_study(found: Study, folder: Path) -> Path:
    """Write study.json into `folder`; returns its path."""
    file = folder / "study.json"
    file.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return file


def read_study(file: Path | None) -> Study | None:
    """Read the file of `write_study`; None without a file. Raises UsageError, one line, for anything else."""
    if file is None:
        return None
    try:
        return read_json(file, Study)
    except OSError as problem:
        raise UsageError(f"cannot read the study {file}: {problem.strerror}") from None
    except ValueError:
        raise UsageError(f"{file} is not a study.json of edge-train study") from None


@dataclass(frozen=True)
class _Run:
    """rows: bool (N,), the photos to train on. after: the run whose final weights this run starts from."""

    name: str
    rows: NDArray[np.bool_]
    recipe: Recipe
    teacher: Teacher | None = None
    after: _Run | None = None


def _runs(pictures: Pictures, recipe: Recipe, teacher: Teacher | None, alone: str | None) -> Iterator[_Run]:
    all_rows = np.ones(len(pictures), bool)
    yield _Run("all sources", all_rows, recipe, teacher)
    baseline, own = (
        read_recipe(Path(name)).model_copy(update={"stages": recipe.stages}) for name in ("baseline", "own")
    )
    yield _Run("baseline recipe", all_rows, baseline)
    sources = np.unique(pictures.sources)
    for source in sources if len(sources) > 1 else ():
        without = _Run(f"without {source}", pictures.sources != source, recipe, teacher)
        yield without
        few = _few(pictures.sources == source)
        yield _Run(f"without {source}, then {source}", few, own, after=without)
    if alone is not None:
        yield _Run(f"{alone} alone", pictures.sources == alone, recipe)


def _few(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """At most OWN_PHOTOS of the rows, drawn at random, always the same."""
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(rows))[:OWN_PHOTOS]
    return np.isin(np.arange(len(rows)), chosen)


def _folder(out: Path, name: str) -> Path:
    return out / name.replace(",", "").replace(" ", "-")
