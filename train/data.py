"""Load photos, find their faces, and split them so that no copy of a test photo is trained on."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError, UsageError
from train.index import CACHE, find_faces
from train.pack import read_pack
from train.pictures import Pictures, read_labels

log = logging.getLogger(__name__)

NEAR_COPY_BITS = 56
"""Two aligned faces whose 256-bit perceptual hashes differ in at most this many bits count as copies of one photo.
Measured on 23,000 photos: below 50 bits nearly all pairs were copies, cropped or recoloured; above 60 none was."""

PICTURE_COPY_BITS = 40
"""The same for whole photos; it finds copies on which the detector placed the face differently. On the same 23,000
photos, different photos were more than 48 bits apart."""

TEST_PERCENT = 8
"""Share of a source's photos that are kept for testing if the source has no official test part."""

VALIDATION_PERCENT = 8
"""Share of the training photos that are set aside for early stopping and calibration."""


def load_train(path: str | Path, cache_dir: Path = CACHE) -> Pictures:
    """The training photos under `path`: all except the test part and near-copies of it.

    path: a folder with `labels.csv` and `final_files/`, a folder of such folders, or a file of `train.pack`.
    """
    train, _ = split(path, cache_dir)
    return train


def load_test(path: str | Path, cache_dir: Path = CACHE) -> Pictures:
    """The test photos under `path`. See `load_train`."""
    _, test = split(path, cache_dir)
    return test


def split(path: str | Path, cache_dir: Path = CACHE) -> tuple[Pictures, Pictures]:
    """Training and test part of the photos with a face; the split depends on their content, not on names or order."""
    path = Path(path)
    if path.is_file():
        return _both_needed(path, *read_pack(path))
    labelled, broken = read_labels(path)
    for row in broken[:5]:
        log.warning("%s line %d skipped: %s", row.file, row.line, row.reason)
    if len(broken) > 5:
        log.warning("... and %d more rows skipped", len(broken) - 5)
    found = find_faces(labelled, cache_dir)
    pictures = found[found.has_face]
    if len(pictures) < len(found):
        log.warning("no face found on %d of %d photos: skipped", len(found) - len(pictures), len(found))
    test = _test_part(pictures)
    copies = ~test & near_copies(pictures, pictures[test])
    train = ~test & ~copies
    if copies.any():
        log.info("%d photos are near-copies of test photos: not used for training", copies.sum())
    _both_needed(path, pictures[train], pictures[test])
    check_no_leak(pictures[train], pictures[test])
    return pictures[train], pictures[test]


def _both_needed(path: Path, train: Pictures, test: Pictures) -> tuple[Pictures, Pictures]:
    if not len(train) or not len(test):
        raise RunError(f"{path}: {len(train)} photos to train on and {len(test)} to test on; both are needed")
    return train, test


def select_sources(pictures: Pictures, sources: Sequence[str] | None) -> Pictures:
    """The photos of the named sources; with None, all photos. Raises UsageError for a source without photos."""
    if sources is None:
        return pictures
    there = np.unique(pictures.sources)
    for source in sources:
        if source not in there:
            raise UsageError(f"no source {source!r} among the photos: the sources are {', '.join(there)}")
    return pictures[np.isin(pictures.sources, sources)]


def require_photos(path: Path) -> None:
    """Raises UsageError for a pack, whose pictures are too small to measure the quality gate, other views and a bundle
    on them."""
    if path.is_file():
        raise UsageError(f"{path} is a file: give the folder with the photos, a pack is only for fit and study")


def faces_found_by_source(path: str | Path, cache_dir: Path = CACHE) -> dict[str, NDArray[np.bool_]]:
    """For every source, bool (N,): on which of its photos a face was found."""
    found = find_faces(read_labels(Path(path))[0], cache_dir)
    return {str(source): found.has_face[found.sources == source] for source in np.unique(found.sources)}


def validation_part(pictures: Pictures) -> NDArray[np.bool_]:
    """bool (N,): the validation photos among the photos of `load_train`."""
    percent = hash_percent(pictures.hashes)
    return (percent >= TEST_PERCENT) & (percent < TEST_PERCENT + VALIDATION_PERCENT)


def validation_split(pictures: Pictures) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two masks (N,) over the photos of `load_train`: those to train on, and the validation photos for early stopping
    and calibration. Near-copies of validation photos are in neither."""
    validation = validation_part(pictures)
    return ~validation & ~near_copies(pictures, pictures[validation]), validation


def near_copies(pictures: Pictures, others: Pictures) -> NDArray[np.bool_]:
    """bool (N,): which pictures are near-copies of any of the others, by their face or by the whole photo."""
    known = others.picture_hashes[others.picture_hashes.any(axis=1)]
    return _near(pictures.hashes, others.hashes, NEAR_COPY_BITS) | _near(
        pictures.picture_hashes, known, PICTURE_COPY_BITS
    )


def check_no_leak(train: Pictures, test: Pictures) -> None:
    """Raises RunError if a training photo is a near-copy of a test photo."""
    leaked = near_copies(train, test)
    if leaked.any():
        raise RunError(
            f"{leaked.sum()} training photos are copies of test photos, e.g. {train.paths[leaked][0]}: split them again"
        )


def _test_part(pictures: Pictures) -> NDArray[np.bool_]:
    """The official test part of a source that has one, else a share chosen by the hash of the face, always the same."""
    official = np.isin(pictures.sources, np.unique(pictures.sources[pictures.held_out]))
    return np.where(official, pictures.held_out, hash_percent(pictures.hashes) < TEST_PERCENT)


def hash_percent(codes: NDArray[np.uint64], byte: int = 0) -> NDArray[np.float64]:
    """A number from 0 to 100 for every face that depends only on its hash (N, 4). byte: of the digest; with another one
    the numbers have nothing to do with each other."""
    return np.array([hashlib.sha256(code.tobytes()).digest()[byte] for code in codes]) / 256 * 100


def _near(codes: NDArray[np.uint64], others: NDArray[np.uint64], bits: int) -> NDArray[np.bool_]:
    """bool (N,): which codes differ from any of the others in at most `bits` bits."""
    near = np.zeros(len(codes), bool)
    for start in range(0, len(codes), 256):
        differing = np.bitwise_count(codes[start : start + 256, None] ^ others[None]).sum(axis=2)
        near[start : start + 256] = (differing <= bits).any(axis=1)
    return near
