"""Cameras on this box. Test machines have none, so OpenCV's `VideoCapture` is simulated."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from edge.errors import RunError
from edge.frames import device
from edge.frames.device import Device


class SimulatedCapture:
    """A `cv2.VideoCapture` whose reads succeed or fail as listed; the last value repeats."""

    def __init__(self, *reads: bool) -> None:
        self.reads = list(reads)
        self.opened_with: tuple[object, ...] = ()
        self.settings: dict[int, float] = {}
        self.released = False

    def __call__(self, *given: object) -> SimulatedCapture:
        self.opened_with = given
        return self

    def isOpened(self) -> bool:  # noqa: N802
        return bool(self.reads)

    def set(self, key: int, value: float) -> None:
        self.settings[key] = value

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_POS_MSEC: 1500.0}[key]

    def read(self) -> tuple[bool, np.ndarray | None]:
        ok = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        return (True, np.zeros((480, 640, 3), np.uint8)) if ok else (False, None)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> SimulatedCapture:
    simulated = SimulatedCapture(True)
    monkeypatch.setattr(cv2, "VideoCapture", simulated)
    monkeypatch.setattr(device, "_DEVICE_GONE_S", 0.1)
    return simulated


def test_a_device_gives_its_pictures_with_their_times(plugged_in: SimulatedCapture) -> None:
    camera = Device("/dev/lane-camera", cv2.CAP_V4L2)
    pixels, time_s = camera.read()
    assert (pixels.shape, pixels.dtype, time_s) == ((480, 640, 3), np.uint8, 1.5)
    assert plugged_in.opened_with == ("/dev/lane-camera", cv2.CAP_V4L2)
    assert plugged_in.settings == {cv2.CAP_PROP_BUFFERSIZE: 1}
    camera.close()
    assert plugged_in.released


def test_a_device_that_is_not_there_is_refused(plugged_in: SimulatedCapture) -> None:
    plugged_in.reads = []
    with pytest.raises(RunError, match="no such device"):
        Device(0, cv2.CAP_V4L2)


def test_a_device_whose_name_is_not_utf_8_is_refused_before_opencv_crashes_on_it() -> None:
    with pytest.raises(RunError, match="its name is not UTF-8"):
        Device(os.fsdecode(b"/dev/odd\xff"), cv2.CAP_V4L2)


def test_one_picture_that_cannot_be_read_is_passed_over(plugged_in: SimulatedCapture) -> None:
    plugged_in.reads = [False, False, True]
    assert Device(0, cv2.CAP_V4L2).read()[1] == 1.5


def test_a_device_that_was_unplugged_has_gone(plugged_in: SimulatedCapture) -> None:
    camera = Device(0, cv2.CAP_V4L2)
    plugged_in.reads = [True, False]
    camera.read()
    with pytest.raises(RunError, match="the device has gone"):
        camera.read()
