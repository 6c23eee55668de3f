"""Whether a lane's pictures are squeezed or stretched: by their size, and by the faces of many people.

One face cannot prove a mild squeeze, since natural faces differ by as much. Many faces can. Faces in a squeezed picture
look older than they are, so while a lane's picture is in doubt, the quality gate rejects all of its faces.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from statistics import median
from typing import TYPE_CHECKING

from edge.frames.geometry import SQUEEZED_SIZES
from edge.language.formats import Shown, listed
from edge.language.words import words
from edge.vision.faces import NO_TRACK

if TYPE_CHECKING:
    from edge.frames import Frame
    from edge.settings.sections import PictureSettings
    from edge.vision.faces import Faces

log = logging.getLogger(__name__)

LEAST_PEOPLE, _MOST_PEOPLE = 20, 50
"""The median of at least 20 people decides. People before the last 50 are forgotten: the camera may have been changed
meanwhile."""
_LEAST_SAMPLES = 3
"""Of a person, before the person counts."""

NARROWEST, BROADEST = 0.89, 1.10
"""Limits of the median breadth. Natural faces have 0.96 on average, with a standard deviation of 0.09 (MODEL_CARD.md,
under "Squeezed, night and wide-angle pictures"), so that of the median of 20 is 0.026."""
_RECOVERED = 0.02
"""How far inside the limits the median must be before the picture is trusted again."""

_NATURAL = 0.96
_SHAPES = {"16:9": 16 / 9, "3:2": 3 / 2, "4:3": 4 / 3, "5:4": 5 / 4, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16}


class Distortion:
    """One for each lane and each value of its settings. Any thread may read `problem`."""

    def __init__(self, settings: PictureSettings) -> None:
        self._settings = settings
        self._size = 0, 0
        self._people: OrderedDict[int, tuple[float, int]] = OrderedDict()
        """For each track: the sum of the logarithms of its breadths, and their number."""
        self.problem = ""
        """Why the picture is not trusted, and the fix, in one sentence; empty while it is."""

    def see(self, frame: Frame) -> None:
        """The next frame, as the settings want it seen. A new size starts anew."""
        height, width = (frame.pixels if frame.original is None else frame.original).shape[:2]
        if (width, height) == self._size:
            return
        self._size = width, height
        self._people.clear()
        self._set_problem(frame.lane, self._problem_of_size())

    def add(self, faces: Faces, lane: str) -> None:
        """The faces of that frame after the quality gate. Those that another limit rejects do not count."""
        if self._problem_of_size():
            return
        for track_id, breadth, reasons in zip(
            faces.track_ids.tolist(), faces.breadths.tolist(), faces.reasons, strict=True
        ):
            if track_id != NO_TRACK and breadth > 0 and set(reasons) <= {"distorted"}:
                total, samples = self._people.get(track_id, (0.0, 0))
                self._people[track_id] = total + math.log(breadth), samples + 1
        while len(self._people) > _MOST_PEOPLE:
            self._people.popitem(last=False)
        self._judge(lane)

    def _judge(self, lane: str) -> None:
        people = [math.exp(total / samples) for total, samples in self._people.values() if samples >= _LEAST_SAMPLES]
        if len(people) < LEAST_PEOPLE:
            return
        middle = median(people)
        if not NARROWEST <= middle <= BROADEST:
            # Once: it would change with every face.
            self._set_problem(lane, self.problem or self._problem_of_faces(middle, len(people)))
        elif NARROWEST + _RECOVERED <= middle <= BROADEST - _RECOVERED:
            self._set_problem(lane, "")

    def _set_problem(self, lane: str, problem: str) -> None:
        if problem and problem != self.problem:
            log.warning("%s", problem, extra={"lane": lane})
        elif self.problem and not problem:
            log.info("faces in the picture have natural proportions again", extra={"lane": lane})
        self.problem = problem

    def _problem_of_size(self) -> str:
        shapes = SQUEEZED_SIZES.get(self._size, ())
        if self._settings.aspect is not None or not shapes:
            return ""
        return words(
            "recorders store squeezed pictures in {size}, in which faces look older, and nothing declares the true "
            "shape; everybody is asked for ID: set picture.aspect to {shapes}",
            size=self._named_size,
            shapes=Shown(listed, shapes, {"style": "or"}),
        )

    def _problem_of_faces(self, middle: float, people: int) -> str:
        thin, broad = words("squeezed: people look too thin"), words("stretched: people look too broad")
        return words(
            "the picture ({size}) is {looks}, and therefore older (the faces of {people} people are {breadth:.0%} as "
            "broad as they should be); everybody is asked for ID: set picture.aspect, probably to {shape}",
            size=self._named_size,
            looks=thin if middle < 1 else broad,
            people=people,
            breadth=middle / _NATURAL,
            shape=self._likely_shape(middle),
        )

    def _likely_shape(self, breadth: float) -> str:
        """The usual shape that comes nearest to giving faces their natural breadth."""
        width, height = self._settings.shape or self._size
        squeeze = breadth / _NATURAL
        shape = width / height * (squeeze if self._settings.rotate in (90, 270) else 1 / squeeze)
        return min(_SHAPES, key=lambda name: abs(math.log(shape / _SHAPES[name])))

    @property
    def _named_size(self) -> str:
        return f"{self._size[0]}x{self._size[1]}"
