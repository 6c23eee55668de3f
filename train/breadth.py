"""Fit the linear function that estimates how broad a face is (`edge.vision.proportions`), on photos squeezed at random.

Only the photos are needed, not their ages, so sources with free terms are enough.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError
from edge.progress import ProgressBar
from edge.settings.sections import QualitySettings
from edge.vision.crop import align, alignable
from edge.vision.detectors import DETECTORS, FaceDetector, make_detector
from edge.vision.photos import UnusablePhotoError, read_photo
from edge.vision.proportions import EDGES, edge_directions
from edge.vision.quality import turn
from train.card.impairments import scaled_apart
from train.index import labelled_face
from train.pictures import Pictures
from train.ridge import ridge, write_linear

_MOST_SQUEEZED = 0.6
"""As the logarithm of the breadth: pictures are squeezed to 55 % of their width or height, at most."""
_NATURAL_SHARE = 0.25
_SMALLEST = 0.4
"""Photos are also shrunk, to this at least: faces of cameras are smaller."""
_REGULARISATION = 30.0
_TEST_EVERY = 10
_MARGIN_SHARE = 4
_NO_KEYPOINTS = np.zeros((4, 2), np.float32)


@dataclass(frozen=True)
class BreadthFit:
    """weights: float32 (1764,). bias: float. The logarithm of the breadth is their linear function of the edges.
    photos: how many were fitted on. spread: standard deviation of the logarithm among test photos as they are.
    correlation: with the true logarithm among test photos squeezed at random."""

    weights: NDArray[np.float32]
    bias: float
    photos: int
    spread: float
    correlation: float


def fit_breadth(pictures: Pictures, photos: int) -> BreadthFit:
    """Fit on at most `photos` of the pictures, squeezed at random. Every tenth photo is used for testing only.

    The faces are found anew on the squeezed pictures, by each detector in turn, since keypoints follow a squeeze only
    in part.

    Raises RunError when faces are found on fewer than 20 photos.
    """
    chosen = pictures.paths[np.linspace(0, len(pictures) - 1, min(photos, len(pictures))).astype(int)]
    edges, mirrored, squeezes = _samples(chosen)
    test = np.arange(len(squeezes)) % _TEST_EVERY == 0
    if len(squeezes) < 2 * _TEST_EVERY:
        raise RunError(f"faces were found on {len(squeezes)} of {len(chosen)} photos: too few to fit on")
    known = np.concatenate([edges[~test], mirrored[~test]])
    weights, bias = ridge(known, np.tile(squeezes[~test], 2), _REGULARISATION)
    # Regularisation shrinks estimates towards 0. Undo this, so that 0.75 means 0.75.
    slope, offset = np.polyfit(squeezes[test], edges[test] @ weights + bias, 1)
    weights, bias = weights / slope, (bias - offset) / slope
    estimates = edges[test] @ weights + bias
    return BreadthFit(
        weights=weights.astype(np.float32),
        bias=float(bias),
        photos=int((~test).sum()),
        spread=float(estimates[squeezes[test] == 0].std()),
        correlation=float(np.corrcoef(estimates, squeezes[test])[0, 1]),
    )


def write_breadth(fit: BreadthFit, file: Path) -> None:
    """Write the file that `edge.vision.proportions` loads."""
    write_linear(fit.weights, fit.bias, file)


def _samples(
    paths: NDArray[np.object_],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Edges of the faces and of their mirror images, float32 (N, 1764), and logarithms of their breadths (N,)."""
    random, most_turn = np.random.default_rng(0), QualitySettings().max_turn
    edges, mirrored, squeezes = [], [], []
    with ExitStack() as opened:
        detectors = [opened.enter_context(closing(make_detector(name))) for name in DETECTORS]
        for number, path in enumerate(ProgressBar(paths, "breadth")):
            squeeze = 0.0 if random.random() < _NATURAL_SHARE else random.uniform(-_MOST_SQUEEZED, _MOST_SQUEEZED)
            scale = np.exp(random.uniform(np.log(_SMALLEST), 0))
            try:
                picture = read_photo(path)
            except UnusablePhotoError:
                continue
            across, down = scale * np.exp(min(squeeze, 0)), scale * np.exp(min(-squeeze, 0))
            picture, _ = scaled_apart(picture, _NO_KEYPOINTS, across, down)
            keypoints = _found(detectors[number % len(detectors)], picture)
            if keypoints is None or turn(keypoints) > most_turn:
                continue
            crop = align(picture, keypoints)
            edges.append(edge_directions(crop))
            mirrored.append(edge_directions(np.ascontiguousarray(crop[:, ::-1])))
            squeezes.append(squeeze)
    shape = len(squeezes), EDGES
    return np.reshape(edges, shape), np.reshape(mirrored, shape), np.array(squeezes)


def _found(detector: FaceDetector, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Keypoints (4, 2) of the face that the photo is of; None if it is not found."""
    margin = max(picture.shape[:2]) // _MARGIN_SHARE
    framed = np.asarray(cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)
    faces = detector.detect(framed)
    faces = faces[alignable(faces.keypoints)]
    if not len(faces):
        return None
    return np.asarray(faces.keypoints[labelled_face(faces, framed.shape[:2])] - margin, np.float32)
