"""Checks of a lane's camera."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, NotChecked, check, ok, problem, warning
from edge.doctor.targets import STAND_THERE, STOP_FIRST, LaneTarget, this_user
from edge.errors import EdgeError
from edge.frames.geometry import SOMETIMES_SQUEEZED_SIZES, SQUEEZED_SIZES, rotation_after
from edge.frames.pace import LEAST_RATE, is_too_slow
from edge.language.formats import Shown, listed
from edge.language.words import Words, verbatim, words
from edge.settings.passwords import without_password

if TYPE_CHECKING:
    from edge.settings.config import Settings

_DEVICE = words(
    "unplug the camera and plug it straight into the box; v4l2-ctl --list-devices (sudo apt "
    "install v4l-utils) must list it, and sudo fuser -v {device} must list no other program; "
    "then write its /dev/... path as camera into the config"
)
_PERMISSION = words("sudo usermod -aG video '{user}', then log out and in again; the service already has this right")
_NETWORK = words(
    "check that the camera has power and that its network light blinks; ping its address; open "
    "its own web page and compare address, user and password with camera in the config"
)
_PIPELINE = words(
    "run gst-launch-1.0 followed by the text after gst: in the config: it must show a picture; if not, correct the text"
)
_LENS_AND_POWER = words(
    "switch on the lights, take the cap off the lens, wipe the lens; then unplug the camera's power for 10 s"
)
_RECORDING = words("use a recording that plays in a video player, or write camera = ... into the config")
_SET_CAMERA = words('write camera = "/dev/lane-camera" (or rtsp://..., or 0) into the config {file}')
_RATE = words(
    "set the camera to 640x480 or 1280x720 at 25 or more pictures a second; switch off its long "
    "exposure (slow shutter) and add light; plug a USB camera straight into the box; of a "
    "network camera use its rtsp:// stream instead of single pictures"
)

SHAPE = words(
    'look at the picture on the setup page (edge-agent run --web 127.0.0.1:8080, "Turn or '
    'stretch the picture"), or write picture.aspect = "{aspect}" into the config {file}: people '
    "must look neither thin nor broad; better, set the camera or recorder to a size with square "
    "pixels, such as 1280x720"
)

_ROTATE = words(
    "write rotate = {rotate} under [picture] into the config {file}, or turn the camera; then "
    "draw the zone again on the setup page"
)
_LIGHT = words(
    "switch on a lamp in front of the customer, above the camera, whenever the shop is open; in "
    "the camera's own settings, switch off night mode and limit the gain"
)
_MOST_GRAIN = 3.5
"""Grey levels. "Low light" in the model card, under "Squeezed, night and wide-angle pictures", has 4.2, and faces look
two years older in it. Ordinary light has 2."""

_GOOD_RATE = 12
"""Pictures a second. With `LEAST_RATE`, three good samples of a face take a second, which is longer than an answer may
take; ten samples a second are good, and 12 leave a margin."""


@check("camera", "Does the camera open, and do its pictures change?",
       _DEVICE, _PERMISSION, _NETWORK, _PIPELINE, _LENS_AND_POWER, _RATE, _RECORDING, _SET_CAMERA,
       STOP_FIRST)  # fmt: skip
def camera(lane: LaneTarget) -> Finding:
    if lane.settings.camera is None and lane.settings.video is None:
        return problem(words("no camera is set"), _SET_CAMERA, file=lane.file)
    source = named(lane.settings)
    if lane.camera_is_taken and lane.states:
        return _used_by_agent(lane, source)
    try:
        observed = lane.observation
    except EdgeError as error:
        return _not_opened(lane, verbatim(error))
    if observed.problem or not observed.frames:
        fix = _RATE if is_too_slow(observed.problem) else _LENS_AND_POWER
        return problem(
            words("{source}: {problem}", source=source, problem=observed.problem or words("no picture arrived")), fix
        )
    seen = words(
        "{width}x{height}, {frames} pictures, changing, from {source}",
        width=observed.width,
        height=observed.height,
        frames=observed.frames,
        source=source,
    )
    if lane.settings.camera == "test:":
        return warning(words("{seen}; this is the test pattern, not a camera", seen=seen), _SET_CAMERA, file=lane.file)
    if lane.settings.video:
        return warning(words("{seen}; this is a recording, not a camera", seen=seen), _SET_CAMERA, file=lane.file)
    return ok(seen)


@check("shape", "Are the picture's pixels square? Squeezed faces look older.", SHAPE, STOP_FIRST, after=("camera",))
def shape(lane: LaneTarget) -> Finding:
    observed, settings = lane.observation, lane.settings.picture
    seen = words("{width}x{height}", width=observed.width, height=observed.height)
    if settings.aspect is None and (possible := SQUEEZED_SIZES.get(observed.sent_size)):
        return problem(
            words(
                "{size} is a size in which recorders store squeezed pictures, and nothing declares their true shape: "
                "{shapes}; until it is set, everybody is asked",
                size=seen,
                shapes=Shown(listed, possible, {"style": "or"}),
            ),
            SHAPE,
            aspect=possible[0],
            file=lane.file,
        )
    if settings.aspect is None and (possible := SOMETIMES_SQUEEZED_SIZES.get(observed.sent_size)):
        return warning(
            words(
                "{size} is a size in which recorders may store squeezed pictures, and nothing declares their true "
                "shape: {shapes}",
                size=seen,
                shapes=Shown(listed, possible, {"style": "or"}),
            ),
            SHAPE,
            aspect=possible[0],
            file=lane.file,
        )
    return ok(
        words("{seen}, shape as set, {aspect}", seen=seen, aspect=settings.aspect)
        if settings.aspect
        else words("{seen}, as sent or declared", seen=seen)
    )


@check("upright", "Are faces upright in the picture?", _ROTATE, STAND_THERE, STOP_FIRST, after=("camera",))
def upright(lane: LaneTarget) -> Finding:
    turns = lane.observation.turns
    if not turns:
        raise NotChecked(words("no face was seen"), STAND_THERE)
    turn, frames = turns.most_common(1)[0]
    if turn:
        rotate = rotation_after(lane.settings.picture, turn)
        seen = words(
            "faces in {frames} of {total} pictures are upright only when it is turned by {turn} degrees",
            frames=frames,
            total=turns.total(),
            turn=turn,
        )
        return problem(seen, _ROTATE, rotate=rotate, file=lane.file)
    return ok(words("faces in {frames} of {total} pictures are upright", frames=frames, total=turns.total()))


@check("grain", "Is there enough light for a picture without grain? Grain makes faces look older.", _LIGHT, STOP_FIRST,
       after=("camera",))  # fmt: skip
def grain(lane: LaneTarget) -> Finding:
    levels = lane.observation.grain
    seen = words(
        "neighbouring pictures differ by {levels:.1f} grey levels where nothing moves; at most {most_grain:g}",
        levels=levels,
        most_grain=_MOST_GRAIN,
    )
    return warning(seen, _LIGHT) if levels > _MOST_GRAIN else ok(seen)


@check("frame rate", "Are there enough pictures a second?", _RATE, STOP_FIRST, after=("camera",))
def frame_rate(lane: LaneTarget) -> Finding:
    rate = lane.observation.frame_rate
    seen = words(
        "{rate:.1f} pictures/s; minimum {least_rate}, recommended {good_rate}",
        rate=rate,
        least_rate=LEAST_RATE,
        good_rate=_GOOD_RATE,
    )
    if rate < LEAST_RATE:
        return problem(seen, _RATE)
    return warning(seen, _RATE) if rate < _GOOD_RATE else ok(seen)


def named(settings: Settings) -> str:
    """The camera or recording for people to read, without a password."""
    if settings.video:
        return str(settings.video)
    return without_password(settings.camera or "")


def _used_by_agent(lane: LaneTarget, source: str) -> Finding:
    """Judge a camera that the running agent uses by the agent's own states."""
    if len(lane.states) < 2:
        return problem(
            words("{source}: the running agent uses it, but gets no new pictures", source=source), _LENS_AND_POWER
        )
    return ok(
        words(
            "{source}: the running agent uses it and gets pictures; newest: number {frame}",
            source=source,
            frame=lane.states[-1].frame,
        )
    )


def _not_opened(lane: LaneTarget, error: Words) -> Finding:
    source = lane.settings.camera or ""
    device = Path(f"/dev/video{source}" if source.isdecimal() else source)
    if lane.settings.video:
        return problem(error, _RECORDING)
    if source.startswith("gst:"):
        return problem(error, _PIPELINE)
    if not lane.is_device:
        return problem(error, _NETWORK)
    if device.exists() and not os.access(device, os.R_OK | os.W_OK):
        return problem(
            words("{device} exists, but {this_user} may not open it", device=device, this_user=this_user()),
            _PERMISSION,
            user=this_user(),
        )
    return problem(error, _DEVICE, device=device)
