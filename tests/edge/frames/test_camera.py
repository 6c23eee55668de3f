"""Reopening a camera: its threads, blocked reads, and when problems are reported."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import pytest

from edge.errors import RunError
from edge.frames import Camera, camera, start_in_background
from edge.frames.network import NetworkStream
from edge.frames.stream import Capture
from tests.cameras.rtsp import Pixels, number_of, scene
from tests.cameras.viewer import WITHIN_S, Viewer


class Source:
    """A simulated camera, controlled by the test. The first opening delivers one picture on its own."""

    def __init__(self) -> None:
        self.openings: list[Opening] = []
        self.available = True
        self.first: Callable[[Opening], None] = Opening.give

    def open(self) -> Capture:
        if not self.available:
            raise RunError("Connection refused")
        self.openings.append(Opening())
        if len(self.openings) == 1:
            self.first(self.openings[0])
        return self.openings[-1]

    def give(self) -> None:
        """Give a picture to the latest opening: a busy machine may open it again meanwhile."""
        self.openings[-1].give()


class Opening:
    """One opening of the camera; reads block until the test provides a picture or an error."""

    has_grab_times = False

    def __init__(self) -> None:
        self._given: queue.Queue[Pixels | RunError | None] = queue.Queue()
        self._number = 0
        self.closed = threading.Event()

    def give(self, count: int = 1, first: int = 1) -> None:
        """Give new pictures. first: the lowest number that they may have."""
        for _ in range(count):
            self._number = max(first, self._number + 1)
            self._given.put(scene(self._number, 64, 48))

    def damage(self) -> None:
        self._given.put(None)

    def freeze(self) -> None:
        self._given.put(scene(self._number, 64, 48))

    def end(self, why: str) -> None:
        self._given.put(RunError(why))

    def read(self) -> tuple[Pixels | None, float]:
        given = self._given.get()
        if isinstance(given, RunError):
            raise given
        return given, time.monotonic()

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """A simulated camera; all time limits are a tenth."""
    for name in (
        "_PROBLEM_S",
        "_CAMERA_SILENT_S",
        "_OPENING_S",
        "_REOPEN_S",
        "_USELESS_S",
        "_CAMERA_POLL_S",
        "_CLOSE_S",
    ):
        monkeypatch.setattr(camera, name, getattr(camera, name) / 10)
    played = Source()
    yield played
    for opening in played.openings:
        opening.end("end of test")


@pytest.fixture
def watch(source: Source) -> Iterator[Viewer]:
    viewer = Viewer(Camera("cam", "lane-1", source.open, start_in_background))
    yield viewer
    viewer.close()


def test_frames_have_the_lane_and_the_time_and_are_numbered_across_reopenings(source: Source, watch: Viewer) -> None:
    watch.wait_for(lambda: watch.frames, meanwhile=source.give)
    source.openings[0].end("the stream has ended")
    watch.wait_for(lambda: len(source.openings) >= 2)
    count = len(watch.frames)
    watch.wait_for(lambda: len(watch.frames) > count, meanwhile=source.give)
    numbers = [frame.sequence for frame in watch.frames]
    assert numbers == sorted(set(numbers))
    assert {frame.lane for frame in watch.frames} == {"lane-1"}
    assert time.monotonic() - watch.frames[-1].grab_s < WITHIN_S


def test_a_source_that_ends_is_closed_and_reopened_and_the_reason_reported(source: Source, watch: Viewer) -> None:
    source.available = False
    source.openings[0].end("the device has gone")
    assert source.openings[0].closed.wait(WITHIN_S)
    why = "the camera gives no picture (Connection refused): check its power, its cable, the network"
    watch.wait_for(lambda: watch.problem == why)
    source.available = True
    watch.wait_for(lambda: len(source.openings) >= 2)
    watch.wait_for(lambda: watch.problem == "" and watch.frames, meanwhile=source.give)


def test_a_blocked_read_is_abandoned_and_delivers_nothing_when_it_returns(source: Source, watch: Viewer) -> None:
    watch.wait_for(lambda: len(source.openings) >= 2)
    assert watch.problem == "the camera gives no picture: check its power, its cable, the network"
    watch.wait_for(lambda: watch.frames, meanwhile=source.give)
    assert not source.openings[0].closed.is_set(), "a camera cannot be closed during a read"
    source.openings[0].give(6, first=1000)
    assert source.openings[0].closed.wait(WITHIN_S)
    assert not [frame for frame in watch.frames if number_of(frame.pixels) >= 1000]


def test_at_most_eight_blocked_reads_are_abandoned(source: Source, watch: Viewer) -> None:
    watch.wait_for(lambda: len(source.openings) == 9)
    time.sleep(0.5)
    assert len(source.openings) == 9
    source.openings[3].give()
    watch.wait_for(lambda: len(source.openings) == 10)
    assert source.openings[3].closed.is_set()


def test_when_all_reads_are_blocked_the_last_one_still_delivers(source: Source, watch: Viewer) -> None:
    watch.wait_for(lambda: len(source.openings) == 9)
    watch.wait_for(lambda: watch.frames and not watch.problem, meanwhile=source.give)


def test_a_frozen_camera_is_reopened_from_time_to_time(
    source: Source, watch: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_CAMERA_SILENT_S", 3600)
    monkeypatch.setattr(camera, "_USELESS_S", 3600)
    frozen = "the camera sends the same picture again and again: restart it"
    watch.wait_for(lambda: watch.problem == frozen, meanwhile=source.openings[0].freeze)
    assert not watch.frames
    assert len(source.openings) == 1
    monkeypatch.setattr(camera, "_USELESS_S", 0.5)
    watch.wait_for(lambda: len(source.openings) >= 2, meanwhile=source.openings[0].freeze)
    watch.wait_for(lambda: watch.frames, meanwhile=source.give)


def test_damaged_pictures_are_reported_without_reopening(
    source: Source, watch: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_CAMERA_SILENT_S", 3600)
    monkeypatch.setattr(camera, "_USELESS_S", 3600)
    damaged = "the camera's pictures arrive damaged: check its cable and the network"
    watch.wait_for(lambda: watch.problem == damaged, meanwhile=source.openings[0].damage)
    assert len(source.openings) == 1


def test_a_closed_camera_delivers_no_more_frames_and_closes_its_source(source: Source) -> None:
    playing = Camera("cam", "lane-1", source.open, start_in_background)
    closing = threading.Timer(0.1, playing.close)
    closing.start()
    assert playing.read() is None
    source.openings[0].give()
    closing.join()
    assert source.openings[0].closed.wait(WITHIN_S)
    assert playing.read() is None


def test_closing_during_a_reopening_closes_the_new_opening(source: Source) -> None:
    playing: list[Camera] = []

    def start(body: Callable[[], None], name: str) -> None:
        for reopening in playing:
            reopening.close()
        start_in_background(body, name)

    playing.append(Camera("cam", "lane-1", source.open, start))
    source.openings[0].end("the device has gone")
    viewer = Viewer(playing[0])
    viewer.wait_for(lambda: len(source.openings) >= 2)
    while not source.openings[1].closed.wait(0.05):
        source.openings[1].give()


def test_a_camera_with_bad_pictures_does_not_prevent_the_start(source: Source) -> None:
    """For example, it is still dark because the shop opens in an hour."""
    source.first = Opening.damage
    playing = Camera("cam", "lane-1", source.open, start_in_background)
    assert playing.problem == ""
    source.openings[0].give()
    playing.close()


def test_the_error_for_a_camera_without_a_picture_at_the_start_names_it(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_FIRST_PICTURE_S", 0.1)
    source.first = lambda _: None
    with pytest.raises(RunError, match=r"camera 7 gives no picture: is it plugged in.*\(nothing came for 0 s\)"):
        Camera("7", "lane-1", source.open, start_in_background)


def test_a_patient_camera_waits_for_its_source(source: Source) -> None:
    source.available = False
    viewer = Viewer(Camera("cam", "lane-1", source.open, start_in_background, patient=True))
    why = "the camera gives no picture (Connection refused): check its power, its cable, the network"
    viewer.wait_for(lambda: viewer.problem == why)
    source.available = True
    viewer.wait_for(lambda: source.openings)
    viewer.wait_for(lambda: viewer.frames and not viewer.problem, meanwhile=source.give)
    viewer.close()


def test_the_threads_of_a_camera_are_started_by_the_given_function(source: Source) -> None:
    started: list[str] = []

    def start(body: Callable[[], None], name: str) -> None:
        started.append(name)
        start_in_background(body, name)

    playing = Camera("cam", "lane-9", source.open, start)
    assert started == ["camera of lane-9"]
    source.openings[0].give()
    playing.close()


def test_a_pipe_that_blocks_the_driver_and_continues(tmp_path: Path) -> None:
    """A real read(2) in FFmpeg, which cannot be interrupted."""
    pipe = tmp_path / "camera.mjpeg"
    os.mkfifo(pipe)
    sending, over = threading.Event(), threading.Event()
    sending.set()

    def write() -> None:
        number = 0
        with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as end:
            while not over.is_set():
                if sending.wait(0.1):
                    number += 1
                    end.write(cv2.imencode(".jpg", scene(number, 320, 240))[1].tobytes())
                    over.wait(1 / 30)

    writing = threading.Thread(target=write)
    writing.start()
    watch = Viewer(Camera("pipe", "lane-1", lambda: NetworkStream(str(pipe)), start_in_background))
    watch.wait_for(lambda: watch.frames)
    before = threading.active_count()
    sending.clear()
    watch.wait_for(lambda: watch.problem)
    watch.wait_for(lambda: threading.active_count() > before)
    count = len(watch.frames)
    sending.set()
    watch.wait_for(lambda: len(watch.frames) > count + 10 and not watch.problem)
    watch.wait_for(lambda: threading.active_count() <= before)
    watch.close()
    over.set()
    # Readers of the pipe now get its end.
    writing.join()
