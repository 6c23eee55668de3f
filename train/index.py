"""Find the face on every photo once: keypoints and perceptual hashes are cached in a file, pictures are not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.ages.bundle import sha256_of
from edge.errors import UsageError
from edge.progress import ProgressBar
from edge.vision.contained import map_contained
from edge.vision.crop import CROP_CONTRACT, CROP_PX, align
from edge.vision.faces import Faces
from edge.vision.photos import PHOTO_READING, UnusablePhotoError, read_photo
from edge.vision.stills import StillFaceFinder
from train.pack import PackedPhoto
from train.pictures import HASH_WORDS, Pictures

CACHE = Path(".cache/train")

_LARGE_FACE_SHARE = 0.25
"""A face with at least this share of the largest face's area, which is half its width, also counts as large."""

_FACE_CHOICE_RULE = "middle"
"""Name of the rule that chooses the face; part of the fingerprint, so that results of another rule are not reused."""

_Found = tuple[NDArray[np.float32], NDArray[np.uint64], NDArray[np.uint64]]
"""Keypoints, hash of the face, hash of the photo."""
_NOTHING_FOUND: _Found = (
    np.full((4, 2), np.nan, np.float32), np.zeros(HASH_WORDS, np.uint64), np.zeros(HASH_WORDS, np.uint64)
)  # fmt: skip
"""For a photo that cannot be used."""


def find_faces(pictures: Pictures, cache_dir: Path = CACHE) -> Pictures:
    """Fill in keypoints and hashes of the labelled face, with the product's own detector and `align`.

    The result is cached by the names and contents of the photos. Photos that cannot be read or show no face keep NaN
    keypoints.
    """

    def find() -> dict[str, Any]:
        jobs = map_contained(_find_face, pictures.paths, _NOTHING_FOUND)
        rows = list(ProgressBar(jobs, "finding faces", len(pictures)))
        return {
            "keypoints": np.array([keypoints for keypoints, _, _ in rows], np.float32).reshape(-1, 4, 2),
            "hashes": np.array([code for _, code, _ in rows], np.uint64).reshape(-1, HASH_WORDS),
            "picture_hashes": np.array([code for _, _, code in rows], np.uint64).reshape(-1, HASH_WORDS),
        }

    return replace(pictures, **cached(cache_dir / f"found-{fingerprint(pictures)}.npz", find))


def cached(file: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The arrays in an npz file. If it does not exist, `make` computes them and they are written atomically."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial.npz")
        np.savez(partial, **make())
        partial.rename(file)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def fingerprint(pictures: Pictures) -> str:
    """A hash of the photos' names and contents, the crop contract, and the rules that read photos and choose the face.
    It does not change when the photos are moved to another folder."""
    code = hashlib.sha256((CROP_CONTRACT + PHOTO_READING + _FACE_CHOICE_RULE).encode())
    for path in pictures.paths:
        content = path.content_hash if isinstance(path, PackedPhoto) else content_hash(path)
        code.update(os.fsencode(f"{path.name} {content} "))
    return code.hexdigest()[:16]


def content_hash(path: Path) -> str:
    """The sha256 of a file, in hex; empty if it cannot be read."""
    try:
        return sha256_of(path)
    except UsageError:
        return ""


@cache
def _finder() -> StillFaceFinder:
    cv2.setNumThreads(1)
    return StillFaceFinder()


def _find_face(path: Path) -> _Found:
    try:
        picture = read_photo(path)
    except UnusablePhotoError:
        return _NOTHING_FOUND
    no_keypoints, no_hash, _ = _NOTHING_FOUND
    faces, picture_hash = _finder().find(picture), _perceptual_hash(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    if not len(faces):
        return no_keypoints, no_hash, picture_hash
    keypoints = faces.keypoints[labelled_face(faces, picture.shape[:2])]
    return keypoints, face_hash(align(picture, keypoints)), picture_hash


def labelled_face(faces: Faces, size: tuple[int, int]) -> int:
    """The index of the face that a photo's label describes: of the large faces, the one nearest the middle.

    Photos with one age are cropped around the person with that age, and next to a child the parent's face is larger.
    size: height and width of the photo in pixels. Raises ValueError without a face.
    """
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    distances = np.linalg.norm(centres - np.array(size[::-1]) / 2, axis=1)
    return int(np.argmin(np.where(faces.areas >= _LARGE_FACE_SHARE * faces.areas.max(), distances, np.inf)))


def face_hash(crop: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """256-bit perceptual hash of the middle of an aligned crop, uint64 (4,).

    Only the middle, because the black borders of tightly cropped photos look alike for everybody; 256 bits, because
    aligned faces share the coarse shapes that a 64-bit hash describes.
    """
    middle = crop[CROP_PX * 22 // 100 : CROP_PX * 85 // 100, CROP_PX * 19 // 100 : CROP_PX * 81 // 100]
    return _perceptual_hash(middle)


def _perceptual_hash(picture: NDArray[np.generic]) -> NDArray[np.uint64]:
    """uint64 (4,) of an RGB picture."""
    bits = imagehash.phash(Image.fromarray(picture).convert("L"), hash_size=16).hash
    return np.packbits(bits.ravel()).view(np.uint64)
