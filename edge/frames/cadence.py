"""Chooses which frames of a camera are analysed: at most `rate` a second, fewer when the box is busy. Pure."""

from __future__ import annotations

_MOST_BUSY = 0.7
"""Largest share of its time that a lane spends on frames. The rest is for its tills and for the other lanes: on a busy
box every frame takes longer, so all lanes analyse fewer."""

_EARLY = 0.25
"""A frame may arrive early by this share of the period between two frames: cameras are not punctual."""

_COST_SMOOTHING = 0.1
"""Weight of the newest frame in the moving average of the time that a frame takes."""


class Cadence:
    """Accepts or skips each frame. The tracker bridges the skipped ones."""

    def __init__(self, rate: float) -> None:
        """rate: largest number of frames a second."""
        self._shortest_period_s = 1 / rate
        self._cost_s = 0.0
        self._next_s = float("-inf")

    @property
    def rate(self) -> float:
        """Frames a second that are accepted now, if the camera sends more."""
        return 1 / self._period_s

    def accept(self, grab_s: float) -> bool:
        """Whether to analyse the frame that was grabbed at `grab_s` (seconds). If so, the next turn is scheduled."""
        if grab_s < self._next_s - _EARLY * self._period_s:
            return False
        # A fixed schedule, not a wait after each frame: it keeps the rate at any frame rate of the camera.
        on_schedule = grab_s < self._next_s + self._period_s
        self._next_s = (self._next_s if on_schedule else grab_s) + self._period_s
        return True

    def add_cost(self, seconds: float) -> None:
        """Record how long an accepted frame took to analyse."""
        self._cost_s += _COST_SMOOTHING * (seconds - self._cost_s)

    @property
    def _period_s(self) -> float:
        return max(self._shortest_period_s, self._cost_s / _MOST_BUSY)
