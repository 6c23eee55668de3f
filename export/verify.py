"""Do the files of a bundle say what the network said that they were made from? On real faces, all in one run."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.ages import AgeModel
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, Bundle
from edge.ages.calibration import calibrated
from edge.ages.choice import CPU_BACKENDS, GPU_BACKENDS, load
from edge.errors import RunError, UsageError
from edge.settings.config import default_cache_dir
from edge.settings.sections import AgeSettings, BackendName
from train.batches import crops_of
from train.card.candidates import predictor
from train.card.measures import Fact, beyond, mean_ages
from train.evaluate import Predict
from train.pictures import Pictures
from train.start import load_network

MEAN_YEARS = {GPU_MODEL: 0.05, CPU_MODEL: 0.3}
"""By how much a file may move the ages of faces, on average."""

ERROR_YEARS = {GPU_MODEL: 0.02, CPU_MODEL: 0.05}
"""By how much it may change the mean error, in either direction."""

_BATCH = 16


class Parity(Fact):
    """A file of the bundle on one backend, beside the network. mean_years and worst_years: how far it moves an age;
    error_years: how much larger its mean error is; flips: photos on the other side of the challenge age, None where
    the bundle promises none; faces_per_second: in this run, on these photos."""

    backend: BackendName
    what: str
    file: str
    mean_years: float
    worst_years: float
    worst_photo: str
    error_years: float
    flips: int | None
    faces_per_second: float


class Verification(Fact):
    """What was compared. absent: backends that are not to be had here, and why. failed: what must not be shipped."""

    reference: str
    photos: int
    challenge_age: int | None
    faces_per_second: float
    parities: tuple[Parity, ...]
    absent: dict[BackendName, str]
    failed: tuple[str, ...]


def verify(folder: Path, pictures: Pictures, checkpoint: Path | None = None) -> Verification:
    """Compare every file of a bundle, on every backend that this machine has, with the network in PyTorch, float32.

    pictures: photos with a face, kept out of training. checkpoint: where the network is; without it, its weights are
    those of the half-precision file, and what rounding them did is not seen. Raises UsageError for what is no bundle
    or checkpoint.
    """
    bundle = Bundle(folder)
    network, _ = load_network(checkpoint or folder)
    models, absent, failed = _backends(bundle)
    reference, probs, seconds = _answers(predictor(network), models, pictures)
    temperature = bundle.manifest.temperature
    truth = mean_ages(calibrated(reference, temperature))
    challenge_age = bundle.manifest.thresholds[-1].challenge_age if bundle.manifest.thresholds else None
    error = np.abs(beyond(truth, pictures.ages)).mean()
    parities = []
    for name, (file, model) in models.items():
        ages = mean_ages(calibrated(probs[name], temperature))
        moved = np.abs(ages - truth)
        parities.append(
            Parity(
                backend=name,
                what=model.backend,
                file=file,
                mean_years=round(float(moved.mean()), 4),
                worst_years=round(float(moved.max()), 4),
                worst_photo=_name(pictures, int(moved.argmax())),
                error_years=round(float(np.abs(beyond(ages, pictures.ages)).mean() - error), 4),
                flips=_flips(truth, ages, challenge_age),
                faces_per_second=round(len(pictures) / seconds[name], 1),
            )
        )
    weights = checkpoint.name if checkpoint and checkpoint.is_file() else GPU_MODEL
    return Verification(
        reference=f"PyTorch, float32, weights of {weights}",
        photos=len(pictures),
        challenge_age=challenge_age,
        faces_per_second=round(len(pictures) / seconds[None], 1),
        parities=tuple(parities),
        absent=absent,
        failed=(*failed, *_failures(parities)),
    )


def _backends(
    bundle: Bundle,
) -> tuple[dict[BackendName, tuple[str, AgeModel]], dict[BackendName, str], list[str]]:
    """Every backend that this machine has; why the others are absent; and those that are here and do not work."""
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


def _answers(
    reference: Predict, models: dict[BackendName, tuple[str, AgeModel]], pictures: Pictures
) -> tuple[NDArray[np.float32], dict[BackendName, NDArray[np.float32]], dict[BackendName | None, float]]:
    """What each says of every photo, and how many seconds it took; None stands for the reference."""
    askers: dict[BackendName | None, Predict] = {None: reference}
    askers |= {name: model.predict for name, (_, model) in models.items()}
    answers: dict[BackendName | None, list[NDArray[np.float32]]] = {name: [] for name in askers}
    seconds = dict.fromkeys(askers, 0.0)
    for start in tqdm(range(0, len(pictures), _BATCH), desc="comparing", unit="batch", mininterval=1):
        crops = crops_of(pictures[np.arange(start, min(start + _BATCH, len(pictures)))])
        for name, ask in askers.items():
            begun_s = time.perf_counter()
            answers[name].append(ask(crops))
            seconds[name] += time.perf_counter() - begun_s
    joined = {name: np.concatenate(parts) for name, parts in answers.items()}
    return joined.pop(None), joined, seconds


def _flips(truth: NDArray[np.floating], ages: NDArray[np.floating], challenge_age: int | None) -> int | None:
    if challenge_age is None:
        return None
    return int(((truth >= challenge_age) != (ages >= challenge_age)).sum())


def _failures(parities: list[Parity]) -> list[str]:
    """What the figures must be, and are not."""
    failed = []
    for one in parities:
        if one.mean_years > (most := MEAN_YEARS[one.file]):
            failed.append(f"{one.file} on {one.backend} moves ages by {one.mean_years:.3f} years, more than {most}")
        if abs(one.error_years) > (most := ERROR_YEARS[one.file]):
            failed.append(f"{one.file} on {one.backend} changes the error by {one.error_years:+.3f} years, over {most}")
    speeds = {one.backend: one.faces_per_second for one in parities}
    if "cpu" in speeds and speeds["cpu"] <= speeds.get("cpu-half", 0):
        failed.append(f"{CPU_MODEL} is no faster than {GPU_MODEL} on this CPU: {speeds['cpu']} faces/s")
    return failed


def _name(pictures: Pictures, row: int) -> str:
    return f"{pictures.sources[row]}/{pictures.paths[row].name}"
