"""What state a lane is in: one value for its tills, for monitoring, for doctor and for the page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["ok", "degraded"]

Part = Literal["camera", "age-model", "record", "loop", "privacy"]
"""What may fail while the rest goes on. record: of sales, on disk. loop: the lane's own thread. privacy: people
can see faces."""

PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a part of a lane, in a sentence that names the mend."""

    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """What ails a lane; nothing, when it is well."""

    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> Status:
        return "degraded" if self.problems else "ok"

    def ails(self, part: Part) -> bool:
        """Whether something is wrong with a part."""
        return any(problem.part == part for problem in self.problems)

    def with_problem(self, part: Part, text: str) -> LaneHealth:
        """The same with a problem more; nothing more when its text is empty."""
        return LaneHealth((*self.problems, Problem(part, text))) if text else self


def report(lanes: Mapping[str, LaneHealth]) -> dict[str, Any]:
    """The health of a box as JSON has it, from that of its lanes by name. The box is well when every lane is."""
    return {
        "status": "degraded" if any(one.problems for one in lanes.values()) else "ok",
        "lanes": [
            {
                "lane": lane,
                "status": one.status,
                "problems": [{"part": problem.part, "text": problem.text} for problem in one.problems],
            }
            for lane, one in lanes.items()
        ],
    }
