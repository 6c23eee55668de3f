"""Detects old pictures: after a stall, a camera sends everything it has buffered at once. Pure."""

from __future__ import annotations

_STALL_S = 0.5
"""Shorter gaps between two pictures are ignored."""
_OLD_AFTER_S = 0.25
"""A picture that arrives later than this is old."""
_BACKLOG_LASTS_S = 1.0
"""A backlog has arrived completely after this time. If pictures still seem late, the stream's times are wrong."""
_WRONG_TIMES = 2
"""After this many gaps in a row whose pictures stayed late, the stream's times are not believed: streams without times,
such as MJPEG over HTTP, get invented ones, and a slow camera has a gap before every picture."""


class Backlog:
    """Finds old pictures by comparing arrival times with the stream's own times.

    Only a gap makes pictures late. A camera clock that runs slow, runs fast or jumps makes no difference.
    """

    def __init__(self, opening_s: float) -> None:
        """opening_s: when opening the stream began, in seconds of our clock. The time until the first picture is a gap
        too."""
        self._arrival_s, self._stream_s = opening_s, 0.0
        self._late_s, self._until_s = 0.0, opening_s
        self._wrong = 0

    def is_old(self, arrival_s: float, stream_s: float) -> bool:
        """Whether the next picture is old. Call it once for each picture, in order.

        arrival_s: when it arrived, in seconds of our clock. stream_s: its time in the stream, in seconds.
        """
        gap_s, step_s = arrival_s - self._arrival_s, stream_s - self._stream_s
        self._arrival_s, self._stream_s = arrival_s, stream_s
        if gap_s > _STALL_S:
            self._wrong = self._wrong + 1 if self._late_s > _OLD_AFTER_S else 0
            self._late_s, self._until_s = gap_s - max(0.0, step_s), arrival_s + _BACKLOG_LASTS_S
        else:
            self._late_s -= max(0.0, step_s - gap_s)
        return self._late_s > _OLD_AFTER_S and arrival_s < self._until_s and self._wrong < _WRONG_TIMES
