"""Finding the face on every photo once: keypoints and perceptual hashes, kept in a cache file, no pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from edge.vision.crop import CROP_CONTRACT, CROP_PX, align
from edge.vision.faces import Faces
from edge.vision.stills import StillFaceFinder
from train.pictures import HASH_WORDS, Pictures

CACHE = Path(".cache/train")

_LARGE = 0.25
"""Share of the largest face's area from which a face counts as large, too: half its width."""

_CHOICE = "middle"
"""Names how the face is chosen, so that what was found by another rule is not taken from the cache."""

PROCESS_START = "forkserver"
"""How worker processes start. A plain fork of a process whose OpenCV has started its threads hangs in the child."""

_Result = TypeVar("_Result")


def find_faces(pictures: Pictures, cache_dir: Path = CACHE) -> Pictures:
    """Fill in keypoints and hashes of the face that each label speaks of, by the product's own detector and `align`.

    The result is cached under the names and contents of the photos. Photos that cannot be read or show no face
    keep NaN keypoints.
    """

    def look() -> dict[str, NDArray[np.generic]]:
        with ProcessPoolExecutor(mp_context=get_context(PROCESS_START)) as pool:
            jobs = pool.map(_look_at, pictures.paths, chunksize=64)
            rows = list(tqdm(jobs, total=len(pictures), desc="finding faces", unit="picture", mininterval=1))
        return {
            "keypoints": np.array([keypoints for keypoints, _, _ in rows], np.float32).reshape(-1, 4, 2),
            "hashes": np.array([code for _, code, _ in rows], np.uint64).reshape(-1, HASH_WORDS),
            "picture_hashes": np.array([code for _, _, code in rows], np.uint64).reshape(-1, HASH_WORDS),
        }

    return replace(pictures, **cached(cache_dir / f"found-{fingerprint(pictures)}.npz", look))


def cached(file: Path, make: Callable[[], dict[str, _Result]]) -> dict[str, _Result]:
    """The arrays in an npz file; made, and written whole or not at all, when it is not there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial.npz")
        np.savez(partial, **make())  # type: ignore[arg-type]
        partial.rename(file)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def fingerprint(pictures: Pictures) -> str:
    """Changes when a photo's name or content, the crop contract or the choice of the face does; not when the photos are
    copied elsewhere."""
    code = hashlib.sha256((CROP_CONTRACT + _CHOICE).encode())
    for path in pictures.paths:
        code.update(f"{path.name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return code.hexdigest()[:16]


@cache
def _finder() -> StillFaceFinder:
    cv2.setNumThreads(1)
    return StillFaceFinder()


def _look_at(path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint64], NDArray[np.uint64]]:
    read = cv2.imread(str(path))
    nowhere, unknown = np.full((4, 2), np.nan, np.float32), np.zeros(HASH_WORDS, np.uint64)
    if read is None:
        return nowhere, unknown, unknown
    picture = np.asarray(read, np.uint8)
    faces, whole = _finder().find(picture), _perceptual_hash(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    if not len(faces):
        return nowhere, unknown, whole
    keypoints = faces.keypoints[labelled_face(faces, picture.shape[:2])]
    return keypoints, face_hash(align(picture, keypoints)), whole


def labelled_face(faces: Faces, size: tuple[int, int]) -> int:
    """Which of a photo's faces its label speaks of: of the large ones, that nearest the middle.

    Photos with one age are cut out around the one whose age it is, and a parent's face beside a child's is the larger.
    size: height and width of the photo in pixels. Raises ValueError without a face.
    """
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    aside = np.linalg.norm(centres - np.array(size[::-1]) / 2, axis=1)
    return int(np.argmin(np.where(faces.areas >= _LARGE * faces.areas.max(), aside, np.inf)))


def face_hash(crop: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """256-bit perceptual hash of the middle of an aligned crop, uint64 (4,).

    The middle, because the black borders of tight photos are alike on everybody; 256 bits, because aligned faces are
    alike in the coarse shapes that a 64-bit hash keeps.
    """
    middle = crop[CROP_PX * 22 // 100 : CROP_PX * 85 // 100, CROP_PX * 19 // 100 : CROP_PX * 81 // 100]
    return _perceptual_hash(middle)


def _perceptual_hash(picture: NDArray[np.generic]) -> NDArray[np.uint64]:
    """uint64 (4,) of an RGB picture."""
    bits = imagehash.phash(Image.fromarray(picture).convert("L"), hash_size=16).hash
    return np.packbits(bits.ravel()).view(np.uint64)
