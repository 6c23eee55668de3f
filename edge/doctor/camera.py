"""Checks of a lane's camera."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import STOP_FIRST, LaneSide, this_user
from edge.errors import EdgeError
from edge.settings.passwords import without_password

if TYPE_CHECKING:
    from edge.settings.config import Settings

_DEVICE = (
    "plug the camera in again, at the box itself; v4l2-ctl --list-devices (sudo apt install v4l-utils) must name it, "
    "and sudo fuser -v {device} must name no other program; then write its /dev/... as camera into the config"
)
_MAY_NOT = "sudo usermod -aG video '{user}', log out and in again; the service has this right by itself"
_NETWORK = (
    "see that the camera has power and its network light blinks; ping its address; open its own page and compare "
    "address, user and password with camera in the config"
)
_PIPELINE = "gst-launch-1.0, followed by the words behind gst: in the config, must show a picture; mend the words"
_LOOK_AT_IT = "switch the lights on, take the cap off the lens, wipe it; then pull the camera's power for 10 s"
_RECORDING = "give a recording that plays in a video player, or write camera = ... into the config"
_SET_CAMERA = 'write camera = "/dev/lane-camera" (or rtsp://..., or 0) into the config {file}'
_RATE = (
    "set the camera to 640x480 or 1280x720 at 25 pictures a second or more; switch off its long exposure (slow "
    "shutter) and give it more light; plug a USB camera straight into the box"
)

_LEAST_RATE, _GOOD_RATE = 5.0, 12.0
"""Pictures a second. An answer needs three good looks within 0.8 s; good are ten looks a second, with some to spare."""


@check("camera", "Does the camera open, and give pictures that change?",
       _DEVICE, _MAY_NOT, _NETWORK, _PIPELINE, _LOOK_AT_IT, _RECORDING, _SET_CAMERA, STOP_FIRST)  # fmt: skip
def camera(lane: LaneSide) -> Finding:
    if lane.settings.camera is None and lane.settings.video is None:
        return problem("none is set", _SET_CAMERA, file=lane.file)
    name = named(lane.settings)
    if lane.camera_is_taken and lane.states:
        return _of_the_agent(lane, name)
    try:
        look = lane.look
    except EdgeError as told:
        return _refused(lane, str(told))
    if look.problem or not look.pictures:
        return problem(f"{look.problem or 'no picture came'}, from {name}", _LOOK_AT_IT)
    what = f"{look.width}x{look.height}, {look.pictures} pictures, changing, from {name}"
    if lane.settings.camera == "test:":
        return warning(f"{what}; but it is the drawn test pattern, and no camera", _SET_CAMERA, file=lane.file)
    if lane.settings.video:
        return warning(f"{what}; but it is a recording, and no camera", _SET_CAMERA, file=lane.file)
    return ok(what)


@check("frame rate", "Do enough pictures come each second?", _RATE, STOP_FIRST, after=("camera",))
def frame_rate(lane: LaneSide) -> Finding:
    rate = lane.look.rate
    what = f"{rate:.1f} pictures/s"
    if rate < _LEAST_RATE:
        return problem(f"{what}: a lane needs {_LEAST_RATE:.0f}", _RATE)
    return warning(f"{what}: {_GOOD_RATE:.0f} make good answers", _RATE) if rate < _GOOD_RATE else ok(what)


def named(settings: Settings) -> str:
    """What people call the source; no password."""
    if settings.video:
        return str(settings.video)
    return without_password(settings.camera or "")


def _of_the_agent(lane: LaneSide, name: str) -> Finding:
    """What the agent that has the camera tells of it."""
    if len(lane.states) < 2:
        return problem(f"{name}: the agent that runs here has it, and gets no new pictures", _LOOK_AT_IT)
    return ok(f"{name}: the agent that runs here has it, and gets pictures; number {lane.states[-1].frame}")


def _refused(lane: LaneSide, told: str) -> Finding:
    source = lane.settings.camera or ""
    device = Path(f"/dev/video{source}" if source.isdecimal() else source)
    if lane.settings.video:
        return problem(told, _RECORDING)
    if source.startswith("gst:"):
        return problem(told, _PIPELINE)
    if not lane.is_device:
        return problem(told, _NETWORK)
    if device.exists() and not os.access(device, os.R_OK | os.W_OK):
        return problem(f"{device} is there, but {this_user()} may not open it", _MAY_NOT, user=this_user())
    return problem(told, _DEVICE, device=device)
