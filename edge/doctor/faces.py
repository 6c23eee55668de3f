"""Checks of the customer's face in the picture. Someone must stand at the till meanwhile."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from edge.decision.policy import Reason
from edge.doctor.camera import SHAPE
from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import STAND_THERE, STOP_FIRST
from edge.language.words import Words, joined, words
from edge.till.prompts import WHY

if TYPE_CHECKING:
    from edge.doctor.targets import LaneTarget

_ZONE = words(
    "redraw the zone where customers stand: zone in the config, or the setup page, edge-agent run --web 127.0.0.1:8080"
)
_MORE_LIGHT = words("switch on a lamp in front of the customer, above the camera; have no window behind the customer")
_LESS_LIGHT = words(
    "turn the camera or close a blind so that no lamp or sun shines straight on faces; switch "
    "off the camera's backlight mode"
)
_FOCUS = words(
    "wipe the lens; turn its ring until print held at the customer's place can be read in the "
    "picture; add light, which shortens the exposure"
)
_NEARER = words(
    "move the camera nearer to the customer, zoom in, or set a larger picture size in the camera's own settings"
)
_AIM = words(
    "mount the camera at face height, at most 25 degrees to the side of where customers look; "
    "remove posters with faces from the picture; ask the person there to look at the camera, "
    "then run edge-agent doctor again"
)

_AFTER_CAMERA = ("camera", "upright")
_MARGIN_LEVELS = 20
"""Grey levels between a face and the brightness limits: within them a passing cloud is enough to cross the limit."""
_MARGIN = 1.5
"""A face below this multiple of the minimum size or sharpness is rejected once the customer takes a step back."""
_MARGIN_BREADTH = 0.05
"""One natural face in ten is so near a limit of its breadth."""
_FEW, _HALF = 0.2, 0.5


@check("customer", "Is a face seen in the zone?", STAND_THERE, _ZONE, STOP_FIRST, after=_AFTER_CAMERA)
def customer(lane: LaneTarget) -> Finding:
    observed = lane.observation
    seen, searched = len(observed.faces), observed.frames_searched
    if not seen and observed.frames_outside:
        return warning(
            words(
                "faces in {frames_outside} of {searched} pictures, but none in the zone",
                frames_outside=observed.frames_outside,
                searched=searched,
            ),
            _ZONE,
        )
    if not seen:
        return warning(words("no face in {searched} pictures", searched=searched), STAND_THERE)
    return ok(words("a face in the zone in {seen} of {searched} pictures", seen=seen, searched=searched))


@check("light", "Is the face neither too dark nor too bright?", _MORE_LIGHT, _LESS_LIGHT, STAND_THERE, STOP_FIRST,
       after=_AFTER_CAMERA)  # fmt: skip
def light(lane: LaneTarget) -> Finding:
    limits, observed = lane.settings.quality, lane.observation
    if not observed.faces and observed.zone_brightness < limits.min_brightness:
        # The detector finds no face in the dark.
        seen = words(
            "brightness of the zone {brightness:.0f} of 255: too dark to find a face",
            brightness=observed.zone_brightness,
        )
        return problem(seen, _MORE_LIGHT)
    level = median(face.measures.brightness for face in lane.faces)
    seen = words(
        "brightness of faces {level:.0f} of 255; minimum {min_brightness:.0f}, maximum {max_brightness:.0f}",
        level=level,
        min_brightness=limits.min_brightness,
        max_brightness=limits.max_brightness,
    )
    if level < limits.min_brightness:
        return problem(seen, _MORE_LIGHT)
    if level > limits.max_brightness:
        return problem(seen, _LESS_LIGHT)
    if level < limits.min_brightness + _MARGIN_LEVELS:
        return warning(seen, _MORE_LIGHT)
    return warning(seen, _LESS_LIGHT) if level > limits.max_brightness - _MARGIN_LEVELS else ok(seen)


@check("focus", "Are faces sharp?", _FOCUS, STAND_THERE, STOP_FIRST, after=_AFTER_CAMERA)
def focus(lane: LaneTarget) -> Finding:
    sharpness, least = median(face.measures.sharpness for face in lane.faces), lane.settings.quality.min_sharpness
    seen = words(
        "sharpness of faces {sharpness:.0f}; minimum {least:.0f}, recommended {recommended:.0f}",
        sharpness=sharpness,
        least=least,
        recommended=least * _MARGIN,
    )
    return _by_margin(sharpness, least, seen, _FOCUS)


@check("proportions", "Do faces have the proportions of faces? In squeezed pictures they look older.",
       SHAPE, STAND_THERE, STOP_FIRST, after=_AFTER_CAMERA)  # fmt: skip
def proportions(lane: LaneTarget) -> Finding:
    breadth, limits = median(face.measures.breadth for face in lane.faces), lane.settings.quality
    seen = words(
        "breadth of faces {breadth:.2f}; 1 is natural, minimum {min_breadth:g}, maximum {max_breadth:g}",
        breadth=breadth,
        min_breadth=limits.min_breadth,
        max_breadth=limits.max_breadth,
    )
    looks = words("people look too thin") if breadth < 1 else words("people look too broad")
    values = {"aspect": "16:9" if breadth < 1 else "4:3", "file": lane.file}
    if not limits.min_breadth <= breadth <= limits.max_breadth:
        return problem(words("{seen}: {looks}", seen=seen, looks=looks), SHAPE, **values)
    if not limits.min_breadth + _MARGIN_BREADTH <= breadth <= limits.max_breadth - _MARGIN_BREADTH:
        return warning(words("{seen}: {looks}, unless it is this person", seen=seen, looks=looks), SHAPE, **values)
    return ok(seen)


@check("face size", "Are faces in the zone large enough?", _NEARER, STAND_THERE, STOP_FIRST, after=_AFTER_CAMERA)
def face_size(lane: LaneTarget) -> Finding:
    eyes_px = median(face.measures.eye_distance_px for face in lane.faces)
    least = lane.settings.quality.min_eye_distance_px
    seen = words(
        "{eyes_px:.0f} pixels between the eyes; minimum {least:.0f}, recommended {recommended:.0f}",
        eyes_px=eyes_px,
        least=least,
        recommended=least * _MARGIN,
    )
    return _by_margin(eyes_px, least, seen, _NEARER)


@check("looks", "Are most face samples good enough to estimate an age?", _AIM, STAND_THERE, STOP_FIRST,
       after=_AFTER_CAMERA)  # fmt: skip
def face_samples(lane: LaneTarget) -> Finding:
    faces = lane.faces
    good = sum(not face.reasons for face in faces)
    reasons = Counter(reason for face in faces for reason in face.reasons)
    rejected = [joined(" ", [WHY[Reason(reason)], f"({count})"]) for reason, count in reasons.most_common()]
    seen = words("{good} of {count} face samples are good enough", good=good, count=len(faces))
    if rejected:
        seen = joined("; ", [seen, words("rejected: {reasons}", reasons=joined(", ", rejected))])
    share = good / len(faces)
    if share < _FEW:
        return problem(seen, _AIM)
    return warning(seen, _AIM) if share < _HALF else ok(seen)


def _by_margin(value: float, least: float, seen: Words, fix: Words) -> Finding:
    if value < least:
        return problem(seen, fix)
    return warning(seen, fix) if value < _MARGIN * least else ok(seen)
