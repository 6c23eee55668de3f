"""Distillation targets: what a face-recognition network, the teacher, outputs for every training photo."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from tqdm import tqdm

from edge.ages.bundle import sha256_of
from edge.errors import UsageError
from edge.vision.crop import align
from train.index import CACHE, fingerprint
from train.pack import read_picture
from train.pictures import Pictures
from train.pseudo_labels import pseudo_labels

_MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)
_TEACHER_BATCH = 32

MAPS = ("/features/features.35/Clip_output_0", "/features/features.53/Clip_output_0")
"""Feature maps of the only known teacher, a MobileNet (Howard et al. 2017): (512, 14, 14) and (1024, 7, 7), values
within 0..6. From other teachers only the embedding is used."""

MAP_STEP = 6 / 255
"""Activation per unit of a stored uint8 map."""


@dataclass(frozen=True)
class StoredMaps:
    """A teacher's feature map of every photo and its mirror image, in a file that is read row by row."""

    file: Path
    photos: NDArray[np.intp]
    """Row in the file of each photo."""
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def rows(self, rows: NDArray[np.integer], mirrored: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """uint8 (B, side, side, channels); multiply by `MAP_STEP` for the activation."""
        return np.stack(
            [_opened(self.file)[row, int(side)] for row, side in zip(self.photos[rows], mirrored, strict=True)]
        )

    @property
    def channels(self) -> int:
        return len(self.mean)


@lru_cache
def _opened(file: Path) -> NDArray[np.uint8]:
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


@dataclass(frozen=True, eq=False)
class DistillationTargets:
    """A teacher's outputs, one row per photo.

    embeddings: float32 (N, 2, 1024), of the face and of its mirror image
    age_probs:  float32 (N, 101), pseudo-labels predicted from the embedding, see `train.pseudo_labels`
    maps:       feature maps, largest first; may be empty
    """

    embeddings: NDArray[np.float32]
    age_probs: NDArray[np.float32]
    maps: tuple[StoredMaps, ...] = ()

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> DistillationTargets:
        maps = tuple(replace(stored, photos=stored.photos[rows]) for stored in self.maps)
        return DistillationTargets(self.embeddings[rows], self.age_probs[rows], maps)


def distillation_targets(teacher: Path, pictures: Pictures, cache_dir: Path = CACHE) -> DistillationTargets:
    """Run the teacher once over the aligned photos; the result is cached, about 300 kB a photo.

    teacher: ONNX model with input float32 (N, 3, 224, 224), BGR minus the means above, and output `emb` (N, 1024).
    Raises UsageError for any other file.
    """
    if not teacher.is_file():
        raise UsageError(f"no teacher model at {teacher}: give an ONNX file, or leave --teacher out")
    folder = cache_dir / f"teacher-{sha256_of(teacher)[:12]}-{fingerprint(pictures)}"
    if not folder.exists():
        session, maps = _session(teacher)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _run_teacher(session, maps, pictures, partial)
        partial.rename(folder)
    embeddings = np.load(folder / "embeddings.npy", allow_pickle=False)
    ages = folder / "ages.npy"
    if not ages.exists():
        np.save(ages, pseudo_labels(embeddings[:, 0], pictures.ages))
    stored = []
    for file in sorted(folder.glob("map*.npy")):
        sample = _opened(file)[:: max(1, len(pictures) // 512), 0].astype(np.float32) * MAP_STEP
        all_rows = np.arange(len(pictures))
        stored.append(StoredMaps(file.absolute(), all_rows, sample.mean((0, 1, 2)), sample.std((0, 1, 2)) + 1e-2))
    return DistillationTargets(embeddings, np.load(ages, allow_pickle=False), tuple(stored))


def _run_teacher(session: onnxruntime.InferenceSession, maps: list[str], pictures: Pictures, folder: Path) -> None:
    """Write the teacher's outputs into a folder."""
    name = session.get_inputs()[0].name
    count = len(pictures)
    embeddings = np.empty((count, 2, 1024), np.float32)
    files: list[NDArray[np.uint8]] = []
    for start in tqdm(range(0, count, _TEACHER_BATCH), desc="running the teacher", unit="batch", mininterval=1):
        rows = range(start, min(start + _TEACHER_BATCH, count))
        crops = np.stack([align(read_picture(pictures.paths[row]), pictures.keypoints[row])[..., ::-1] for row in rows])
        for side, images in enumerate((crops, crops[:, :, ::-1])):
            inputs = (images.astype(np.float32) - _MEAN_BGR).transpose(0, 3, 1, 2)
            embedding, *activations = session.run(["emb", *maps], {name: np.ascontiguousarray(inputs)})
            embeddings[start : start + len(rows), side] = embedding
            for number, activation in enumerate(activations):
                counts = (np.asarray(activation).transpose(0, 2, 3, 1) / MAP_STEP).round().clip(0, 255)
                if number == len(files):
                    shape = (count, 2, *counts.shape[1:])
                    files.append(np.lib.format.open_memmap(folder / f"map{number}.npy", "w+", np.uint8, shape))
                files[number][start : start + len(rows), side] = counts
    np.save(folder / "embeddings.npy", embeddings)


def _session(teacher: Path) -> tuple[onnxruntime.InferenceSession, list[str]]:
    """The loaded teacher, and those of `MAPS` that it has."""
    try:
        graph = onnx.load(teacher)
        inside = {output for node in graph.graph.node for output in node.output}
        maps = [name for name in MAPS if name in inside]
        graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
                                  for name in maps)  # fmt: skip
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception:  # the errors of onnx and of ONNX Runtime share no base class but Exception
        raise UsageError(f"{teacher} is not an ONNX model that ONNX Runtime can load") from None
    if "emb" not in {output.name for output in session.get_outputs()}:
        raise UsageError(f"{teacher} has no output `emb`: it cannot be used as a teacher")
    return session, maps
