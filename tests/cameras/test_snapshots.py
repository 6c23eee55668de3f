"""Cameras that give a picture each time that they are asked: they work, and fail, like any other camera."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator

import pytest

from edge.errors import RunError
from edge.frames import open_camera, start_in_background
from tests.cameras.rtsp import black, error_of, number_of
from tests.cameras.snapshots import PASSWORD, Answer, SnapshotCamera, motion_jpeg, redirect, status
from tests.cameras.viewer import Viewer

pytestmark = pytest.mark.slow

NO_PICTURE = "the camera gives no picture{}: check its power, its cable, the network"
DAMAGED = "the camera's pictures arrive damaged: check its cable and the network"
FROZEN = "the camera sends the same picture again and again: restart it"


@pytest.fixture
def snapshots() -> Iterator[SnapshotCamera]:
    camera = SnapshotCamera()
    yield camera
    camera.stop()


@pytest.fixture
def watch(snapshots: SnapshotCamera) -> Iterator[Callable[..., Viewer]]:
    """Opens the camera, by default without waiting for its first picture."""
    opened: list[Viewer] = []

    def open_it(url: str | None = None) -> Viewer:
        opened.append(Viewer(open_camera(url or snapshots.url, "lane-1", start_in_background, patient=True)))
        return opened[-1]

    yield open_it
    for viewer in opened:
        viewer.close()


def test_eight_pictures_a_second_arrive_in_order_over_one_connection(
    snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    viewer = watch()
    viewer.wait_for(lambda: len(viewer.frames) > 24)
    # A busy machine may interrupt them.
    assert snapshots.connections < 5
    numbers = [number_of(frame.pixels) for frame in viewer.frames]
    assert numbers == sorted(set(numbers))
    assert max(error_of(frame.pixels) for frame in viewer.frames) < 7
    grabs_s = [frame.grab_s for frame in viewer.frames]
    assert (grabs_s[-1] - grabs_s[0]) / (len(grabs_s) - 1) >= 0.12, "a camera is not asked more often than 8 times a s"


@pytest.mark.parametrize("password", ["basic", "digest"])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_camera_with_a_password_costs_one_request_more_in_all(
    password: str, keep_alive: bool, snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    snapshots.password, snapshots.keep_alive = password, keep_alive
    viewer = watch(snapshots.url_with_password)
    viewer.wait_for(lambda: len(viewer.frames) > 20)
    assert len(snapshots.requests) < 1.5 * len(viewer.frames)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(404), "it answers 404 Not Found"),
        (status(500), "it answers 500 Internal Server Error"),
        (status(401), "it answers 401 Unauthorized: are user and password right?"),
        (status(599), "it answers 599"),
        (status(200), "it answers with a web page, not with a picture: is the address right?"),
        (redirect("/snap.jpg"), "it redirects again and again: is the address right?"),
        (redirect("http://127.0.0.2/snap.jpg"), "it redirects to another host: write that address into camera, if it "
         "is the camera's"),
    ],
)  # fmt: skip
def test_another_answer_than_a_picture_is_the_problem_until_pictures_come_again(
    answer: Answer, why: str, snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    viewer = watch()
    viewer.wait_for(lambda: viewer.frames and not viewer.problem)
    snapshots.answer = answer
    viewer.wait_for(lambda: viewer.problem == NO_PICTURE.format(f" ({why})"))
    count = len(viewer.frames)
    snapshots.answer = None
    viewer.wait_for(lambda: not viewer.problem and len(viewer.frames) > count)


def test_a_camera_that_disappears_comes_back(snapshots: SnapshotCamera, watch: Callable[..., Viewer]) -> None:
    viewer = watch()
    viewer.wait_for(lambda: viewer.frames)
    snapshots.stop()
    viewer.wait_for(lambda: viewer.problem == NO_PICTURE.format(" (Connection refused)"))
    snapshots.start()
    viewer.wait_for(lambda: not viewer.problem)


@pytest.mark.parametrize(
    ("name", "faulty", "problem"),
    [
        ("change", lambda body: body[: len(body) // 2], DAMAGED),
        ("change", lambda _: b"", DAMAGED),
        ("change", lambda body: body[:200] + bytes(400) + body[600:], DAMAGED),
        ("frozen", True, FROZEN),
        ("picture", black, "the camera's picture is black: is there light, and is the lens free?"),
        ("delay_s", 20.0, NO_PICTURE.format("")),
    ],
    ids=["cut off", "empty", "damaged", "frozen", "black", "silent"],
)
def test_bad_pictures_are_dropped_and_named(
    name: str, faulty: object, problem: str, snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    viewer = watch()
    viewer.wait_for(lambda: viewer.frames)
    good = getattr(snapshots, name)
    setattr(snapshots, name, faulty)
    viewer.wait_for(lambda: viewer.problem == problem)
    assert max(error_of(frame.pixels) for frame in viewer.frames) < 7
    setattr(snapshots, name, good)
    viewer.wait_for(lambda: not viewer.problem)


@pytest.mark.parametrize(("name", "rate"), [("renewed_each_s", 1.0), ("delay_s", 1.0), ("body_s", 0.8)])
def test_a_slow_camera_is_reported_with_its_rate(
    name: str, rate: float, snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    """It renews its picture seldom, or is slow to answer, or to send its picture."""
    setattr(snapshots, name, 1 / rate)
    viewer = watch()

    def rate_in_problem() -> float:
        found = re.match(r"the camera gives (\d\.\d) pictures a second, 3 are needed", viewer.problem)
        return float(found[1]) if found else 0.0

    viewer.wait_for(lambda: rate_in_problem() == pytest.approx(rate, rel=0.25))
    assert viewer.frames == []


def test_a_picture_that_is_renewed_four_times_a_second_is_used_once(
    snapshots: SnapshotCamera, watch: Callable[..., Viewer]
) -> None:
    snapshots.renewed_each_s = 0.25
    viewer = watch()
    viewer.wait_for(lambda: len(viewer.frames) > 10)
    numbers = [number_of(frame.pixels) for frame in viewer.frames]
    assert numbers == sorted(set(numbers))
    viewer.wait_for(lambda: not viewer.problem)


def test_a_frame_was_grabbed_when_its_answer_began(snapshots: SnapshotCamera, watch: Callable[..., Viewer]) -> None:
    snapshots.body_s = 0.2
    viewer = watch()
    viewer.wait_for(lambda: len(viewer.frames) > 3)
    assert time.monotonic() - viewer.frames[-1].grab_s > 0.2


def test_a_stream_of_jpeg_pictures_is_read_as_a_stream(snapshots: SnapshotCamera, watch: Callable[..., Viewer]) -> None:
    snapshots.answer = motion_jpeg
    viewer = watch()
    viewer.wait_for(lambda: len(viewer.frames) > 20)
    assert len(snapshots.requests) < 6


def test_a_camera_that_was_never_there_fails_at_once_unless_it_is_waited_for(snapshots: SnapshotCamera) -> None:
    snapshots.answer = status(404)
    with pytest.raises(RunError, match=r"gives no picture: is it plugged in, .* \(it answers 404 Not Found\)"):
        open_camera(snapshots.url, "lane-1", start_in_background)


def test_no_log_line_has_the_password(
    snapshots: SnapshotCamera, watch: Callable[..., Viewer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    snapshots.password = "digest"
    viewer = watch(snapshots.url_with_password)
    viewer.wait_for(lambda: viewer.frames)
    for answer in (status(401), status(404), redirect("http://user:s%3Ae@[/")):
        snapshots.answer = answer
        viewer.wait_for(lambda: viewer.problem.startswith("the camera gives no picture (it "))
        snapshots.answer, count = None, len(viewer.frames)
        viewer.wait_for(lambda: len(viewer.frames) > count)  # noqa: B023
    snapshots.stop()
    viewer.wait_for(lambda: "Connection refused" in viewer.problem)
    assert any(message.startswith(f"camera {snapshots.url}: ") for message in caplog.messages)
    for secret in (PASSWORD, "ret@", "s%3A"):
        assert secret not in caplog.text
