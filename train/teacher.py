"""What a face-recognition network sees on every training photo: a second opinion that teaches ours (distillation)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tqdm import tqdm

from edge.ages.bundle import sha256_of
from edge.crop import align
from edge.errors import UsageError
from edge.faces import AGES
from train.index import CACHE, cached, fingerprint
from train.pictures import Pictures

_MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Lessons:
    """A teacher's outputs, one row per photo.

    embeddings: float32 (N, 1024), what it knows of the face
    age_probs:  float32 (N, 101), how old it thinks the person is
    """

    embeddings: NDArray[np.float32]
    age_probs: NDArray[np.float32]


def learn_from(model: Path, pictures: Pictures, cache_dir: Path = CACHE) -> Lessons:
    """Run the teacher over the aligned photos, once; the result is cached.

    model: ONNX with input float32 (N, 3, 224, 224), BGR less the means above, and outputs `emb` (N, 1024) and
    `age100` (N, 100). Raises UsageError for a file that is not such a model.
    """
    if not model.is_file():
        raise UsageError(f"no teacher model at {model}: give an ONNX file, or leave --teacher out")

    def look() -> dict[str, NDArray[np.float32]]:
        try:
            session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        except Exception:  # ONNX Runtime's errors share no base class but Exception
            raise UsageError(f"{model} is no ONNX model that ONNX Runtime can load") from None
        if {"emb", "age100"} - {output.name for output in session.get_outputs()}:
            raise UsageError(f"{model} has no outputs `emb` and `age100`: it cannot teach this model")
        name = session.get_inputs()[0].name
        embeddings, ages = [], []
        for start in tqdm(range(0, len(pictures), _BATCH), desc="asking the teacher", unit="batch", mininterval=1):
            rows = range(start, min(start + _BATCH, len(pictures)))
            crops = [align(_read(pictures.paths[row]), pictures.keypoints[row])[..., ::-1] for row in rows]
            inputs = (np.stack(crops).astype(np.float32) - _MEAN_BGR).transpose(0, 3, 1, 2)
            embedding, age = session.run(["emb", "age100"], {name: np.ascontiguousarray(inputs)})
            embeddings.append(np.asarray(embedding))
            ages.append(np.asarray(age))
        probs = np.zeros((len(pictures), AGES), np.float32)
        probs[:, :100] = np.concatenate(ages)
        return {"embeddings": np.concatenate(embeddings), "age_probs": probs}

    name = f"teacher-{sha256_of(model)[:12]}-{fingerprint(pictures)}.npz"
    return Lessons(**cached(cache_dir / name, look))


def _read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path)), np.uint8)
