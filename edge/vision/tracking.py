"""Following faces: ByteTrack from frame to frame, and a strict rule for who is the same person after an absence.

ByteTrack goes by overlap alone. That serves while a face is seen, but whoever next stood in the same place would
inherit the id, and with it the ages, of who stood there before. So its tracks end soon, and a new one continues a lost
one only where `reappearance` says so. A new id costs a few more looks at a face; a wrong one mixes two people.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.vision.byte_track import ByteTrack
from edge.vision.faces import NO_TRACK
from edge.vision.reappearance import MOTION_S, Course, Sighting, goes_on, is_back, same_size

if TYPE_CHECKING:
    from edge.settings.sections import TrackingSettings
    from edge.vision.faces import Faces

_GAP_S = 0.45
"""How long ByteTrack may guess where an unseen face is: a missed frame at 5 frames/s, less than people need to change
places."""


@dataclass(eq=False, slots=True)
class _Track:
    """A face that is or was followed. number: ByteTrack's; person_id: `NO_TRACK` until it is known whose face it is."""

    number: int
    course: Course
    person_id: int = NO_TRACK


class FaceTracker:
    """Gives every face the id of its person."""

    def __init__(self, settings: TrackingSettings, min_score: float) -> None:
        self._lost_s = settings.lost_s
        self._byte_track = ByteTrack(min(_GAP_S, settings.lost_s), min_score)
        self._tracks: list[_Track] = []
        self._unnumbered: deque[list[Sighting]] = deque(maxlen=2)
        self._person_ids = itertools.count()

    def update(self, faces: Faces, now_s: float) -> Faces:
        """Fill in `track_ids`. Faces not yet sure of a person keep `NO_TRACK`. now_s: the frame's grab time."""
        remembered_s = self._lost_s + 2 * MOTION_S
        self._tracks = [track for track in self._tracks if now_s - track.course.last.at_s <= remembered_s]
        numbers = self._byte_track.numbers(faces, now_s)
        sightings = [
            Sighting(now_s, (left + right) / 2, (top + bottom) / 2, right - left)
            for left, top, right, bottom in faces.boxes.tolist()
        ]
        tracks = [
            None if number == NO_TRACK else self._seen(number, sighting)
            for number, sighting in zip(numbers, sightings, strict=True)
        ]
        self._unnumbered.append([sighting for sighting, track in zip(sightings, tracks, strict=True) if track is None])
        # Only when all are up to date is it known who is missing.
        for track in tracks:
            if track and track.person_id == NO_TRACK:
                self._identify(track)
        ids = [track.person_id if track else NO_TRACK for track in tracks]
        return faces.with_(track_ids=np.array(ids, np.int64))

    def _seen(self, number: int, sighting: Sighting) -> _Track:
        """The track under ByteTrack's number, with the sighting added."""
        track = next((track for track in self._tracks if track.number == number), None)
        if track and goes_on(track.course, sighting):
            track.course.see(sighting)
            return track
        if track:
            # ByteTrack took somebody else's face for it.
            track.number = NO_TRACK
            course = Course(sighting)
        else:
            course = self._course_to(sighting)
        self._tracks.append(_Track(number, course))
        return self._tracks[-1]

    def _course_to(self, sighting: Sighting) -> Course:
        """ByteTrack numbers a face in the second frame that is sure of it. In those before, it was the nearest without
        a number."""
        way = [sighting]
        for others in reversed(self._unnumbered):
            alike = [other for other in others if same_size(other, way[-1])]
            way += sorted(alike, key=lambda other: math.dist(other[1:3], way[-1][1:3]))[:1]
        course = Course(way.pop())
        for later in reversed(way):
            course.see(later)
        return course

    def _identify(self, new: _Track) -> None:
        """Say whose face it is: that of somebody who was lost, or of somebody new. Leave it open while motion tells too
        little."""
        lost = [
            track
            for track in self._tracks
            if track.person_id != NO_TRACK and 0 < new.course.first.at_s - track.course.last.at_s <= self._lost_s
        ]
        if lost and not new.course.arrived:
            return
        back = [track for track in lost if is_back(track.course, new.course)]
        # Of two who might be back it is neither: a doubt must not mix people.
        if len(back) == 1:
            new.person_id = back[0].person_id
            self._tracks.remove(back[0])
        else:
            new.person_id = next(self._person_ids)
