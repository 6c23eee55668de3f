"""Notices, while sales go on, that the camera shows no customer's face, or hangs upside down. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from edge.frames.geometry import rotation_after
from edge.language.words import Words, words
from edge.vision.upright import TURNS

if TYPE_CHECKING:
    from edge.lane.counts import FaceCounts
    from edge.settings.sections import PictureSettings

_SALES, _FOR_S = 10, 3600.0
"""So many sales in a row, over so long a time, without a face show that something is wrong. At a till that works,
nearly every customer looks up once."""
_TRY_EVERY_S = 20.0
"""Time between two pictures that are turned. With three turns to try, each has its turn once a minute."""
_ENOUGH_TURNED = 3
"""So many faces in turned pictures, and none upright meanwhile, show that the picture is turned: one may be a picture
on a shirt."""

TURNED = words(
    "the picture is turned: faces are upright when it is turned by {turn} degrees: set "
    "picture.rotate = {rotate}, or turn the camera"
)
UNSEEN = words("no face was measured during the last {sales} sales, for {hours:.1f} hours: {fix}")
NO_FACE = words("aim the camera at the customers' faces, and free and wipe its lens")
OUTSIDE = words("faces are seen outside the zone only: draw the zone where customers stand (zone)")
REJECTED = words("all faces are rejected, most of them as {reason}: run edge-agent doctor while somebody stands there")


class CameraAim:
    """Follows the counts of one lane's sales and faces. Times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._measured, self._closed, self._unseen = 0, 0, 0
        self._since_s, self._last_s = 0.0, 0.0
        self._before: Counter[str] = Counter()
        self._try_s = float("-inf")
        self._next, self._turn, self._turned = 0, 0, 0

    def follow(self, closed: int, faces: FaceCounts, now_s: float, *, blind: bool) -> None:
        """Take note of what has happened since the last call.

        closed: sales that tills have closed so far. faces: counts of the lane so far. blind: there is no picture, which
        is another problem, so that sales without a face prove nothing.
        """
        measured, more = faces.outcomes["estimated"], closed - self._closed
        self._closed = closed
        if measured != self._measured:
            self._measured, self._unseen = measured, 0
        elif more and not blind:
            if not self._unseen:
                self._since_s, self._before = now_s, faces.outcomes + faces.rejections
            self._unseen += more
            self._last_s = now_s

    def reset(self) -> None:
        """Begin anew: the picture or the zone has changed."""
        self._unseen = self._turned = 0

    def turn_to_try(self, now_s: float) -> int | None:
        """By how many degrees the lane should turn its current picture to look for faces; None when none is due. Call
        it only while a sale is open."""
        if now_s - self._try_s < _TRY_EVERY_S:
            return None
        self._try_s = now_s
        if self._turned:
            return self._turn
        self._next += 1
        return TURNS[(self._next - 1) % len(TURNS)]

    def add_turn(self, turn: int | None) -> None:
        """What `edge.vision.upright.UprightSearch` has found."""
        if turn is None:
            return
        self._turned = 0 if turn == 0 else self._turned + 1 if turn == self._turn else 1
        self._turn = turn

    def problem(self, faces: FaceCounts, picture: PictureSettings) -> str:
        """What is wrong, in one sentence; empty while nothing is. faces: as for `follow`. picture: settings in use."""
        if self._turned >= _ENOUGH_TURNED:
            return TURNED.format(turn=self._turn, rotate=rotation_after(picture, self._turn))
        passed_s = self._last_s - self._since_s
        if self._unseen < _SALES or passed_s < _FOR_S:
            return ""
        return UNSEEN.format(sales=self._unseen, hours=passed_s / 3600, fix=self._fix(faces))

    def _fix(self, faces: FaceCounts) -> Words:
        since = faces.outcomes + faces.rejections
        since.subtract(self._before)
        if since["refused"]:
            reason = max(faces.rejections, key=lambda reason: since[reason])
            return REJECTED.format(reason=reason)
        return OUTSIDE if since["skipped"] else NO_FACE
