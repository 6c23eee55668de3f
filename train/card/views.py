"""The test photos in other views: as other cameras, crops and distances would show them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.progress import ProgressBar
from edge.vision.crop import EYE_TO_MOUTH, align
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from edge.vision.photos import read_photo
from edge.vision.stills import StillFaceFinder
from train.evaluate import Predict
from train.pictures import Pictures

Crop = NDArray[np.uint8]
View = Callable[[Crop, NDArray[np.float32]], Crop | None]
"""From a photo, uint8 (H, W, 3) BGR, and its keypoints (4, 2) to a crop; None if no face is found."""

FACE_SIZES_PX = (64, 48, 38, 24, 16)
"""Distances between the eyes in pixels, from arm's length to the end of the queue."""

BLURS_PX = (1, 2, 4)
_VIEW_BATCH = 32


@dataclass(frozen=True)
class ViewResult:
    """Predictions for N photos. has_face: bool (N,), a face was found; age_probs: float32 (N, 101), NaN without one."""

    has_face: NDArray[np.bool_]
    age_probs: NDArray[np.float32]


def predict_through(predict: Predict, pictures: Pictures, view: View, name: str) -> ViewResult:
    """Predict the ages on all photos in a view. name: for the progress bar."""
    has_face = np.zeros(len(pictures), bool)
    age_probs = np.full((len(pictures), 101), np.nan, np.float32)
    for start in ProgressBar(range(0, len(pictures), _VIEW_BATCH), name):
        rows = range(start, min(start + _VIEW_BATCH, len(pictures)))
        crops = {row: view(read_photo(pictures.paths[row]), pictures.keypoints[row]) for row in rows}
        found = {row: crop for row, crop in crops.items() if crop is not None}
        if found:
            has_face[list(found)] = True
            age_probs[list(found)] = predict(np.stack(list(found.values())))
    return ViewResult(has_face, age_probs)


def plain_crop(picture: Crop, keypoints: NDArray[np.float32]) -> Crop:
    """The lane's own crop."""
    return align(picture, keypoints)


def wider(times: float) -> View:
    """A crop that is `times` as wide."""

    def view(picture: Crop, keypoints: NDArray[np.float32]) -> Crop:
        centre = keypoints[[RIGHT_EYE, LEFT_EYE, MOUTH]].mean(axis=0)
        return align(picture, centre + (keypoints - centre) * times)

    return view


def shifted(share: float) -> View:
    """A crop shifted by a share of its side: left, right, up or down, depending on the keypoints."""

    def view(picture: Crop, keypoints: NDArray[np.float32]) -> Crop:
        eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
        side = np.linalg.norm(keypoints[MOUTH] - eyes) / EYE_TO_MOUTH
        directions = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)
        return align(picture, keypoints + share * side * directions[int(keypoints[0, 0] * 16) % 4])

    return view


def blurred_crop(sigma_px: float) -> View:
    """A Gaussian blur, in pixels of the crop."""
    return lambda picture, keypoints: np.asarray(
        cv2.GaussianBlur(align(picture, keypoints), (0, 0), sigma_px), np.uint8
    )


class Downscaled:
    """The photo scaled to a given distance between the eyes, on which the face is then detected again."""

    def __init__(self, eye_distance_px: float) -> None:
        self._eye_distance_px, self._finder = eye_distance_px, StillFaceFinder()

    def __call__(self, picture: Crop, keypoints: NDArray[np.float32]) -> Crop | None:
        scale = self._eye_distance_px / max(float(np.linalg.norm(keypoints[LEFT_EYE] - keypoints[RIGHT_EYE])), 1e-6)
        size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        faces = self._finder.find(np.asarray(small, np.uint8))
        expected = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0) * scale
        for points in faces.keypoints:
            if np.linalg.norm(points[[RIGHT_EYE, LEFT_EYE]].mean(axis=0) - expected) < self._eye_distance_px:
                return align(np.asarray(small, np.uint8), points)
        return None

    def close(self) -> None:
        self._finder.close()


def predict_at_face_sizes(predict: Predict, pictures: Pictures) -> dict[int, tuple[ViewResult, NDArray[np.bool_]]]:
    """For every size in `FACE_SIZES_PX`: the predictions, and which photos are large enough for it, bool (N,)."""
    eye_distances = np.linalg.norm(pictures.keypoints[:, LEFT_EYE] - pictures.keypoints[:, RIGHT_EYE], axis=1)
    results = {}
    for size in FACE_SIZES_PX:
        used = eye_distances >= size
        with closing(Downscaled(size)) as view:
            results[size] = predict_through(predict, pictures[used], view, f"eyes {size} px apart"), used
    return results
