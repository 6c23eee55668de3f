"""Tracks faces: ByteTrack from frame to frame, and a strict rule for who is the same person after a gap.

ByteTrack uses overlap alone. This works while a face is visible, but the next person at the same place would inherit
the id, and with it the ages, of the previous one. Therefore its tracks end soon, and a new track continues a lost one
only if `reappearance` says so. An unnecessary new id costs a few more age estimates; a wrong id mixes two people.
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
from edge.vision.reappearance import MOTION_S, Sighting, Trajectory, continues, same_person, same_size

if TYPE_CHECKING:
    from edge.settings.sections import TrackingSettings
    from edge.vision.faces import Faces

_BYTE_TRACK_LOST_S = 0.45
"""How long ByteTrack keeps a track without a detection: one missed frame at 5 frames/s, less than people need to change
places."""


@dataclass(eq=False, slots=True)
class _Track:
    """A track. number: ByteTrack's. person_id: `NO_TRACK` until the person is known."""

    number: int
    trajectory: Trajectory
    person_id: int = NO_TRACK


class FaceTracker:
    """Gives every face its person's id. Not thread-safe."""

    def __init__(self, settings: TrackingSettings, min_score: float) -> None:
        """min_score: detections with a lower score continue a track but do not start one."""
        self._lost_s = settings.lost_s
        self._byte_track = ByteTrack(min(_BYTE_TRACK_LOST_S, settings.lost_s), min_score)
        self._tracks: list[_Track] = []
        self._unnumbered: deque[list[Sighting]] = deque(maxlen=2)
        self._person_ids = itertools.count()

    def update(self, faces: Faces, now_s: float) -> Faces:
        """Fill in `track_ids`; `NO_TRACK` where the person is not known yet. now_s: the frame's grab time, seconds."""
        remembered_s = self._lost_s + 2 * MOTION_S
        self._tracks = [track for track in self._tracks if now_s - track.trajectory.last.at_s <= remembered_s]
        numbers = self._byte_track.update(faces, now_s)
        sightings = [
            Sighting(now_s, (left + right) / 2, (top + bottom) / 2, right - left)
            for left, top, right, bottom in faces.boxes.tolist()
        ]
        tracks = [
            None if number == NO_TRACK else self._track_with(number, sighting)
            for number, sighting in zip(numbers, sightings, strict=True)
        ]
        self._unnumbered.append([sighting for sighting, track in zip(sightings, tracks, strict=True) if track is None])
        # Identify only after all tracks are updated: until then it is not known who is lost.
        for track in tracks:
            if track and track.person_id == NO_TRACK:
                self._identify(track)
        ids = [track.person_id if track else NO_TRACK for track in tracks]
        return faces.with_(track_ids=np.array(ids, np.int64))

    def _track_with(self, number: int, sighting: Sighting) -> _Track:
        """The track with ByteTrack's number, after adding the sighting to it."""
        track = next((track for track in self._tracks if track.number == number), None)
        if track and continues(track.trajectory, sighting):
            track.trajectory.add(sighting)
            return track
        if track:
            # ByteTrack mistook another person's face for this one.
            track.number = NO_TRACK
            trajectory = Trajectory(sighting)
        else:
            trajectory = self._trajectory_to(sighting)
        self._tracks.append(_Track(number, trajectory))
        return self._tracks[-1]

    def _trajectory_to(self, sighting: Sighting) -> Trajectory:
        """The trajectory of a new track, with its sightings before ByteTrack gave it a number.

        ByteTrack does so in the second frame with a good score. In earlier frames, the face was the nearest one of the
        same size without a number.
        """
        backwards = [sighting]
        for others in reversed(self._unnumbered):
            alike = [other for other in others if same_size(other, backwards[-1])]
            backwards += sorted(alike, key=lambda other: math.dist(other[1:3], backwards[-1][1:3]))[:1]
        trajectory = Trajectory(backwards.pop())
        for later in reversed(backwards):
            trajectory.add(later)
        return trajectory

    def _identify(self, new: _Track) -> None:
        """Give a track the id of a lost person, or a new id; leave it open while its motion is not known yet."""
        first_s = new.trajectory.first.at_s
        lost = [
            track
            for track in self._tracks
            if track.person_id != NO_TRACK and 0 < first_s - track.trajectory.last.at_s <= self._lost_s
        ]
        if lost and not new.trajectory.motion_known:
            return
        matching = [track for track in lost if same_person(track.trajectory, new.trajectory)]
        # If two lost people match, it is neither: doubt must not mix people.
        if len(matching) == 1:
            new.person_id = matching[0].person_id
            self._tracks.remove(matching[0])
        else:
            new.person_id = next(self._person_ids)
