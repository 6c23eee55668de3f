"""A camera that shows no faces while sales go on, or hangs upside down, is a problem of the lane until that ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.frames import Frame, FrameSource, MovingPattern, RealTime, VideoFile, capture
from edge.lane import camera_aim
from edge.lane.camera_aim import NO_FACE, OUTSIDE, REJECTED, CameraAim
from edge.lane.counts import FaceCounts
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth
from edge.lane.loop import LaneLoop
from edge.settings.sections import PictureSettings
from edge.till.messages import Hello, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from edge.vision.faces import AGES
from tests.edge.people import settings_with

MINUTE_S = 60.0
UPRIGHT = PictureSettings()


class Day:
    """A lane's day: sales and faces, as the counts of the lane show them."""

    def __init__(self) -> None:
        self.aim, self.faces = CameraAim(), FaceCounts()
        self.now_s, self.closed, self.blind = 1000.0, 0, False

    def sell(self, sales: int = 1, minutes_each: float = 10) -> None:
        for _ in range(sales):
            self._pass(minutes_each * MINUTE_S)
            self.closed += 1
            self._pass(1)

    def see(self, outcome: str, reason: str = "") -> None:
        self.faces.outcomes[outcome] += 1
        if reason:
            self.faces.rejections[reason] += 1
        self._pass(1)

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        self.aim.follow(self.closed, self.faces, self.now_s, blind=self.blind)

    @property
    def problem(self) -> str:
        return self.aim.problem(self.faces, UPRIGHT)


@pytest.fixture
def day() -> Day:
    return Day()


def test_ten_sales_in_an_hour_without_a_face_are_a_problem_that_ends_with_the_next_face(day: Day) -> None:
    day.see("estimated")
    day.sell(9)
    assert day.problem == ""
    day.sell(1)
    assert day.problem == f"no face was measured during the last 10 sales, for 1.5 hours: {NO_FACE}"
    day.see("estimated")
    assert day.problem == ""
    day.sell(9)
    assert day.problem == ""


def test_many_sales_within_minutes_are_not_enough(day: Day) -> None:
    day.sell(30, minutes_each=1)
    assert day.problem == ""
    day.sell(40, minutes_each=1)
    assert day.problem.startswith("no face was measured during the last 70 sales, for 1.2 hours")


def test_a_night_without_sales_is_not_counted(day: Day) -> None:
    day.see("estimated")
    day.now_s += 12 * 60 * MINUTE_S
    day.sell(12, minutes_each=1)
    assert day.problem == ""


def test_sales_while_there_is_no_picture_prove_nothing(day: Day) -> None:
    day.blind = True
    day.sell(30)
    day.blind = False
    assert day.problem == ""
    day.sell(9)
    assert day.problem == ""
    day.sell(1)
    assert day.problem.startswith("no face was measured during the last 10 sales")


def test_a_face_in_one_sale_of_nine_is_enough(day: Day) -> None:
    for _ in range(10):
        day.sell(8)
        day.see("estimated")
    assert day.problem == ""


def test_the_fix_fits_what_is_seen(day: Day) -> None:
    day.see("refused", "small")
    day.sell(10)
    assert day.problem.endswith(NO_FACE), "what was before does not count"
    day.see("skipped")
    assert day.problem.endswith(OUTSIDE)
    for reason in ("dark", "blurred", "dark"):
        day.see("refused", reason)
    assert day.problem.endswith(REJECTED.format(reason="dark"))


def test_changed_settings_begin_anew(day: Day) -> None:
    day.sell(10)
    day.aim.reset()
    assert day.problem == ""
    day.sell(9)
    assert day.problem == ""


def tries(aim: CameraAim, seconds: int) -> list[int]:
    """The turns that are tried within so many seconds of sales."""
    return [turn for second in range(seconds) if (turn := aim.turn_to_try(float(second)))]


def test_every_turn_is_tried_once_a_minute(day: Day) -> None:
    assert tries(day.aim, 120) == [180, 90, 270, 180, 90, 270]


def test_three_faces_that_are_upright_only_when_turned_are_a_problem_until_one_is_upright(day: Day) -> None:
    for problem in (False, False, True, True):
        day.aim.add_turn(180)
        day.aim.add_turn(None)
        assert bool(day.problem) == problem
    assert day.problem == (
        "the picture is turned: faces are upright when it is turned by 180 degrees: set picture.rotate = 180, or turn "
        "the camera"
    )
    day.aim.add_turn(0)
    assert day.problem == ""


