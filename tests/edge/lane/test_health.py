"""The health of a lane and of a box, and its report."""

from __future__ import annotations

from edge.lane.health import LaneHealth, Problem, health_report


def test_a_lane_is_ok_until_it_has_a_problem() -> None:
    assert LaneHealth().status == "ok"
    assert LaneHealth().with_problem("camera", "").status == "ok"
    blind = LaneHealth().with_problem("camera", "the picture is black")
    assert (blind.status, blind.problems) == ("degraded", (Problem("camera", "the picture is black"),))


def test_several_parts_can_have_problems_at_once() -> None:
    health = LaneHealth().with_problem("age-model", "the GPU failed").with_problem("record", "the disk is full")
    assert [problem.text for problem in health.problems] == ["the GPU failed", "the disk is full"]
    assert (health.has_problem("age-model"), health.has_problem("record"), health.has_problem("camera")) == (
        True,
        True,
        False,
    )


def test_a_box_is_ok_when_every_lane_is() -> None:
    assert health_report("hill", "hill-03", {"lane-1": LaneHealth(), "wine": LaneHealth()})["status"] == "ok"


def test_the_report_of_a_box_names_each_lane_and_its_problems() -> None:
    black = LaneHealth().with_problem("camera", "the picture is black")
    found = health_report("hill", "hill-03", {"lane-1": LaneHealth(), "wine": black})
    assert found == {
        "store": "hill",
        "box": "hill-03",
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
