"""`load_train` and `load_test`: photos read, faces found, and a split that no copy of a photo straddles."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError, UsageError
from train.index import CACHE, find_faces
from train.pictures import Pictures, read_labels

log = logging.getLogger(__name__)

NEAR_COPY_BITS = 56
"""Two aligned faces whose 256-bit perceptual hashes differ in at most this many bits count as copies of one photo. On
23,000 photos looked at: below 50 nearly all pairs were copies, cropped or recoloured; above 60 none was."""

PICTURE_COPY_BITS = 40
"""The same for the whole photos: it finds copies on which the detector saw the face elsewhere. On the same photos the
distances between different ones began above 48."""

TEST_PERCENT = 8
"""Share of a source's photos kept for testing when the source names no test part of its own."""

VALIDATION_PERCENT = 8
"""Share of the photos to train on that steer the training and calibrate the model instead."""


def load_train(path: str | Path, cache_dir: Path = CACHE) -> Pictures:
    """The photos under `path` to train on: all but the test part and the near-copies of any photo in it.

    path: a folder with `labels.csv` and `final_files/`, or a folder of such folders.
    """
    train, _ = split(path, cache_dir)
    return train


def load_test(path: str | Path, cache_dir: Path = CACHE) -> Pictures:
    """The photos under `path` kept out of training. See `load_train`."""
    _, test = split(path, cache_dir)
    return test


def split(path: str | Path, cache_dir: Path = CACHE) -> tuple[Pictures, Pictures]:
    """Train and test part of the photos with a face, decided by their content and not by their names or order."""
    labelled, broken = read_labels(Path(path))
    for row in broken[:5]:
        log.warning("%s line %d left out: %s", row.file, row.line, row.reason)
    if len(broken) > 5:
        log.warning("... and %d more rows left out", len(broken) - 5)
    found = find_faces(labelled, cache_dir)
    pictures = found[found.has_face]
    if len(pictures) < len(found):
        log.warning("no face found on %d of %d photos: left out", len(found) - len(pictures), len(found))
    test = _test_part(pictures)
    copies = ~test & _copies(pictures, pictures[test])
    train = ~test & ~copies
    if copies.any():
        log.info("%d photos are near-copies of test photos: left out of training", copies.sum())
    if not train.any() or not test.any():
        raise RunError(f"{path}: {train.sum()} photos to train on and {test.sum()} to test on; both are needed")
    check_no_leak(pictures[train], pictures[test])
    return pictures[train], pictures[test]


def of_sources(pictures: Pictures, sources: Sequence[str] | None) -> Pictures:
    """The photos of the sources named; of all without names. Raises UsageError for a name that no photo has."""
    if sources is None:
        return pictures
    there = np.unique(pictures.sources)
    for source in sources:
        if source not in there:
            raise UsageError(f"no source {source!r} among the photos: there are {', '.join(there)}")
    return pictures[np.isin(pictures.sources, sources)]


def found_by_source(path: str | Path, cache_dir: Path = CACHE) -> dict[str, NDArray[np.bool_]]:
    """For every source, on which of its photos a face was found: bool (N,). A card counts the others, too."""
    found = find_faces(read_labels(Path(path))[0], cache_dir)
    return {str(source): found.has_face[found.sources == source] for source in np.unique(found.sources)}


def validation_split(pictures: Pictures) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two masks (N,) over the photos of `load_train`: those to learn from, and those that say when to stop and how
    sure the model may be (calibration). Near-copies of the latter are in neither."""
    drawn = _drawn(pictures.hashes)
    validation = (drawn >= TEST_PERCENT) & (drawn < TEST_PERCENT + VALIDATION_PERCENT)
    return ~validation & ~_copies(pictures, pictures[validation]), validation


def check_no_leak(train: Pictures, test: Pictures) -> None:
    """Raises RunError when a photo to train on is a near-copy of one to test on."""
    leaked = _copies(train, test)
    if leaked.any():
        raise RunError(
            f"{leaked.sum()} training photos are copies of test photos, e.g. {train.paths[leaked][0]}: split them anew"
        )


def _test_part(pictures: Pictures) -> NDArray[np.bool_]:
    """The official part where a source names one, else a share chosen by the hash of the face, stable for ever."""
    official = np.isin(pictures.sources, np.unique(pictures.sources[pictures.held_out]))
    return np.where(official, pictures.held_out, _drawn(pictures.hashes) < TEST_PERCENT)


def _drawn(codes: NDArray[np.uint64]) -> NDArray[np.float64]:
    """A number from 0 to 100 for every face, which depends on its hash alone."""
    return np.array([hashlib.sha256(code.tobytes()).digest()[0] for code in codes]) / 256 * 100


def _copies(pictures: Pictures, others: Pictures) -> NDArray[np.bool_]:
    """bool (N,): which pictures show the same face, or are the same photo, as any of the others."""
    known = others.picture_hashes[others.picture_hashes.any(axis=1)]
    return _near(pictures.hashes, others.hashes, NEAR_COPY_BITS) | _near(
        pictures.picture_hashes, known, PICTURE_COPY_BITS
    )


def _near(codes: NDArray[np.uint64], others: NDArray[np.uint64], bits: int) -> NDArray[np.bool_]:
    """bool (N,): which codes lie within so many bits of any of the others."""
    near = np.zeros(len(codes), bool)
    for start in range(0, len(codes), 256):
        differing = np.bitwise_count(codes[start : start + 256, None] ^ others[None]).sum(axis=2)
        near[start : start + 256] = (differing <= bits).any(axis=1)
    return near
