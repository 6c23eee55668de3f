"""Pictures that waited somewhere on their way: after a stall a camera sends in one go what is long past. Pure."""

from __future__ import annotations

_GAP_S = 0.5
"""A shorter gap between two pictures is nothing to speak of."""
_MOST_LATE_S = 0.25
_LASTS_S = 1.0
"""A backlog has come in after that long. Whoever seems late for longer has times that cannot be relied on."""


class Backlog:
    """Tells by a stream's own times which of its pictures are old.

    Only gaps make a picture late: a camera whose clock is slow, or steps, is as welcome as any.
    """

    def __init__(self, opening_s: float) -> None:
        """opening_s: when the stream began to be opened, which is a gap too."""
        self._arrival_s, self._stream_s = opening_s, 0.0
        self._late_s, self._until_s = 0.0, opening_s

    def is_old(self, arrival_s: float, stream_s: float) -> bool:
        """Whether the next picture is. arrival_s: when it came, by our clock. stream_s: its time by the stream's."""
        gap_s, step_s = arrival_s - self._arrival_s, stream_s - self._stream_s
        self._arrival_s, self._stream_s = arrival_s, stream_s
        if gap_s > _GAP_S:
            self._late_s, self._until_s = gap_s - max(0.0, step_s), arrival_s + _LASTS_S
        else:
            self._late_s -= max(0.0, step_s - gap_s)
        return self._late_s > _MOST_LATE_S and arrival_s < self._until_s
