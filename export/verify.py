"""Compare the predictions of a bundle's files with those of the network they were exported from, on real faces."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.ages import AgeModel
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, Bundle
from edge.ages.calibration import calibrated
from edge.ages.choice import CPU_BACKENDS, GPU_BACKENDS, load
from edge.decision.fusion import mean_ages
from edge.decision.policy import asks
from edge.errors import RunError, UsageError
from edge.progress import ProgressBar
from edge.settings.config import default_cache_dir
from edge.settings.sections import AgeSettings, BackendName
from train.batches import crops_of
from train.card.candidates import predictor
from train.card.measures import Fact, signed_years_outside
from train.evaluate import Predict
from train.pictures import Pictures
from train.start import load_network
from train.thresholds import default_limit

MAX_MEAN_CHANGE_YEARS = {GPU_MODEL: 0.05, CPU_MODEL: 0.3}
"""Limit for the mean change of a predicted age, by file."""

MAX_ERROR_CHANGE_YEARS = {GPU_MODEL: 0.02, CPU_MODEL: 0.05}
"""Limit for the change of the mean error in either direction, by file."""

_PARITY_BATCH = 16


class Parity(Fact):
    """A file of the bundle on one backend, compared with the network. mean_years, worst_years: mean and largest change
    of a predicted age. error_years: change of the mean error. flips: number of photos on the other side of the
    limit, None if the bundle has none. faces_per_second: in this comparison."""

    backend: BackendName
    what: str
    file: str
    mean_years: float
    worst_years: float
    error_years: float
    flips: int | None
    faces_per_second: float


class Verification(Fact):
    """The result of a comparison. reference: the network. max_p_under_18: the limit that
    decisions are compared at. absent: backends that this machine lacks, and why. failed:
    reasons not to ship the bundle; empty if it passed."""

    reference: str
    photos: int
    max_p_under_18: float | None
    faces_per_second: float
    parities: tuple[Parity, ...]
    absent: dict[BackendName, str]
    failed: tuple[str, ...]


def verify(folder: Path, pictures: Pictures, checkpoint: Path | None = None) -> Verification:
    """Compare every file of a bundle, on every backend of this machine, with the network in PyTorch, float32.

    pictures: photos with a face that were not trained on. checkpoint: the network; without it, the network gets the
    weights of the half-precision file, and the effect of rounding them is not measured. Raises UsageError for an
    invalid bundle or checkpoint.
    """
    bundle = Bundle(folder)
    network, _ = load_network(checkpoint or folder)
    models, absent, failed = _backends(bundle)
    reference, probs, seconds = _predictions(predictor(network), models, pictures)
    temperature = bundle.manifest.temperature
    reference = calibrated(reference, temperature)
    reference_ages = mean_ages(reference)
    limit = default_limit(bundle.manifest.thresholds)
    error = np.abs(signed_years_outside(reference_ages, pictures.ages)).mean()
    parities = []
    for name, (file, model) in models.items():
        predicted = calibrated(probs[name], temperature)
        ages = mean_ages(predicted)
        changes = np.abs(ages - reference_ages)
        parities.append(
            Parity(
                backend=name,
                what=model.backend,
                file=file,
                mean_years=round(float(changes.mean()), 4),
                worst_years=round(float(changes.max()), 4),
                error_years=round(float(np.abs(signed_years_outside(ages, pictures.ages)).mean() - error), 4),
                flips=int((asks(reference, limit) != asks(predicted, limit)).sum()) if limit else None,
                faces_per_second=round(len(pictures) / seconds[name], 1),
            )
        )
    weights = checkpoint.name if checkpoint and checkpoint.is_file() else GPU_MODEL
    return Verification(
        reference=f"PyTorch, float32, weights of {weights}",
        photos=len(pictures),
        max_p_under_18=limit.max_p_under_legal if limit else None,
        faces_per_second=round(len(pictures) / seconds[None], 1),
        parities=tuple(parities),
        absent=absent,
        failed=(*failed, *_failures(parities)),
    )


def _backends(
    bundle: Bundle,
) -> tuple[dict[BackendName, tuple[str, AgeModel]], dict[BackendName, str], list[str]]:
    """The backends of this machine with their models, the reasons why others are absent, and the failed ones."""
    models: dict[BackendName, tuple[str, AgeModel]] = {}
    absent: dict[BackendName, str] = {}
    failed: list[str] = []
    for name in (*GPU_BACKENDS, *CPU_BACKENDS):
        try:
            model = load(name, bundle, AgeSettings(backend=name), default_cache_dir())
            models[name] = (CPU_MODEL if name == "cpu" else GPU_MODEL), model
        except UsageError as problem:
            absent[name] = str(problem)
        except RunError as problem:
            failed.append(f"{name}: {problem}")
    return models, absent, failed


def _predictions(
    reference: Predict, models: dict[BackendName, tuple[str, AgeModel]], pictures: Pictures
) -> tuple[NDArray[np.float32], dict[BackendName, NDArray[np.float32]], dict[BackendName | None, float]]:
    """Age probabilities of the reference, and of every model; and the seconds each took, None is the reference."""
    predictors: dict[BackendName | None, Predict] = {None: reference}
    predictors |= {name: model.predict for name, (_, model) in models.items()}
    probs_by_model: dict[BackendName | None, list[NDArray[np.float32]]] = {name: [] for name in predictors}
    seconds = dict.fromkeys(predictors, 0.0)
    for start in ProgressBar(range(0, len(pictures), _PARITY_BATCH), "comparing"):
        crops = crops_of(pictures[np.arange(start, min(start + _PARITY_BATCH, len(pictures)))])
        for name, predict in predictors.items():
            start_s = time.perf_counter()
            probs_by_model[name].append(predict(crops))
            seconds[name] += time.perf_counter() - start_s
    probs = {name: np.concatenate(probs_by_model[name]) for name in models}
    return np.concatenate(probs_by_model[None]), probs, seconds


def _failures(parities: list[Parity]) -> list[str]:
    """A line for every limit that is exceeded."""
    failed = []
    for parity in parities:
        where = f"{parity.file} on {parity.backend}"
        if parity.mean_years > (limit := MAX_MEAN_CHANGE_YEARS[parity.file]):
            failed.append(f"{where} changes ages by {parity.mean_years:.3f} years on average, more than {limit}")
        if abs(parity.error_years) > (limit := MAX_ERROR_CHANGE_YEARS[parity.file]):
            failed.append(f"{where} changes the mean error by {parity.error_years:+.3f} years, more than {limit}")
    speeds = {parity.backend: parity.faces_per_second for parity in parities}
    if "cpu" in speeds and speeds["cpu"] <= speeds.get("cpu-half", 0):
        failed.append(f"{CPU_MODEL} is not faster than {GPU_MODEL} on this CPU: {speeds['cpu']} faces/s")
    return failed
