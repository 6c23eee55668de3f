"""Checks of what the camera sees of the customer. Somebody must stand there meanwhile."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import STAND_THERE, STOP_FIRST

if TYPE_CHECKING:
    from edge.doctor.targets import LaneSide

_ZONE = (
    "draw the zone anew where the customers stand: zone in the config, or on the setup page, "
    "edge-agent run --web 127.0.0.1:8080"
)
_MORE_LIGHT = "switch a lamp on in front of the customer, above the camera; let no window be behind them"
_LESS_LIGHT = (
    "turn the camera or a blind so that no lamp or sun shines straight on faces; switch off its backlight mode"
)
_FOCUS = (
    "wipe the lens; turn its ring until print at the customer's place can be read in the picture; switch on more "
    "light, which shortens the exposure"
)
_NEARER = "bring the camera nearer to the customer, zoom in, or choose a larger picture in the camera's own settings"
_AIM = (
    "hang the camera at the height of faces, at most 25 degrees to the side of where customers look; take posters with "
    "faces out of the picture; ask whoever stands there to look at it, and run edge-agent doctor again"
)

_AFTER_CAMERA = ("camera",)
_MARGIN_LEVELS = 20
"""A face so near to the limits of brightness passes them when a cloud does."""
_MARGIN = 1.5
"""A face that is only so many times as large or as sharp as it must be is refused at the next step back."""
_FEW, _HALF = 0.2, 0.5


@check("customer", "Is somebody seen in the zone?", STAND_THERE, _ZONE, STOP_FIRST, after=_AFTER_CAMERA)
def customer(lane: LaneSide) -> Finding:
    look = lane.look
    seen = len(look.faces)
    if not seen and look.elsewhere:
        return warning(f"faces in {look.elsewhere} of {look.looks} looks, but none of them in the zone", _ZONE)
    if not seen:
        return warning(f"nobody was seen in {look.looks} looks", STAND_THERE)
    return ok(f"a face in the zone in {seen} of {look.looks} looks")


@check("light", "Is a face neither too dark nor too bright?", _MORE_LIGHT, _LESS_LIGHT, STAND_THERE, STOP_FIRST,
       after=_AFTER_CAMERA)  # fmt: skip
def light(lane: LaneSide) -> Finding:
    limits, look = lane.settings.quality, lane.look
    if not look.faces and look.level < limits.min_brightness:
        # Whoever stands in the dark is not even found.
        return problem(f"the zone is at {look.level:.0f} of 255: too dark to find a face", _MORE_LIGHT)
    level = median(face.measures.brightness for face in lane.faces)
    what = f"faces at {level:.0f} of 255; {limits.min_brightness:.0f} to {limits.max_brightness:.0f} are used"
    if level < limits.min_brightness:
        return problem(what, _MORE_LIGHT)
    if level > limits.max_brightness:
        return problem(what, _LESS_LIGHT)
    if level < limits.min_brightness + _MARGIN_LEVELS:
        return warning(what, _MORE_LIGHT)
    return warning(what, _LESS_LIGHT) if level > limits.max_brightness - _MARGIN_LEVELS else ok(what)


@check("focus", "Are faces sharp?", _FOCUS, STAND_THERE, STOP_FIRST, after=_AFTER_CAMERA)
def focus(lane: LaneSide) -> Finding:
    sharpness, least = median(face.measures.sharpness for face in lane.faces), lane.settings.quality.min_sharpness
    what = f"sharpness of faces {sharpness:.0f}; at least {least:.0f} is used, {least * _MARGIN:.0f} is safe"
    return _by_margin(sharpness, least, what, _FOCUS)


@check("face size", "Are faces in the zone large enough?", _NEARER, STAND_THERE, STOP_FIRST, after=_AFTER_CAMERA)
def face_size(lane: LaneSide) -> Finding:
    eyes_px = median(face.measures.eye_distance_px for face in lane.faces)
    least = lane.settings.quality.min_eye_distance_px
    what = f"{eyes_px:.0f} pixels between the eyes; at least {least:.0f} are used, {least * _MARGIN:.0f} are safe"
    return _by_margin(eyes_px, least, what, _NEARER)


@check("looks", "Are most looks at a face good enough to tell an age?", _AIM, STAND_THERE, STOP_FIRST,
       after=_AFTER_CAMERA)  # fmt: skip
def looks(lane: LaneSide) -> Finding:
    faces = lane.faces
    good = sum(not face.reasons for face in faces)
    reasons = Counter(reason for face in faces for reason in face.reasons)
    refused = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    what = f"{good} of {len(faces)} are good enough" + (f"; refused: {refused}" if refused else "")
    share = good / len(faces)
    if share < _FEW:
        return problem(what, _AIM)
    return warning(what, _AIM) if share < _HALF else ok(what)


def _by_margin(value: float, least: float, what: str, mend: str) -> Finding:
    if value < least:
        return problem(what, mend)
    return warning(what, mend) if value < _MARGIN * least else ok(what)
