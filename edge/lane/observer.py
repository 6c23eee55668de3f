"""The interface for watching a lane. An observer sees the lane's frames and cannot change what its tills are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.vision.faces import Faces


class Observer:
    """Does nothing; subclasses override its methods. All are called from the lane's own thread."""

    @property
    def analysing(self) -> bool:
        """Whether the observer wants ages to be estimated now, even if the lane does not."""
        return False

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:  # noqa: ARG002
        """bool (N,): which tracked faces of a frame to sample, in addition to those of the lane."""
        return np.zeros(len(faces), bool)

    def observe(self, lane: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        """The lane has handled a frame. faces: the result of the pipeline."""

    def tick(self, lane: Lane, now_s: float) -> None:
        """No frame was analysed in this turn of the loop."""
