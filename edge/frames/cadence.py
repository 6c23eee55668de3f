"""How many of a camera's frames are looked at: no more than say something new, and fewer where time is short. Pure."""

from __future__ import annotations

_BUSY = 0.7
"""The share of its time that a lane spends on frames at most. The rest is for its tills, and for the other lanes: a box
that is busy needs longer for a frame, and so all its lanes look less often."""

_EARLY = 0.25
"""A frame may come before its turn by that share of the time between two looks: cameras are not that punctual."""

_SMOOTHING = 0.1
"""The weight of the newest frame in the mean of what a frame costs."""


class Cadence:
    """Says of each frame whether its turn has come. The tracker bridges what lies between."""

    def __init__(self, rate: float) -> None:
        """rate: frames a second at most."""
        self._least_s = 1 / rate
        self._cost_s = 0.0
        self._next_s = float("-inf")

    @property
    def rate(self) -> float:
        """Frames a second that are looked at now, of a camera that gives more."""
        return 1 / self._period_s

    def due(self, grab_s: float) -> bool:
        """Whether to look at a frame that was grabbed then. Whoever asks does so if it is."""
        if grab_s < self._next_s - _EARLY * self._period_s:
            return False
        # A schedule, and not a wait from frame to frame: the rate is kept whatever the camera's.
        on_schedule = grab_s < self._next_s + self._period_s
        self._next_s = (self._next_s if on_schedule else grab_s) + self._period_s
        return True

    def took(self, seconds: float) -> None:
        """Learn what a frame has cost."""
        self._cost_s += _SMOOTHING * (seconds - self._cost_s)

    @property
    def _period_s(self) -> float:
        return max(self._least_s, self._cost_s / _BUSY)
