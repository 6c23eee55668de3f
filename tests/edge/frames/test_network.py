"""A network camera's stream: undamaged pictures with the camera's times, and the reason when it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from edge.errors import RunError
from edge.frames import network
from edge.frames.network import NetworkStream
from tests.cameras.rtsp import RtspCamera, error_of, number_of
from tests.edge.frames.videos import corner_colours, corners, write_video

CLOSED_CAPTIONS_CUT_SHORT = b"\x06\x04\x20\xb5\x00\x31GA94\x03"
"""A NAL unit that announces more data than it has; the picture after it is undamaged."""

DISPLAY_ORIENTATION_90 = b"\x06\x2f\x03\x08\x00\x14\x80"
"""An SEI message (ITU-T H.264, D.2.26): turn the pictures counter-clockwise by a quarter before they are shown."""


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    camera = RtspCamera(frames_per_second=60)
    yield camera
    camera.stop()


def read_many(stream: NetworkStream) -> None:
    for _ in range(1000):
        stream.read()


def test_pictures_arrive_undamaged_and_in_order_with_the_cameras_times(camera: RtspCamera) -> None:
    stream = NetworkStream(camera.url)
    read = [stream.read() for _ in range(20)]
    stream.close()
    pictures = [pixels for pixels, _ in read if pixels is not None]
    numbers = [number_of(pixels) for pixels in pictures]
    assert numbers == list(range(numbers[0], numbers[0] + 20))
    assert {(pixels.shape, pixels.dtype) for pixels in pictures} == {((240, 320, 3), np.dtype(np.uint8))}
    assert max(error_of(pixels) for pixels in pictures) < 7
    drawn_s = [camera.drawn_s[number] for number in numbers]
    assert np.diff([time_s for _, time_s in read]).sum() == pytest.approx(drawn_s[-1] - drawn_s[0], abs=0.2)


def test_a_camera_that_disappears_ends_the_stream_with_the_reason(camera: RtspCamera) -> None:
    stream = NetworkStream(camera.url)
    camera.stop()
    with pytest.raises(RunError, match=r"the stream has ended|Connection reset by peer|End of file"):
        read_many(stream)
    stream.close()


def test_a_silent_camera_ends_the_stream(camera: RtspCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_STREAM_SILENT_S", 1.0)
    stream = NetworkStream(camera.url)
    camera.silent = True
    with pytest.raises(RunError, match="nothing came for 1 s"):
        read_many(stream)
    stream.close()


def test_a_stream_that_is_never_valid_is_decoded_leniently(
    camera: RtspCamera, caplog: pytest.LogCaptureFixture
) -> None:
    camera.extra_nal_unit = CLOSED_CAPTIONS_CUT_SHORT
    stream = NetworkStream(camera.url)
    read = [stream.read()[0] is not None for _ in range(130)]
    stream.close()
    assert (read[:100], read[-20:]) == ([False] * 100, [True] * 20)
    assert [(record.levelno, record.message) for record in caplog.records] == [
        (logging.WARNING, "the camera's stream is never valid: damaged pictures cannot be recognised")
    ]


def test_pictures_with_a_declared_pixel_shape_arrive_with_square_pixels(camera: RtspCamera) -> None:
    camera.size, camera.pixel_aspect = (352, 240), Fraction(40, 33)
    stream = NetworkStream(camera.url)
    pixels = first_good(stream)
    assert (pixels.shape, error_of(pixels) < 7) == ((198, 352, 3), True)
    # The camera is set to another size and shape while it runs.
    camera.pixel_aspect, camera.size = Fraction(6, 11), (352, 144)
    assert (144, 192, 3) in {picture.shape for picture in pictures_of(stream, 40)}
    stream.close()


def test_pictures_with_a_declared_turn_arrive_upright(camera: RtspCamera) -> None:
    camera.extra_nal_unit = DISPLAY_ORIENTATION_90
    camera.picture = lambda _, width, height: corners(height, width)
    stream = NetworkStream(camera.url)
    pixels = first_good(stream)
    stream.close()
    assert (pixels.shape, corner_colours(pixels)) == ((320, 240, 3), "g.r.")


@pytest.mark.parametrize(("turn", "seen"), [(0, "rg.."), (90, ".r.g"), (180, "..gr"), (270, "g.r.")])
def test_a_turn_that_only_the_container_declares_is_honoured(turn: int, seen: str, tmp_path: Path) -> None:
    stream = NetworkStream(str(write_video(tmp_path / "stream.mp4", [corners()], turn=turn)))
    assert corner_colours(first_good(stream)) == seen
    stream.close()


def pictures_of(stream: NetworkStream, count: int) -> list[np.ndarray]:
    return [pixels for pixels, _ in (stream.read() for _ in range(count)) if pixels is not None]


def first_good(stream: NetworkStream) -> np.ndarray:
    return pictures_of(stream, 1)[0]


@pytest.fixture
def web_camera() -> Iterator[str]:
    """Answers /404 with that status, and /200 with what is no video. Returns its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<html>Please log in</html>" * 100
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("200", "what it sends is no video that can be read: give the address of its video stream"),
        ("400", "it rejects this address: check the path, user and password"),
        ("401", "it wants another user or password"),
        ("403", "this user may not see it"),
        ("404", "it has nothing at this address: check the path after its name"),
        ("503", "it has an error of its own: restart it"),
    ],
)
def test_a_camera_that_gives_no_video_is_reported_in_plain_words(web_camera: str, path: str, reason: str) -> None:
    with pytest.raises(RunError) as problem:
        NetworkStream(f"{web_camera}/{path}")
    assert str(problem.value) == reason
