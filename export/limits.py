"""Measure the limits of a bundle again, on other photos or with the rules of a newer version."""

from __future__ import annotations

from pathlib import Path

from edge.ages.bundle import MANIFEST, Bundle, Manifest
from edge.ages.calibration import calibrated
from edge.ages.onnx import OnnxAgeModel
from edge.errors import RunError
from train.card.gate import passes_gate
from train.card.views import plain_crop, predict_through
from train.data import load_train
from train.thresholds import thresholds
from train.trained import trained_by
from train.unseen import unseen_photos


def measure_limits(folder: Path, data: Path) -> Manifest:
    """Replace the thresholds in the manifest of the bundle `folder` by those of the photos of `data` that it was not
    trained on (`train.unseen`) and that pass the lane's quality gate. The model files and their calibration stay.

    Raises UsageError for an invalid bundle and for validation photos that it was trained on, and RunError when no photo
    is left to measure with.
    """
    bundle = Bundle(folder)
    photos = unseen_photos(folder, trained_by(folder), load_train(data)).for_limits
    photos = photos[passes_gate(photos)]
    if not len(photos):
        raise RunError(f"{data} has no photo that sets limits and passes the quality gate: give more photos")
    predict = OnnxAgeModel(bundle.cpu_model).predict
    probs = calibrated(
        predict_through(predict, photos, plain_crop, "photos for limits").age_probs, bundle.manifest.temperature
    )
    manifest = bundle.manifest.model_copy(update={"thresholds": thresholds(probs, photos.ages, photos.sources)})
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest
