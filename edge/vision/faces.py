"""`Faces`: what every stage of the pipeline takes and returns, parallel arrays with one row per face of a frame.

A detector creates it; every later stage returns a copy with more filled in, as with `supervision.Detections`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

AGES = 101
"""Number of years in an age distribution: 0..100."""

RIGHT_EYE, LEFT_EYE, NOSE, MOUTH = range(4)
"""Rows of a face's keypoints. Right and left are the person's: the right eye is on the left of the picture."""

NO_TRACK = -1


def _empty(*shape: int) -> Any:
    return field(default_factory=lambda: np.empty(shape, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces of one frame.

    boxes:     float32 (N, 4), x0 y0 x1 y1 in pixels of the frame
    keypoints: float32 (N, 4, 2), x y in pixels: right eye, left eye, nose tip, mouth centre
    scores:    float32 (N,), the detector's confidence 0..1
    track_ids: int64 (N,), `NO_TRACK` for faces without a track yet
    quality:   float32 (N,), 0..1, 0 if the quality gate rejected the face, NaN if it was not checked
    reasons:   for each face a tuple of `edge.vision.quality.REASONS`, why it was rejected; empty if it was not
    breadths:  float32 (N,), 1 for a face of natural breadth (`edge.vision.proportions`), NaN if it was not measured
    age_probs: float32 (N, 101), NaN rows for faces whose age was not estimated

    Raises ValueError when the arrays have different lengths.
    """

    boxes: NDArray[np.float32] = _empty(0, 4)
    keypoints: NDArray[np.float32] = _empty(0, 4, 2)
    scores: NDArray[np.float32] = _empty(0)
    track_ids: NDArray[np.int64] = None  # type: ignore[assignment]  # filled in below
    quality: NDArray[np.float32] = None  # type: ignore[assignment]
    reasons: tuple[tuple[str, ...], ...] = None  # type: ignore[assignment]
    age_probs: NDArray[np.float32] = None  # type: ignore[assignment]
    breadths: NDArray[np.float32] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        # Several are created for every frame: plain lines are faster than a table of defaults.
        count, fill_in = len(self.boxes), object.__setattr__
        if self.track_ids is None:
            fill_in(self, "track_ids", np.full(count, NO_TRACK, np.int64))
        if self.quality is None:
            fill_in(self, "quality", np.full(count, np.nan, np.float32))
        if self.reasons is None:
            fill_in(self, "reasons", ((),) * count)
        if self.age_probs is None:
            fill_in(self, "age_probs", np.full((count, AGES), np.nan, np.float32))
        if self.breadths is None:
            fill_in(self, "breadths", np.full(count, np.nan, np.float32))
        for name in self.__slots__:
            if len(getattr(self, name)) != count:
                raise ValueError(f"{count} boxes but {len(getattr(self, name))} rows of {name}")

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: NDArray[Any]) -> Faces:
        """The faces picked by a boolean mask or an array of row numbers; `self` if the mask picks all."""
        if rows.dtype == bool and rows.all():
            return self
        chosen = np.arange(len(self))[rows]
        return Faces(
            self.boxes[chosen],
            self.keypoints[chosen],
            self.scores[chosen],
            self.track_ids[chosen],
            self.quality[chosen],
            tuple(self.reasons[row] for row in chosen),
            self.age_probs[chosen],
            self.breadths[chosen],
        )

    def with_(self, **filled_in: Any) -> Faces:
        """A copy with the given arrays replaced."""
        return replace(self, **filled_in)

    def with_rows(self, rows: NDArray[np.intp], part: Faces) -> Faces:
        """A copy with quality, reasons, breadths and age_probs of some rows taken from `part`.

        rows: int (M,), row numbers. part: M faces.
        """
        quality, age_probs, reasons = self.quality.copy(), self.age_probs.copy(), list(self.reasons)
        quality[rows], age_probs[rows], breadths = part.quality, part.age_probs, self.breadths.copy()
        breadths[rows] = part.breadths
        for row, why in zip(rows, part.reasons, strict=True):
            reasons[row] = why
        return self.with_(quality=quality, age_probs=age_probs, breadths=breadths, reasons=tuple(reasons))

    @property
    def usable(self) -> NDArray[np.bool_]:
        """bool (N,): the face was checked by the quality gate and passed."""
        return np.asarray(self.quality > 0)

    @property
    def areas(self) -> NDArray[np.float32]:
        """float32 (N,): the boxes' areas in square pixels."""
        width, height = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        return np.asarray(width * height, np.float32)

    @property
    def eye_distances_px(self) -> NDArray[np.float32]:
        """float32 (N,): distance between the eyes in pixels."""
        across = self.keypoints[:, LEFT_EYE] - self.keypoints[:, RIGHT_EYE]
        return np.asarray(np.linalg.norm(across, axis=1), np.float32)
