"""Scripted scenes for a 640x480 lane camera: where each person is, and when their face is hidden. Pure data.

A near face is about 160 pixels wide, a face at the back of the queue 60; people walk at 150 to 500 pixels/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LEFT_OF_PICTURE, RIGHT_OF_PICTURE = -120.0, 760.0


class Pose(NamedTuple):
    """Position of a face: time in seconds, centre and width of its box in pixels."""

    at_s: float
    x: float
    y: float
    size: float


class Span(NamedTuple):
    """A period of time, in seconds."""

    from_s: float
    to_s: float


@dataclass(frozen=True)
class Person:
    """A face that moves from its first pose to its last, and accelerates gradually.

    hidden: periods when the face is not visible. weak: periods when its detection score is low.
    """

    way: tuple[Pose, ...]
    hidden: tuple[Span, ...] = ()
    weak: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Scene:
    """People in front of a camera. Each must get an id of their own. lasts_s: duration in seconds.

    A person who leaves unseen and is seen coming back is scripted as two people: position and motion cannot show that
    it is the same one.
    """

    name: str
    people: tuple[Person, ...]
    lasts_s: float


def stands(x: float, y: float, size: float, until_s: float) -> tuple[Pose, ...]:
    """The poses of a person who stands still."""
    return Pose(0, x, y, size), Pose(until_s, x, y, size)


def _face_hidden(how: str, for_s: float, *, weak: bool = False) -> Scene:
    way, span = stands(330, 230, 115, 10), Span(3.5, 3.5 + for_s)
    return Scene(how, (Person(way, weak=(span,)) if weak else Person(way, hidden=(span,)),), 10)


def _next_customer(after_s: float, *, leaving_s: float, coming_s: float) -> Scene:
    """A customer walks off to the right; the next customer comes from the left to the same place.

    Both face their direction of walking: the first is visible only in the first `leaving_s` seconds of walking, the
    second only in the last `coming_s`. after_s: how long no face is visible in between.
    """
    gone_s = 4 + leaving_s
    there_s = gone_s + after_s + coming_s
    customer = Person(
        (Pose(0, 320, 225, 115), Pose(4, 320, 225, 115), Pose(5.6, RIGHT_OF_PICTURE, 235, 95)),
        hidden=(Span(gone_s, 6),),
    )
    successor = Person(
        (Pose(there_s - 1.5, LEFT_OF_PICTURE, 205, 90), Pose(there_s, 322, 215, 108), Pose(there_s + 4, 322, 215, 108)),
        hidden=(Span(0, there_s - coming_s),),
    )
    name = f"the next customer {after_s} s later, seen leaving for {leaving_s} s and coming for {coming_s} s"
    return Scene(name, (customer, successor), there_s + 4)


def swap(*, after_s: float = 1.0, higher: float = 0.0, aside: float = 0.0, factor: float = 1.0) -> Scene:
    """A face disappears and another appears there, `higher` and `aside` by face widths, `factor` times as large."""
    size = 110
    successor = stands(320 + aside * size, 220 - higher * size, factor * size, until_s=8 + after_s)
    return Scene(
        f"another face {after_s} s later: {higher} higher, {aside} aside, {factor:.2f} as large",
        (Person(stands(320, 220, size, until_s=4)), Person(successor, hidden=(Span(0, 4 + after_s),))),
        8 + after_s,
    )


def _leaves_and_somebody_comes_back(after_s: float) -> Scene:
    back_s = 5.2 + after_s
    return Scene(
        f"a person walks out of the picture, and another comes in from there {after_s} s later",
        (
            Person((Pose(0, 320, 220, 110), Pose(4, 320, 220, 110), Pose(5.2, RIGHT_OF_PICTURE, 225, 105))),
            Person(
                (Pose(back_s, RIGHT_OF_PICTURE, 225, 105), Pose(back_s + 1.2, 320, 220, 110), Pose(12, 320, 220, 110))
            ),
        ),
        12,
    )


SCENES = (
    Scene("a person stands", (Person(stands(320, 220, 110, until_s=8)),), 8),
    Scene(
        "a person walks in, stands, leaves",
        (
            Person(
                (
                    Pose(0, LEFT_OF_PICTURE, 250, 75),
                    Pose(1.7, 320, 220, 110),
                    Pose(9, 320, 220, 110),
                    Pose(10.8, RIGHT_OF_PICTURE, 240, 90),
                )
            ),
        ),
        11,
    ),
    Scene(
        "a person passes in front of another",
        (
            Person(stands(330, 220, 90, until_s=10)),
            Person((Pose(2, LEFT_OF_PICTURE, 240, 135), Pose(5.2, RIGHT_OF_PICTURE, 240, 135))),
        ),
        10,
    ),
    Scene(
        "two people walk past each other",
        (
            Person((Pose(0, 180, 220, 85), Pose(3, 180, 220, 85), Pose(5, 470, 215, 85), Pose(9, 470, 215, 85))),
            Person((Pose(0, 480, 235, 110), Pose(3, 480, 235, 110), Pose(5, 170, 235, 110), Pose(9, 170, 235, 110))),
        ),
        9,
    ),
    _face_hidden("a hand over the face for 1 s, weakly detected", 1.0, weak=True),
    _face_hidden("a hand over the face for 1 s, unseen", 1.0),
    _face_hidden("a hand over the face for 1.5 s, unseen", 1.5),
    _leaves_and_somebody_comes_back(0.2),
    _leaves_and_somebody_comes_back(1.0),
    _leaves_and_somebody_comes_back(4.0),
    Scene(
        "a person bends down, and 1 s later another comes up there",
        (
            Person((Pose(0, 320, 180, 110), Pose(4, 320, 180, 110), Pose(5, 320, 380, 110)), hidden=(Span(4.5, 9),)),
            Person((Pose(5, 320, 380, 110), Pose(6, 320, 180, 110), Pose(11, 320, 180, 110)), hidden=(Span(0, 5.5),)),
        ),
        11,
    ),
    *(
        _next_customer(after_s, leaving_s=leaving_s, coming_s=coming_s)
        for after_s in (0.5, 1.0, 1.5)
        for leaving_s, coming_s in ((0.6, 0.6), (0.35, 0.35), (0.0, 0.4), (0.5, 0.0))
    ),
    swap(higher=0.8),
    swap(aside=0.8),
    swap(factor=1.35),
    swap(factor=1 / 1.35),
    Scene(
        "a queue of four moves up",
        (
            Person((Pose(0, 160, 230, 150), Pose(4, 160, 230, 150), Pose(5.4, -160, 240, 150))),
            Person(
                (Pose(0, 330, 225, 115), Pose(4.5, 330, 225, 115), Pose(5.7, 165, 225, 148), Pose(10, 165, 225, 148))
            ),
            Person((Pose(0, 460, 215, 90), Pose(5.0, 460, 215, 90), Pose(6.2, 332, 212, 114), Pose(10, 332, 212, 114))),
            Person((Pose(0, 560, 220, 70), Pose(5.5, 560, 220, 70), Pose(6.7, 462, 222, 88), Pose(10, 462, 222, 88))),
        ),
        10,
    ),
)


def crowd(seed: int) -> Scene:
    """Two or three people who come, go, turn around, stop and hide their faces at random. Each is at a distance of
    their own, a quarter nearer than the next, so that nobody walks through another person."""
    random = np.random.default_rng(seed)
    sizes = random.permutation([72, 95, 125])[: random.integers(2, 4)]
    return Scene(f"crowd {seed}", tuple(_wanders(float(size), random) for size in sizes), 10)


def _wanders(size: float, random: np.random.Generator) -> Person:
    def pose(at_s: float) -> Pose:
        x = random.choice([LEFT_OF_PICTURE, RIGHT_OF_PICTURE, *random.uniform(80, 560, 3)])
        return Pose(at_s, x, height + random.uniform(-8, 8), size * random.uniform(0.98, 1.02))

    height, at_s = random.uniform(200, 240), random.uniform(0, 2)
    way = [pose(at_s)]
    while at_s < 10:
        at_s += random.uniform(0.9, 2.5)
        way.append(pose(at_s))
        at_s += random.uniform(0.5, 3)
        way.append(way[-1]._replace(at_s=at_s))
    hidden = [Span(from_s, from_s + random.uniform(0.2, 1.5)) for from_s in random.uniform(0, 9, random.integers(0, 3))]
    return Person(tuple(way), tuple(hidden))
