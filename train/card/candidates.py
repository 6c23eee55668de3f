"""The models that can be evaluated: a checkpoint of a run, or a bundle as a lane loads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from edge.ages.bundle import Bundle, Threshold
from edge.ages.calibration import calibrated
from edge.ages.onnx import OnnxAgeModel
from train.calibration import fitted_temperature
from train.card.gate import passes_gate
from train.card.views import plain_crop, predict_through
from train.checkpoint import load_model
from train.evaluate import Predict
from train.pictures import Pictures
from train.thresholds import thresholds
from train.trained import TrainedPhotos, require_unseen, trained_by
from train.unseen import UnseenPhotos, unseen_photos


@dataclass(frozen=True)
class Candidate:
    """A model to evaluate. use: what it may be used for. trained_on: sources and their numbers of photos. predict: the
    model before calibration. temperature: its calibration. trained: the photos it was trained on, None if unknown.
    unseen: the photos that set its limits."""

    name: str
    use: str
    trained_on: dict[str, int]
    predict: Predict
    temperature: float
    thresholds: tuple[Threshold, ...]
    trained: TrainedPhotos | None
    unseen: UnseenPhotos


def load_candidate(path: Path, train_data: Pictures, test: Pictures) -> Candidate:
    """The model at `path`: a bundle's folder, with its own calibration and thresholds, or a checkpoint, whose
    calibration and thresholds are measured on photos of `train_data` that it was not trained on. Raises UsageError for
    anything else, and for validation and test photos that it was trained on."""
    trained = trained_by(path)
    unseen = unseen_photos(path, trained, train_data)
    require_unseen(path, trained, test, "test")
    if path.is_dir():
        bundle = Bundle(path)
        manifest = bundle.manifest
        age_model = OnnxAgeModel(bundle.cpu_model)
        trained_on = {source.name: source.pictures for source in manifest.sources}
        return Candidate(
            manifest.name, manifest.use, trained_on, age_model.predict, manifest.temperature, manifest.thresholds,
            trained, unseen,
        )  # fmt: skip
    model, facts = load_model(path)
    predict = predictor(model)
    name = f"{path.parent.name}/{path.name}"
    return Candidate(name, "", facts.get("sources", {}), predict, *calibrate(predict, unseen), trained, unseen)


def calibrate(predict: Predict, unseen: UnseenPhotos) -> tuple[float, tuple[Threshold, ...]]:
    """The temperature of a model, and its thresholds for faces that pass the quality gate, measured on photos that it
    was not trained on. Without validation photos: 1 and no thresholds."""
    if not len(unseen.validation):
        return 1.0, ()
    photos = unseen.for_limits
    probs = predict_through(predict, photos, plain_crop, "calibration").age_probs
    validation = len(unseen.validation)
    temperature = fitted_temperature(probs[:validation], photos.ages[:validation])
    passed = passes_gate(photos)
    judged = photos[passed]
    return temperature, thresholds(calibrated(probs[passed], temperature), judged.ages, judged.sources)


def predictor(model: torch.nn.Module) -> Predict:
    """A PyTorch model as a function from crops to age probabilities."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model.to(device).eval()

    @torch.inference_mode()
    def predict(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(model(torch.from_numpy(crops).to(device)).float().cpu())

    return predict
