"""Which photos a model was trained on: none of them may calibrate it, set its limits or evaluate it.

The list travels with the weights, in a checkpoint and in a bundle, to every run that starts from them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from edge.ages.bundle import Bundle
from edge.errors import UsageError
from train.pictures import Pictures

BUNDLE_FILE = "trained.safetensors"
"""The list in a bundle."""

TENSOR, COMPLETE = "trained.photos", "all_photos_listed"
"""The names of the list and of its fact in a checkpoint, and in the file of a bundle."""


@dataclass(frozen=True, eq=False)
class TrainedPhotos:
    """The photos that a run and the runs before it trained on.

    digests: uint64 (N,), sorted, of `photo_digests`. complete: False if the first weights came without a list.
    """

    digests: NDArray[np.uint64]
    complete: bool = True

    @classmethod
    def of(cls, pictures: Pictures) -> TrainedPhotos:
        """These photos."""
        digests = np.unique(photo_digests(pictures))
        return cls(digests[digests != 0])

    def joined(self, other: TrainedPhotos) -> TrainedPhotos:
        """The photos of both."""
        return TrainedPhotos(np.union1d(self.digests, other.digests), self.complete and other.complete)

    def among(self, pictures: Pictures) -> NDArray[np.bool_]:
        """bool (N,): which pictures were trained on."""
        return np.isin(photo_digests(pictures), self.digests)


NO_PHOTOS = TrainedPhotos(np.empty(0, np.uint64))
"""The photos of random weights."""

UNKNOWN_PHOTOS = TrainedPhotos(np.empty(0, np.uint64), complete=False)
"""The photos of weights without a list."""


def photo_digests(pictures: Pictures) -> NDArray[np.uint64]:
    """uint64 (N,): 8 bytes of the sha256 of the perceptual hash of every whole photo; 0 where the hash is unknown.

    The same photo in another folder, under another name or in a pack has the same digest. No picture can be made from
    it.
    """
    digests = [hashlib.sha256(code.tobytes()).digest()[:8] for code in pictures.picture_hashes]
    known = pictures.picture_hashes.any(axis=1)
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64) * known


def trained_by(path: Path) -> TrainedPhotos | None:
    """The photos that a checkpoint, or a bundle's folder, was trained on; None if it has no list.

    Raises UsageError if it is missing or damaged.
    """
    if path.is_dir():
        bundle = Bundle(path)
        if BUNDLE_FILE not in bundle.manifest.files:
            return None
        path = path / BUNDLE_FILE
    if not path.is_file():
        raise UsageError(f"no checkpoint at {path}: train one with edge-train fit")
    try:
        with safe_open(path, "np") as tensors:
            if TENSOR not in tensors.keys():  # noqa: SIM118
                return None
            facts = json.loads((tensors.metadata() or {})["facts"])
            return TrainedPhotos(tensors.get_tensor(TENSOR).view(np.uint64), bool(facts[COMPLETE]))
    except (SafetensorError, KeyError, ValueError, RecursionError):
        raise UsageError(f"{path} is not a checkpoint of edge-train, or it is damaged") from None


def write_trained(trained: TrainedPhotos, folder: Path) -> Path:
    """Write the list into the folder of a bundle; returns its file."""
    file = folder / BUNDLE_FILE
    save_file({TENSOR: trained.digests.view(np.int64)}, file, {"facts": json.dumps({COMPLETE: trained.complete})})
    return file


def require_unseen(model: Path, trained: TrainedPhotos | None, pictures: Pictures, purpose: str) -> None:
    """Raises UsageError if any picture was trained on. model: named in the message. trained: None if the model has no
    list, then nothing can be checked. purpose: what the pictures are for, such as "test"."""
    seen = np.zeros(len(pictures), bool) if trained is None else trained.among(pictures)
    if seen.any():
        raise UsageError(
            f"{model} was trained on {seen.sum()} of the {len(pictures)} {purpose} photos, such as "
            f"{pictures.paths[seen][0].name}: give photos that it was not trained on, or the photos with the "
            "official_val.csv that they had then"
        )