def test_faces_in_several_turns_prove_nothing(day: Day) -> None:
    for turn in (180, 90, 180, 270, 180, 0, 180, 180):
        day.aim.add_turn(turn)
        assert day.problem == ""


def test_after_one_turned_face_the_same_turn_is_tried_again(day: Day) -> None:
    day.aim.turn_to_try(0)
    day.aim.add_turn(90)
    assert set(tries(day.aim, 100)) == {90}


@pytest.mark.parametrize(
    ("rotate", "mirror", "turn", "wanted"), [(90, False, 180, 270), (90, False, 270, 0), (0, True, 90, 270)]
)
def test_the_setting_that_is_named_takes_the_present_one_into_account(
    rotate: int, mirror: bool, turn: int, wanted: int, day: Day
) -> None:
    for _ in range(3):
        day.aim.add_turn(turn)
    picture = PictureSettings(rotate=rotate, mirror=mirror)  # type: ignore[arg-type]
    assert f"set picture.rotate = {wanted}," in day.aim.problem(day.faces, picture)


class Hanging:
    """A recording, again and again, upside down."""

    problem = ""

    def __init__(self, file: Path) -> None:
        self._file, self._recording = file, VideoFile(file, "lane-1")
        self._sequence = -1
        self.upside_down = True

    def read(self) -> Frame | None:
        frame = self._recording.read()
        if frame is None:
            self._recording.close()
            self._recording = VideoFile(self._file, "lane-1")
            return self.read()
        self._sequence += 1
        pixels = cv2.rotate(frame.pixels, cv2.ROTATE_180) if self.upside_down else frame.pixels
        return Frame(np.asarray(pixels, np.uint8), self._sequence / 30, self._sequence, "lane-1")

    def close(self) -> None:
        self._recording.close()


@contextmanager
def running(loop: LaneLoop, source: FrameSource) -> Iterator[None]:
    stopping = threading.Event()
    bodies: list[Callable[[], object]] = [loop.run, lambda: capture(source, loop.slot, stopping)]
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        loop.stop()
        for thread in threads:
            thread.join(30)


def wait_for(found: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 60
    while not found():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


class NoAges:
    """An age model that knows nothing."""

    backend = "none"

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.full((len(crops), AGES), 1 / AGES, np.float32)


@pytest.fixture
def make_loop(tmp_path: Path) -> Callable[[FrameSource], LaneLoop]:
    def make(source: FrameSource) -> LaneLoop:
        till = {"reliable": f"ipc://{tmp_path}/reliable", "live": f"ipc://{tmp_path}/live"}
        settings = settings_with(camera="test:", state_dir=tmp_path, till=till)
        return LaneLoop(settings, NoAges(), Bundle(BUNDLED), EventLog(None), LaneHealth, source)

    return make


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with closing(Till("till-1", f"ipc://{tmp_path}/reliable")) as till:
        yield till


def problems_of(loop: LaneLoop) -> list[str]:
    return [problem.text for problem in loop.health.problems if problem.part == "camera"]


@pytest.mark.slow
def test_a_lane_whose_camera_hangs_upside_down_says_so_until_it_is_turned(
    make_loop: Callable[[FrameSource], LaneLoop], till: Till, recordings: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(camera_aim, "_TRY_EVERY_S", 0.2)
    caplog.set_level(logging.INFO)
    hanging = Hanging(recordings / "again.mkv")
    source = RealTime(hanging)
    loop = make_loop(source)
    with running(loop, source):
        till.send(Hello(till="till-1"))
        till.send(SaleOpened(sale_id="s-1"))
        wait_for(lambda: any("set picture.rotate = 180" in text for text in problems_of(loop)))
        hanging.upside_down = False
        wait_for(lambda: not problems_of(loop))
    lines = [message for message in caplog.messages if "the picture is turned" in message or "again" in message]
    assert len(lines) == 2


@pytest.mark.slow
def test_a_lane_without_a_face_in_its_sales_says_so(
    make_loop: Callable[[FrameSource], LaneLoop], till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_aim, "_SALES", 3)
    monkeypatch.setattr(camera_aim, "_FOR_S", 0.0)
    source = RealTime(MovingPattern("lane-1"))
    loop = make_loop(source)
    with running(loop, source):
        wait_for(lambda: loop.frames > 0)
        till.send(Hello(till="till-1"))
        for number in range(3):
            till.send(SaleOpened(sale_id=f"s-{number}"))
            till.send(SaleClosed(sale_id=f"s-{number}"))
        wait_for(lambda: bool(problems_of(loop)))
        assert problems_of(loop) == [f"no face was measured during the last 3 sales, for 0.0 hours: {NO_FACE}"]
