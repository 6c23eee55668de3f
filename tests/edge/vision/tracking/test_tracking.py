"""Tracking: the same person keeps the same id through hidden faces, gaps and crossings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pytest

from edge.settings.sections import TrackingSettings
from edge.vision.faces import NO_TRACK, Faces
from tests.edge.people import DetectedPerson

Detected = Callable[..., Faces]

MIN_SCORE = 0.6


class Follow(Protocol):
    """Feeds frames with these people to one tracker; returns their track ids in the last frame."""

    def __call__(self, *people: DetectedPerson, from_s: float, frames: int = 1, rate: float = 30) -> list[int]: ...


@pytest.fixture
def follow(detected: Detected) -> Follow:
    """Feeds frames with these people to one tracker; returns their track ids in the last frame."""
    from edge.vision.tracking import FaceTracker

    tracker = FaceTracker(TrackingSettings(lost_s=2.0), MIN_SCORE)

    def follow(*people: DetectedPerson, from_s: float, frames: int = 1, rate: float = 30) -> list[int]:
        faces = Faces()
        for number in range(frames):
            faces = tracker.update(detected(*people), from_s + number / rate)
        return [int(track) for track in faces.track_ids]

    return follow


def test_a_face_gets_a_track_in_its_second_frame_and_keeps_it(follow: Follow) -> None:
    assert follow({}, from_s=0.0) == [NO_TRACK]
    [track] = follow({}, from_s=1 / 30)
    assert track != NO_TRACK
    assert follow({}, from_s=2 / 30, frames=60) == [track]


def test_a_face_that_moves_keeps_its_track(follow: Follow) -> None:
    [track] = follow({"x": 0.3}, from_s=0.0, frames=5)
    tracks = {follow({"x": 0.3 + number * 0.005}, from_s=(5 + number) / 30)[0] for number in range(80)}
    assert tracks == {track}


@pytest.mark.parametrize("rate", [5, 10, 30, 60])
def test_a_face_hidden_for_a_second_and_a_half_keeps_its_track_at_any_frame_rate(rate: int, follow: Follow) -> None:
    [track] = follow({}, from_s=0.0, frames=rate, rate=rate)
    follow(from_s=1.0, frames=int(1.5 * rate), rate=rate)
    assert follow({}, from_s=2.5, frames=int(0.3 * rate) + 1, rate=rate) == [track]


@pytest.mark.parametrize("rate", [10, 30])
def test_a_face_away_for_longer_than_two_seconds_gets_a_new_id(rate: int, follow: Follow) -> None:
    [track] = follow({}, from_s=0.0, frames=rate, rate=rate)
    follow(from_s=1.0, frames=int(2.5 * rate), rate=rate)
    [later] = follow({}, from_s=3.5, frames=2, rate=rate)
    assert later not in (NO_TRACK, track)


def test_while_somebody_is_lost_a_new_face_gets_an_id_only_when_its_motion_is_known(follow: Follow) -> None:
    [track] = follow({}, from_s=0.0, frames=30)
    follow(from_s=1.0, frames=20)
    assert follow({}, from_s=50 / 30, frames=6) == [NO_TRACK]
    assert follow({}, from_s=56 / 30) == [track]


def test_a_hidden_face_that_reappears_much_larger_is_another_person(follow: Follow) -> None:
    [track] = follow({"eyes_px": 40}, from_s=0.0, frames=30)
    follow(from_s=1.0, frames=20)
    [other] = follow({"eyes_px": 52}, from_s=50 / 30, frames=8)
    assert other not in (NO_TRACK, track)


def test_a_person_who_steps_in_front_of_another_gets_an_id_of_their_own(follow: Follow) -> None:
    [behind] = follow({"eyes_px": 40}, from_s=0.0, frames=30)
    [in_front] = follow({"eyes_px": 60}, from_s=1.0, frames=10)
    assert in_front not in (NO_TRACK, behind)


def test_a_weakly_detected_face_keeps_its_track(follow: Follow) -> None:
    [track] = follow({"score": 0.9}, from_s=0.0, frames=10)
    assert follow({"score": 0.35}, from_s=10 / 30, frames=30) == [track]
    assert follow({"score": 0.9}, from_s=40 / 30) == [track]


def test_a_weak_detection_starts_no_track(follow: Follow) -> None:
    assert follow({"score": MIN_SCORE - 0.05}, from_s=0.0, frames=30) == [NO_TRACK]


def test_two_people_have_two_tracks_in_any_order_of_detections(follow: Follow) -> None:
    left, right = DetectedPerson(x=0.3), DetectedPerson(x=0.7)
    tracks = follow(left, right, from_s=0.0, frames=5)
    assert len(set(tracks)) == 2
    assert follow(right, left, from_s=5 / 30) == tracks[::-1]


def test_one_of_two_leaving_does_not_change_the_others_track(follow: Follow) -> None:
    tracks = follow({"x": 0.3}, {"x": 0.7}, from_s=0.0, frames=5)
    assert follow({"x": 0.7}, from_s=5 / 30, frames=120) == tracks[1:]


def test_a_face_at_another_place_is_another_person(follow: Follow) -> None:
    [track] = follow({"x": 0.2}, from_s=0.0, frames=30)
    [other] = follow({"x": 0.8}, from_s=1.0, frames=8)
    assert other not in (NO_TRACK, track)


def test_an_empty_frame_stays_empty(follow: Follow) -> None:
    assert follow(from_s=0.0, frames=3) == []


def test_tracking_fills_in_only_the_ids(detected: Detected) -> None:
    from edge.vision.tracking import FaceTracker

    tracker = FaceTracker(TrackingSettings(), MIN_SCORE)
    faces = detected({"x": 0.3}, {"x": 0.7, "score": 0.4})
    tracker.update(faces, 0.0)
    tracked = tracker.update(faces, 1 / 30)
    assert tracked.boxes is faces.boxes
    assert tracked.scores is faces.scores
    assert tracked.track_ids.dtype == np.int64
    assert (tracked.track_ids != NO_TRACK).tolist() == [True, False]
    assert (faces.track_ids == NO_TRACK).all()


def test_the_same_frames_give_the_same_ids_again(detected: Detected) -> None:
    from edge.vision.tracking import FaceTracker

    runs = []
    for _ in range(2):
        tracker = FaceTracker(TrackingSettings(), MIN_SCORE)
        runs.append([tracker.update(detected({"x": 0.3}, {"x": 0.7}), n / 30).track_ids.tolist() for n in range(5)])
    assert runs[0] == runs[1]
