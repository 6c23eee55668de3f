"""An address of a camera is polled for single pictures, or read as a stream, whichever its answer is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from edge.errors import RunError
from edge.frames import snapshots
from edge.frames.network import NetworkStream
from edge.frames.snapshots import HttpCamera, Snapshots
from edge.frames.stream import Capture
from tests.cameras.rtsp import number_of, scene
from tests.cameras.snapshots import SnapshotCamera, jpeg, motion_jpeg, send, status

PICTURE = jpeg(scene(7, 320, 240))


@pytest.fixture
def camera() -> Iterator[SnapshotCamera]:
    camera = SnapshotCamera()
    yield camera
    camera.stop()


def kind_of(camera: SnapshotCamera) -> type[Capture]:
    with closing(HttpCamera(camera.url)()) as capture:
        assert capture.read()[0] is not None
        return type(capture)


def test_an_answer_of_the_type_image_is_a_single_picture(camera: SnapshotCamera) -> None:
    camera.content_type = "image/jpg"
    assert kind_of(camera) is Snapshots


@pytest.mark.parametrize("content_type", ["", "application/octet-stream"])
def test_a_picture_whose_type_the_camera_does_not_say_is_known_by_how_it_begins(
    content_type: str, camera: SnapshotCamera
) -> None:
    camera.content_type = content_type
    assert kind_of(camera) is Snapshots


def test_a_multipart_answer_is_a_stream(camera: SnapshotCamera) -> None:
    camera.answer = motion_jpeg
    assert kind_of(camera) is NetworkStream


def test_a_web_page_is_neither(camera: SnapshotCamera) -> None:
    camera.answer = status(200)
    with pytest.raises(RunError, match="it answers with a web page, not with a picture: is the address right"):
        HttpCamera(camera.url)()


def test_a_known_stream_is_opened_again_without_asking_what_it_is(camera: SnapshotCamera) -> None:
    """Such a camera may serve one connection at a time."""
    camera.answer = motion_jpeg
    opener = HttpCamera(camera.url)
    for requests in (2, 3, 4):
        opener().close()
        assert len(camera.requests) == requests


def test_a_stream_that_has_become_a_snapshot_address_is_recognised_at_the_second_attempt(
    camera: SnapshotCamera,
) -> None:
    camera.answer = motion_jpeg
    opener = HttpCamera(camera.url)
    opener().close()
    camera.answer = status(404)
    with pytest.raises(RunError):
        opener()
    camera.answer = None
    with closing(opener()) as capture:
        assert isinstance(capture, Snapshots)


def test_a_picture_has_the_time_at_which_its_answer_began(camera: SnapshotCamera) -> None:
    camera.body_s = 0.2
    with closing(HttpCamera(camera.url)()) as capture:
        for number in (1, 2, 3):
            began_s = time.monotonic()
            pixels, grab_s = capture.read()
            assert pixels is not None
            assert number_of(pixels) == number
            assert grab_s <= time.monotonic() - 0.2
            assert number == 1 or grab_s >= began_s
        assert capture.has_grab_times


def test_the_same_picture_is_ignored_for_a_while(camera: SnapshotCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_REPEATED_S", 0.5)
    camera.frozen = True
    with closing(HttpCamera(camera.url)()) as capture:
        capture.read()
        began_s = time.monotonic()
        pixels, _ = capture.read()
        assert pixels is not None
        assert (number_of(pixels), time.monotonic() - began_s > 0.5) == (1, True)


@pytest.mark.parametrize(
    "change",
    [lambda picture: picture[:-200], lambda picture: b"GIF89a" + picture, lambda _: b"", lambda _: b"<html>"],
    ids=["cut off", "of another kind", "empty", "text"],
)
def test_a_damaged_picture_is_none(change: Callable[[bytes], bytes], camera: SnapshotCamera) -> None:
    with closing(HttpCamera(camera.url)()) as capture:
        capture.read()
        camera.change = change
        assert capture.read()[0] is None
        camera.change = bytes
        assert capture.read()[0] is not None


def test_an_answer_that_is_no_picture_any_more_ends_the_reading(camera: SnapshotCamera) -> None:
    def text(request: BaseHTTPRequestHandler) -> None:
        send(request, b"busy", "text/plain")

    with closing(HttpCamera(camera.url)()) as capture:
        capture.read()
        camera.answer = text
        with pytest.raises(RunError, match="it does not answer with a picture any more"):
            capture.read()


def test_closing_before_the_first_read_leaves_no_connection_open(camera: SnapshotCamera) -> None:
    camera.keep_alive = False
    HttpCamera(camera.url)().close()
