"""The page's observer of a lane: it keeps the newest frame while somebody watches, and none otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from edge.frames import Frame
from edge.frames.geometry import as_set
from edge.lane.lane import Lane
from edge.settings.config import Settings
from edge.settings.sections import PictureSettings
from edge.vision.faces import Faces
from edge.web import answers
from edge.web.view import WATCHED_S, LaneView
from tests.edge.people import Person


@pytest.fixture
def lane(make_lane: Callable[..., Lane]) -> Lane:
    return make_lane(mode="on-sale")


def test_no_frame_is_kept_while_nobody_watches(lane: Lane, frame_at: Callable[..., Frame]) -> None:
    view = LaneView()
    view.observe(lane, frame_at(1.0), Faces(), time.monotonic())
    view.observe(lane, frame_at(2.0), Faces(), time.monotonic() + WATCHED_S + 1)
    assert view.newest() is None


def test_a_watcher_gets_the_newest_frame_without_a_copy(lane: Lane, frame_at: Callable[..., Frame]) -> None:
    view = LaneView()
    assert view.newest() is None
    for grab_s in (1.0, 2.0):
        frame = frame_at(grab_s)
        view.observe(lane, frame, Faces(), time.monotonic())
    seen = view.newest()
    assert seen
    assert seen.frame is frame
    assert seen.number == 2
    assert seen.state is lane.state


def test_the_frame_is_released_when_nobody_watches_any_more(lane: Lane, frame_at: Callable[..., Frame]) -> None:
    view = LaneView()
    view.newest()
    view.observe(lane, frame_at(1.0), Faces(), time.monotonic())
    view.tick(lane, time.monotonic() + WATCHED_S + 1)
    assert view.newest() is None


def test_ages_are_estimated_only_while_the_demonstration_has_a_sale_open(
    lane: Lane, frame_at: Callable[..., Frame], faces_of: Callable[..., Faces]
) -> None:
    view, faces = LaneView(), faces_of(Person(age=None))
    view.observe(lane, frame_at(1.0), faces, 1.0)
    assert not view.analysing
    assert view.should_sample(faces, frame_at(1.1)).tolist() == [False]
    with view.till() as till:
        till.scan("beer", 1.1)
    assert view.analysing
    assert view.should_sample(faces, frame_at(1.2)).tolist() == [True]


def test_the_snapshot_has_every_face_with_its_place_age_and_rejection_reasons(
    make_lane: Callable[..., Lane], make_settings: Callable[..., Settings], frame_at: Callable[..., Frame],
    faces_of: Callable[..., Faces],
) -> None:  # fmt: skip
    lane, view = make_lane(mode="continuous"), LaneView()
    view.newest()
    people = (
        Person(age=40),
        Person(track=2, x=0.3, eyes_px=10, age=None, reasons=("small",)),
        Person(track=3, x=0.02),
    )
    for number in range(8):
        now_s = time.monotonic() + number / 10
        frame = frame_at(now_s, number)
        lane.observe(faces_of(*people), frame, now_s)
        view.observe(lane, frame, faces_of(*people), now_s)
    seen = view.newest()
    assert seen
    content = answers.snapshot(seen, b"jpeg", make_settings())
    customer, small, outside = content["faces"]
    assert customer["is_customer"]
    assert customer["age"] == pytest.approx([40, 33, 47], abs=1)
    assert customer["box"] == pytest.approx([0.4375, 0.4167, 0.125, 0.1667], abs=0.001)
    assert (small["in_zone"], small["age"]) == (True, None)
    assert small["reasons"] == [{"ru": "лицо слишком далеко", "en": "the face is too far away"}]
    assert not outside["in_zone"]
    assert content["decision"] == "NO_CHALLENGE"
    assert content["advice"]["en"] == "Looks over 25. If in doubt, ask for ID."
    assert content["threshold"] == 25
    assert content["age"]["mean"] == pytest.approx(40, abs=0.1)


def test_the_snapshot_is_about_the_legal_age_of_the_demonstrations_sale(
    lane: Lane, make_settings: Callable[..., Settings], frame_at: Callable[..., Frame], faces_of: Callable[..., Faces]
) -> None:
    """The lane has a limit for 18 alone; the demonstration sells vodka from 21."""
    view = LaneView()
    view.newest()
    expected = {
        "beer": (25, "Looks over 25. If in doubt, ask for ID."),
        "vodka": (None, "Ask for ID (21 and over): everybody is asked."),
    }
    for start_s, (word, (threshold, advice)) in enumerate(expected.items()):
        for number in range(8):
            now_s = time.monotonic() + start_s + number / 10
            view.observe(lane, frame_at(now_s, number), faces_of(Person(age=40)), now_s)
            if number == 0:
                with view.till() as till:
                    till.scan(word, now_s)
        seen = view.newest()
        assert seen
        content = answers.snapshot(seen, b"jpeg", make_settings())
        assert (content["threshold"], content["advice"]["en"]) == (threshold, advice)


def test_a_picture_can_be_tried_as_other_settings_would_show_it(lane: Lane) -> None:
    as_sent = np.random.default_rng(0).integers(0, 256, (480, 704, 3), np.uint8)
    in_use, tried = PictureSettings(rotate=180, mirror=True), PictureSettings(aspect="16:9", rotate=90)
    frame = Frame(as_sent, 1.0, 0, "lane-1")
    view = LaneView()
    view.newest()
    view.observe(lane, as_set(frame, in_use), Faces(), time.monotonic())
    seen = view.newest()
    assert seen
    assert (seen.with_picture(tried).frame.pixels == as_set(frame, tried).pixels).all()
    assert (seen.with_picture(PictureSettings()).frame.pixels == as_sent).all()
    content = answers.snapshot(seen.with_picture(tried), b"jpeg", Settings())
    assert (content["width"], content["height"], content["faces"], content["decision"]) == (396, 704, [], None)
