"""Who may look over a lane's shoulder: sees what it sees, and has no say in what its tills are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.vision.faces import Faces


class Observer:
    """One who never looks. Whoever does overrides these; all are called from the lane's own thread."""

    @property
    def analysing(self) -> bool:
        """Whether ages are wanted now, even if the lane itself wants none."""
        return False

    def due(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:  # noqa: ARG002
        """bool (N,): which tracked faces of a frame are to be looked at, besides those that the lane asks for."""
        return np.zeros(len(faces), bool)

    def see(self, lane: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        """The lane has taken in a frame; faces: all that was found out about it."""

    def tick(self, lane: Lane, now_s: float) -> None:
        """No frame came for the blink of an eye."""
