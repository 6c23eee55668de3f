"""Make a bundle from a checkpoint: export, quantise, calibrate, measure, verify."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edge.ages import self_test
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, MANIFEST, Manifest, Source, sha256_of
from edge.ages.calibration import calibrated
from edge.ages.onnx import OnnxAgeModel
from edge.decision.fusion import mean_ages
from edge.errors import RunError, UsageError
from edge.vision.crop import CROP_CONTRACT
from export.card import print_verdict, write_verdict
from export.onnx import write_onnx
from export.quantize import calibration_faces, write_int8
from export.verify import verify
from train.card.candidates import calibrate
from train.card.names import OWN_USE, RESEARCH_USE
from train.card.views import plain_crop, predict_through
from train.data import require_photos, split, validation_split
from train.evaluate import scores_by_source
from train.pictures import Pictures
from train.start import load_network
from train.trained import require_unseen, trained_by, write_trained
from train.unseen import unseen_photos

TERMS = {
    "faces": "ChaLearn LAP, APPA-REAL: research only",
    "bands": "FairFace (K. Karkkainen and J. Joo, WACV 2021): CC BY 4.0",
    "chips": "UTKFace: non-commercial research only",
    "teacher_faceid_mobilenet.onnx": "a face-recognition network that it was taught by: research only",
}
"""Terms of the known sources and teachers; others are listed as the user's own."""


def write_bundle(checkpoint: Path, data: Path, out: Path, name: str) -> Manifest:
    """Make the bundle `out` from a checkpoint, or from the weights of another bundle, measured on the test photos of
    `data`. The same checkpoint, photos and package versions give the same bytes.

    The folder is written atomically; an older bundle there is replaced. Raises RunError, and writes nothing, if a
    file's predictions differ too much from the network's (`export.verify`), and UsageError if the model was trained on
    validation or test photos.
    """
    require_photos(data)
    model, facts = load_network(checkpoint)
    if facts["crop_contract"] != CROP_CONTRACT:
        raise UsageError(
            f"{checkpoint} was trained on crops of contract {facts['crop_contract']!r}, this version makes "
            f"{CROP_CONTRACT!r}: train it again"
        )
    all_train_data, test_data = split(data)
    train_data, trained = all_train_data[validation_split(all_train_data)[0]], trained_by(checkpoint)
    unseen = unseen_photos(checkpoint, trained, all_train_data)
    require_unseen(checkpoint, trained, test_data, "test")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        made = Path(folder) / "bundle"
        made.mkdir()
        write_onnx(model, made / GPU_MODEL, half=True)
        write_onnx(model, Path(folder) / "float.onnx")
        write_int8(Path(folder) / "float.onnx", calibration_faces(train_data), made / CPU_MODEL)
        predict = OnnxAgeModel(made / CPU_MODEL).predict
        temperature, measured = calibrate(predict, unseen)
        ages = mean_ages(
            calibrated(predict_through(predict, test_data, plain_crop, "test photos").age_probs, temperature)
        )
        sources = _sources(facts, train_data)
        files = [made / CPU_MODEL, made / GPU_MODEL, *([write_trained(trained, made)] if trained else [])]
        manifest = Manifest(
            name=name,
            version=version("edge-agent"),
            files={file.name: sha256_of(file) for file in files},
            crop_contract=CROP_CONTRACT,
            decode="expectation over 0..100",
            use=RESEARCH_USE if any("research" in source.terms for source in sources) else OWN_USE,
            sources=sources,
            test_error_years={
                source: score.mean_error_years for source, score in scores_by_source(test_data, ages).items()
            },
            temperature=temperature,
            thresholds=measured,
            self_test={file: self_test.mean_ages(OnnxAgeModel(made / file)) for file in (CPU_MODEL, GPU_MODEL)},
            made_with={package: version(package) for package in ("torch", "torchvision", "onnx", "onnxruntime")},
        )
        (made / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        verdict = verify(made, test_data, checkpoint)
        print_verdict(verdict)
        if verdict.failed:
            raise RunError("; ".join(verdict.failed))
        write_verdict(verdict, made)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    print(manifest.model_dump_json(indent=2))
    return manifest


def _sources(facts: dict[str, Any], train_data: Pictures) -> tuple[Source, ...]:
    """The sources that a checkpoint was trained on; for an older checkpoint that does not name them, all sources."""
    names, counts = np.unique(train_data.sources, return_counts=True)
    photos: dict[str, int] = facts.get("sources") or dict(zip(names.tolist(), counts.tolist(), strict=True))
    return tuple(
        Source(name=name, pictures=count, terms=TERMS.get(name, "the user's own"))
        for name, count in sorted(photos.items())
    )
