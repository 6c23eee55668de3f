"""What state a lane and a box are in, and how it is told."""

from __future__ import annotations

from edge.lane.health import LaneHealth, Problem, report


def test_a_lane_is_well_until_something_ails_it() -> None:
    assert LaneHealth().status == "ok"
    assert LaneHealth().with_problem("camera", "").status == "ok"
    blind = LaneHealth().with_problem("camera", "the picture is black")
    assert (blind.status, blind.problems) == ("degraded", (Problem("camera", "the picture is black"),))


def test_several_parts_may_ail_at_once_and_each_can_be_asked_for() -> None:
    health = LaneHealth().with_problem("age-model", "the GPU failed").with_problem("record", "the disk is full")
    assert [problem.text for problem in health.problems] == ["the GPU failed", "the disk is full"]
    assert (health.has_problem("age-model"), health.has_problem("record"), health.has_problem("camera")) == (
        True,
        True,
        False,
    )


def test_a_box_is_well_when_every_lane_is() -> None:
    assert report({"lane-1": LaneHealth(), "wine": LaneHealth()})["status"] == "ok"


def test_the_report_of_a_box_names_the_lane_and_what_ails_it() -> None:
    told = report({"lane-1": LaneHealth(), "wine": LaneHealth().with_problem("camera", "the picture is black")})
    assert told == {
        "status": "degraded",
        "lanes": [
            {"lane": "lane-1", "status": "ok", "problems": []},
            {
                "lane": "wine",
                "status": "degraded",
                "problems": [{"part": "camera", "text": "the picture is black"}],
            },
        ],
    }
