"""Recordings and the test pattern, with their own times or in real time."""

from __future__ import annotations

import logging
import os
import socket
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edge.errors import UsageError
from edge.frames import Frame, MovingPattern, RealTime, VideoFile
from edge.frames.decoding import MOST_FRAME_PIXELS
from tests.edge.frames.timed_videos import RATE, numbered, write_timed_video
from tests.edge.frames.videos import corner_colours, corners, write_video


class FewFrames:
    """The moving pattern with a limited number of frames."""

    problem = ""

    def __init__(self, count: int) -> None:
        self._pattern, self._left = MovingPattern("lane-1"), count
        self.closed = False

    def read(self) -> Frame | None:
        self._left -= 1
        return self._pattern.read() if self._left >= 0 else None

    def close(self) -> None:
        self.closed = True


def test_the_test_pattern_is_640_by_480_at_30_frames_a_second_and_moves() -> None:
    pattern = MovingPattern("lane-7")
    frames = [pattern.read() for _ in range(31)]
    first, second, last = frames[0], frames[1], frames[30]
    assert first is not None
    assert second is not None
    assert last is not None
    assert (first.pixels.shape, first.pixels.dtype, first.lane) == ((480, 640, 3), np.uint8, "lane-7")
    assert [frame.sequence for frame in frames if frame] == list(range(31))
    assert (first.grab_s, last.grab_s) == (0, 1)
    assert (np.roll(first.pixels, 4, axis=1) == second.pixels).all()


def test_real_time_delivers_no_frame_early_and_changes_only_its_time() -> None:
    source, original = RealTime(MovingPattern("lane-1")), MovingPattern("lane-1")
    start_s = time.monotonic()
    for _ in range(4):
        played, as_recorded = source.read(), original.read()
        assert played is not None
        assert as_recorded is not None
        assert played.grab_s - start_s >= as_recorded.grab_s
        assert (played.sequence, played.lane) == (as_recorded.sequence, "lane-1")
        assert (played.pixels == as_recorded.pixels).all()


def test_real_time_ends_and_closes_with_its_source() -> None:
    source = FewFrames(1)
    played = RealTime(source)
    assert played.read() is not None
    assert played.read() is None
    played.close()
    assert source.closed


def frames_of(file: Path) -> list[Frame]:
    recording = VideoFile(file, "lane-1")
    frames = []
    while frame := recording.read():
        frames.append(frame)
    recording.close()
    return frames


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mkv", "libx264"), ("a.mp4", "libx264"), ("a.mp4", "mpeg4"), ("a.mov", "mpeg4"), ("a.avi", "mjpeg"),
        ("a.ts", "libx264"), ("a.webm", "libvpx"), ("a.flv", "libx264"), ("a.h264", "libx264"),
    ],
)  # fmt: skip
def test_every_picture_of_a_recording_is_delivered_in_order(name: str, codec: str, tmp_path: Path) -> None:
    frames = frames_of(write_timed_video(tmp_path / name, numbered(20), codec=codec))
    levels = [float(frame.pixels[-8:, -8:].mean()) for frame in frames]
    assert levels == sorted(levels)
    assert levels == pytest.approx([20 + 4 * number for number in range(20)], abs=6)
    assert [frame.sequence for frame in frames] == list(range(20))
    assert [frame.grab_s for frame in frames] == pytest.approx([number / RATE for number in range(20)], abs=0.001)
    assert (frames[0].pixels.shape, frames[0].pixels.dtype, frames[0].lane) == ((48, 64, 3), np.uint8, "lane-1")


@pytest.mark.parametrize(
    "name", [b"odd\xff.mkv", b"\xff.mp4", "Ёлка.mkv".encode(), b"%03d.mkv", b"http:a.mkv", b"a\nb.mkv"]
)
def test_a_recording_may_have_any_name(name: bytes, tmp_path: Path) -> None:
    file = write_timed_video(tmp_path / "a.mkv", numbered(3)).rename(tmp_path / os.fsdecode(name))
    assert len(frames_of(file)) == 3


def test_a_recording_that_changes_its_size_goes_on(tmp_path: Path) -> None:
    small = write_timed_video(tmp_path / "small.ts", numbered(5), codec="libx264")
    large = write_timed_video(tmp_path / "large.ts", numbered(5, 128, 96), codec="libx264")
    (tmp_path / "both.ts").write_bytes(small.read_bytes() + large.read_bytes())
    assert {frame.pixels.shape for frame in frames_of(tmp_path / "both.ts")} == {(48, 64, 3), (96, 128, 3)}


def test_a_damaged_part_is_left_out_and_the_rest_is_played(tmp_path: Path) -> None:
    file = write_timed_video(tmp_path / "a.avi", numbered(20), codec="mjpeg")
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    file.write_bytes(content)
    assert 15 <= len(frames_of(file)) < 20


def test_a_recording_that_is_cut_off_is_played_to_its_end(tmp_path: Path) -> None:
    file = write_timed_video(tmp_path / "a.mkv", numbered(50), codec="libx264")
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 4])
    assert 10 < len(frames_of(file)) < 50


