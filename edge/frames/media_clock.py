"""A clock from the times of a recording's pictures: it only goes forward, in steps that a lane can follow. Pure."""

from __future__ import annotations

import math

LONGEST_STEP_S = 5.0
"""A longer gap between two pictures is shortened to this: cameras that record movement alone leave gaps of hours, and
damaged times jump by years. It is longer than any face is remembered (`tracking.lost_s`, 2 s unless set)."""

_SHORTEST_STEP_S = 0.002
"""No camera is faster. Files without times count pictures in the smallest unit of their container."""

_OUT_OF_ORDER_S = 1.0
"""Pictures at most this far back in time are out of order: the clock waits. Further back, the times began anew."""


class MediaClock:
    """The time of each picture, in seconds since the first."""

    def __init__(self, frame_s: float) -> None:
        """frame_s: time from one picture to the next where the recording does not say, in seconds."""
        self._frame_s = frame_s
        self._now_s: float | None = None
        self._offset_s = 0.0
        self.jump_s = 0.0
        """By how much the recording's time jumped at the last picture, in seconds; 0 if it went on as usual."""

    def advance(self, media_s: float) -> float:
        """The time of the next picture: later than that of the one before, by 5 s at most.

        media_s: its time in the recording, in seconds; NaN if it has none. It may jump, stand still and go back.
        """
        self.jump_s = 0.0
        if self._now_s is None:
            self._now_s, self._offset_s = 0.0, media_s if math.isfinite(media_s) else 0.0
            return 0.0
        step_s = media_s - self._offset_s - self._now_s
        if _SHORTEST_STEP_S <= step_s <= LONGEST_STEP_S:
            self._now_s += step_s
            return self._now_s
        jumped = math.isfinite(step_s) and not -_OUT_OF_ORDER_S <= step_s < _SHORTEST_STEP_S
        self._now_s += LONGEST_STEP_S if jumped and step_s > 0 else self._frame_s
        if jumped:
            self._offset_s, self.jump_s = media_s - self._now_s, step_s
        return self._now_s
