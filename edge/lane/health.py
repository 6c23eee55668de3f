"""The health of a lane: one value for its tills, for monitoring and for the setup page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["ok", "degraded"]

Part = Literal["camera", "picture", "age-model", "record", "loop", "privacy", "output", "clock"]
"""Parts that can fail while the others work. picture: its shape, which the settings can correct. record: of sales, on
disk. loop: the lane's own thread. privacy: whether pictures of people may be seen by others. output: what the lane can
do without, such as the event log. clock: whether the box's clock can be believed."""

PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of one part of a lane. text: a sentence that says how to fix it."""

    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """All problems of a lane; none when it is healthy."""

    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> Status:
        return "degraded" if self.problems else "ok"

    def has_problem(self, part: Part) -> bool:
        """Whether a part has a problem."""
        return any(problem.part == part for problem in self.problems)

    def with_problem(self, part: Part, text: str) -> LaneHealth:
        """A copy with one more problem; unchanged if the text is empty."""
        return LaneHealth((*self.problems, Problem(part, text))) if text else self


def health_report(store: str, box: str, lanes: Mapping[str, LaneHealth]) -> dict[str, Any]:
    """The health of a box, for JSON. store, box: their names. lanes: health by lane name. The box is ok when every lane
    is."""
    return {
        "store": store,
        "box": box,
        "status": "degraded" if any(health.problems for health in lanes.values()) else "ok",
        "lanes": [
            {
                "lane": lane,
                "status": health.status,
                "problems": [{"part": problem.part, "text": problem.text} for problem in health.problems],
            }
            for lane, health in lanes.items()
        ],
    }
