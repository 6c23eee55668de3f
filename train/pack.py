"""Packs: the faces of labelled photos in one file, small enough to be copied to another machine, quick to read.

A packed picture is a photo like any other: `align` makes nearly the same crop from it, with room to move, turn and
widen the crop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from edge.errors import RunError, UsageError
from edge.progress import ProgressBar
from edge.settings.files import replacing
from edge.vision.contained import map_contained
from edge.vision.crop import CROP_CONTRACT, CROP_PX, align, similarity
from edge.vision.photos import UnusablePhotoError, read_photo
from train.pictures import Pictures

PACK_VERSION = "1"

_ROOM = 9 / 7
"""A packed picture shows this many times the width of the crop, in as many pixels as the crop has. So a crop from it
has 174 real pixels, of which the network sees 112. With pictures of 144 px, which leave 112, the model predicted ages
half a year lower; with these, 0.1 years lower (207 photos, measured once)."""

_PACKED_QUALITY = 90
"""With it a photo takes 8 kB, with 95 10 kB."""

_ARRAYS = ("ages", "held_out", "keypoints", "hashes", "picture_hashes", "test", "ends", "photos")


@dataclass(frozen=True)
class PackedPhoto:
    """A photo in a pack, in the place of a photo's path. start, end: where its JPEG bytes are among those of the pack.
    name: as in `labels.csv`."""

    pack: Path
    start: int
    end: int
    name: str

    def read(self) -> NDArray[np.uint8]:
        """uint8 (224, 224, 3) BGR."""
        return np.asarray(cv2.imdecode(self._bytes(), cv2.IMREAD_COLOR), np.uint8)

    @property
    def content_hash(self) -> str:
        """The sha256 of the JPEG bytes, in hex."""
        return hashlib.sha256(self._bytes().tobytes()).hexdigest()

    def _bytes(self) -> NDArray[np.uint8]:
        return np.asarray(_photos(self.pack)[self.start : self.end], np.uint8)


def read_picture(place: Path | PackedPhoto) -> NDArray[np.uint8]:
    """A photo, from its file or from a pack: uint8 (H, W, 3) BGR. Raises UnusablePhotoError as `read_photo` does."""
    return place.read() if isinstance(place, PackedPhoto) else read_photo(place)


def write_pack(train: Pictures, test: Pictures, file: Path) -> int:
    """Write the faces of all photos into a pack, atomically; returns the number of photos.

    train, test: the two parts of `train.data.split`, which stay these parts. Photos that cannot be read any more are
    left out. Raises RunError if the file cannot be written.
    """
    pictures = Pictures(
        *(np.concatenate([getattr(part, name) for part in (train, test)]) for name in Pictures.__dataclass_fields__)
    )
    jobs = map_contained(_packed, zip(pictures.paths, pictures.keypoints, strict=True), None)
    rows = list(ProgressBar(jobs, "packing", len(pictures)))
    used = np.array([row is not None for row in rows])
    photos, keypoints = zip(*(row for row in rows if row is not None), strict=True)
    kept, is_test = pictures[used], (np.arange(len(pictures)) >= len(train))[used]
    arrays = {
        **{name: getattr(kept, name) for name in ("ages", "held_out", "hashes", "picture_hashes")},
        "keypoints": np.stack(keypoints),
        "test": is_test,
        "ends": np.cumsum([len(photo) for photo in photos], dtype=np.int64),
        "photos": np.frombuffer(b"".join(photos), np.uint8),
    }
    texts = {
        "names": [path.name for path in kept.paths],
        **{name: getattr(kept, name).tolist() for name in ("sources", "sexes", "groups")},
    }
    facts = json.dumps(texts | {"crop_contract": CROP_CONTRACT})
    about = {"pack": PACK_VERSION, "checksum": _checksum(arrays, facts), "facts": facts}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as draft:
            save_file(arrays, draft, about)
    except (OSError, SafetensorError) as problem:
        raise RunError(f"cannot write the pack {file}: {problem}") from None
    return len(kept)


def read_pack(file: Path) -> tuple[Pictures, Pictures]:
    """The training and the test photos of a pack. Raises UsageError, one line, for a file that is not a pack, is
    damaged, or was made by a version with another format or other crops."""
    arrays, facts = _content(file)
    ends = arrays["ends"].tolist()
    photos = [
        PackedPhoto(file.absolute(), start, end, name)
        for start, end, name in zip([0, *ends[:-1]], ends, facts["names"], strict=True)
    ]
    pictures = Pictures(
        paths=np.array(photos, object),
        sources=np.array(facts["sources"], str),
        ages=arrays["ages"],
        held_out=arrays["held_out"],
        keypoints=arrays["keypoints"],
        hashes=arrays["hashes"],
        picture_hashes=arrays["picture_hashes"],
        sexes=np.array(facts["sexes"], str),
        groups=np.array(facts["groups"], str),
    )
    return pictures[~arrays["test"]], pictures[arrays["test"]]


def _packed(photo: tuple[Path, NDArray[np.float32]]) -> tuple[bytes, NDArray[np.float32]] | None:
    """The JPEG bytes of a wide crop around a face, and the keypoints (4, 2) in its pixels; None if the photo cannot be
    read."""
    path, keypoints = photo
    cv2.setNumThreads(1)
    try:
        picture = read_photo(path)
    except UnusablePhotoError:
        return None
    # Keypoints farther apart, around the middle of the crop, make `align` cut out more.
    middle = cv2.invertAffineTransform(similarity(keypoints)) @ [(CROP_PX - 1) / 2, (CROP_PX - 1) / 2, 1]
    apart = middle + (keypoints - middle) * _ROOM
    wide = cv2.cvtColor(align(picture, apart), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", wide, [cv2.IMWRITE_JPEG_QUALITY, _PACKED_QUALITY])
    in_wide = np.column_stack([keypoints, np.ones(len(keypoints))]) @ similarity(apart).T
    return coded.tobytes(), in_wide.astype(np.float32)


def _content(file: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """All arrays of a pack but the photos, which stay in the file, and its facts, after the checks of `read_pack`."""
    try:
        with safe_open(file, "np") as pack:
            about = pack.metadata() or {}
            version, facts = about["pack"], json.loads(about["facts"])
            if version != PACK_VERSION or facts["crop_contract"] != CROP_CONTRACT:
                raise UsageError(
                    f"{file} is a pack of version {version} with crops {facts['crop_contract']!r}, this version reads "
                    f"version {PACK_VERSION} with {CROP_CONTRACT!r}: make it again with edge-train pack"
                )
            arrays = {name: pack.get_tensor(name) for name in _ARRAYS}
    except (OSError, SafetensorError, KeyError, ValueError, RecursionError):
        raise UsageError(f"{file} is not a pack, or it is damaged: make it again with edge-train pack") from None
    if _checksum(arrays, about["facts"]) != about.get("checksum"):
        raise UsageError(f"{file} is damaged, its checksum is wrong: copy it again, or make it with edge-train pack")
    del arrays["photos"]
    return arrays, facts


def _checksum(arrays: Mapping[str, NDArray[Any]], facts: str) -> str:
    code = hashlib.sha256(facts.encode())
    for name in _ARRAYS:
        code.update(np.ascontiguousarray(arrays[name]).data)
    return code.hexdigest()


@lru_cache(maxsize=2)
def _photos(file: Path) -> Any:
    """The JPEG bytes of all photos of a pack, which are read from the file slice by slice."""
    opened: Any = safe_open(file, "np")  # stays open as long as it is used
    return opened.get_slice("photos")
