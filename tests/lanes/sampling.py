"""Runs the frames of one customer through the pipeline of a lane, and keeps the samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.frames.frame import Frame
from edge.lane.pipeline import Pipeline
from edge.settings.config import Settings
from edge.vision.faces import AGES
from edge.vision.photos import read_photo
from tests.lanes.customers import FRAME_S, frames

FRAMES = 20
"""Two seconds, the time in which a customer stands before the first bottle is scanned."""


@dataclass(frozen=True, eq=False)
class Customer:
    """One customer and what the lane saw of them.

    known: (2,), youngest and oldest possible age in years. source: of the photo. age_probs: float32 (N, 101), of the
    samples that passed the quality gate. quality: float32 (N,), of the same.
    """

    known: NDArray[np.float32]
    source: str
    age_probs: NDArray[np.float32]
    quality: NDArray[np.float32]

    @property
    def minor(self) -> bool:
        return bool(self.known[1] < 18)


class Sampler:
    """A lane's pipeline that samples every frame."""

    def __init__(self, settings: Settings, bundle: Bundle) -> None:
        self._age_model, _ = make_age_model(bundle, settings.ages, settings.cache_dir)
        self._settings, self._pipeline = settings, Pipeline(settings, self._age_model)
        self._frames = 0

    def sample(
        self, photo: Path, keypoints: NDArray[np.float32], known: NDArray[np.float32], source: str,
        random: np.random.Generator,
    ) -> Customer:  # fmt: skip
        """The samples of a customer who is drawn from a photo."""
        self._pipeline.change(self._settings, self._age_model)
        found = [self._largest(pixels) for pixels in frames(read_photo(photo), keypoints, FRAMES, random)]
        kept = [(probs, quality) for probs, quality in found if quality > 0]
        probs = np.array([probs for probs, _ in kept], np.float32).reshape(-1, AGES)
        return Customer(known, source, probs, np.array([quality for _, quality in kept], np.float32))

    def _largest(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
        """The distribution of the largest face of a frame and its quality; quality 0 without a face that passed."""
        frame = Frame(pixels, self._frames * FRAME_S, self._frames, "lane-1")
        self._frames += 1
        faces = self._pipeline.process(frame, lambda faces, _: np.ones(len(faces), bool), estimate_ages=True)
        if not len(faces):
            return np.full(AGES, np.nan, np.float32), 0.0
        largest = int(np.argmax(faces.areas))
        quality = float(np.nan_to_num(faces.quality[largest]))
        return faces.age_probs[largest], 0.0 if np.isnan(faces.age_probs[largest, 0]) else quality

    def close(self) -> None:
        self._pipeline.close()