def test_pictures_of_enormous_size_are_not_decoded(tmp_path: Path) -> None:
    file = write_timed_video(tmp_path / "a.avi", numbered(2), codec="mjpeg")
    # The height and width of a JPEG.
    content = file.read_bytes().replace(bytes([0, 48, 0, 64, 3]), bytes([0xFF, 0xDC, 0xFF, 0xDC, 3]))
    assert MOST_FRAME_PIXELS < 0xFFDC**2
    file.write_bytes(content)
    with pytest.raises(UsageError, match="is not a video"):
        VideoFile(file, "lane-1")


def test_a_playlist_opens_no_other_file_and_no_connection(tmp_path: Path) -> None:
    segment = write_timed_video(tmp_path / "a.ts", numbered(5))
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        for target in (f"http://127.0.0.1:{server.getsockname()[1]}/a.ts", segment, segment.as_uri()):
            playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"
            (tmp_path / "a.m3u8").write_text(playlist, encoding="utf-8")
            (tmp_path / "a.ffconcat").write_text(f"ffconcat version 1.0\nfile {target}\n", encoding="utf-8")
            for name in ("a.m3u8", "a.ffconcat"):
                with pytest.raises(UsageError, match="is not a video"):
                    VideoFile(tmp_path / name, "lane-1")
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    ("name", "problem"), [("gone.mkv", "no video at"), (".", "no video at"), ("a" * 300, "File name too long")]
)
def test_a_recording_that_is_no_file_is_rejected(name: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=problem):
        VideoFile(tmp_path / name, "lane-1")


def test_nothing_comes_from_a_closed_recording(tmp_path: Path) -> None:
    recording = VideoFile(write_timed_video(tmp_path / "a.mkv", numbered(9)), "lane-1")
    assert recording.read()
    recording.close()
    recording.close()
    assert recording.read() is None


FORWARD = [*(number / RATE for number in range(5)), *(36_000 + number / RATE for number in range(5))]


@pytest.mark.parametrize("way", ["forward", "back"])
def test_a_jump_in_the_times_is_played_at_once_or_in_five_seconds_and_said_once(
    way: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if way == "forward":
        file = write_timed_video(tmp_path / "a.mkv", numbered(10), FORWARD)
    else:
        file = tmp_path / "a.ts"
        parts = [
            write_timed_video(tmp_path / f"{start}.ts", numbered(5), [start + n / RATE for n in range(5)])
            for start in (60, 0)
        ]
        file.write_bytes(b"".join(part.read_bytes() for part in parts))
    with caplog.at_level(logging.WARNING):
        times = [frame.grab_s for frame in frames_of(file)]
    assert np.diff(times) == pytest.approx([0.04] * 4 + [5 if way == "forward" else 0.04] + [0.04] * 4, abs=0.001)
    assert len(caplog.messages) == 1
    assert "its time jumps by" in caplog.text


def test_real_time_waits_for_no_jump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now_s[0] += seconds

    monkeypatch.setattr("edge.frames.recording.time", SimpleNamespace(monotonic=lambda: now_s[0], sleep=sleep))
    source = RealTime(VideoFile(write_timed_video(tmp_path / "a.mkv", numbered(10), FORWARD), "lane-1"))
    while source.read():
        pass
    source.close()
    assert max(waits) == pytest.approx(5)
    assert now_s == pytest.approx([5 + 8 / RATE], abs=0.001)


@pytest.mark.slow
def test_a_recording_never_has_a_problem(demo_clip: Path) -> None:
    recording = VideoFile(demo_clip, "lane-1")
    assert recording.problem == MovingPattern("lane-1").problem == RealTime(recording).problem == ""
    recording.close()


def first_picture(file: Path) -> np.ndarray:
    recording = VideoFile(file, "lane-1")
    frame = recording.read()
    recording.close()
    assert frame
    return frame.pixels


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_recording_that_declares_the_shape_of_its_pixels_is_given_with_square_ones(name: str, tmp_path: Path) -> None:
    file = write_video(tmp_path / name, [corners(480, 704)], Fraction(40, 33))
    assert first_picture(file).shape == (396, 704, 3)
    file = write_video(tmp_path / name, [corners(288, 704)], Fraction(6, 11))
    assert first_picture(file).shape == (288, 384, 3)


def test_a_recording_that_declares_nothing_is_given_as_it_is(tmp_path: Path) -> None:
    assert first_picture(write_video(tmp_path / "clip.mp4", [corners(480, 704)])).shape == (480, 704, 3)


@pytest.mark.parametrize(("turn", "seen"), [(0, "rg.."), (90, ".r.g"), (180, "..gr"), (270, "g.r.")])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_a_recording_that_declares_a_turn_is_given_upright(turn: int, seen: str, name: str, tmp_path: Path) -> None:
    picture = first_picture(write_video(tmp_path / name, [corners()], turn=turn))
    assert corner_colours(picture) == seen
    assert picture.shape == ((176, 120, 3) if turn % 180 else (120, 176, 3))


def test_a_recording_may_declare_both_for_the_picture_before_it_is_turned(tmp_path: Path) -> None:
    picture = first_picture(write_video(tmp_path / "clip.mp4", [corners(480, 704)], Fraction(40, 33), turn=90))
    assert (picture.shape, corner_colours(picture)) == ((704, 396, 3), ".r.g")
