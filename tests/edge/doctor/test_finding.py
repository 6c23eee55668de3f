"""Every check returns a finding, even when it raises."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.doctor.examine import examine
from edge.doctor.finding import Check, Finding, NotChecked, check, ok, problem, warning
from edge.errors import RunError
from edge.language.words import words
from tests.edge.doctor.builders import is_fix_of

WATER = words("water {plant} with {litres} l")


def made(find: Callable[[str], Finding], name: str = "plant", after: tuple[str, ...] = ()) -> Check[str]:
    return check(name, "Is it well?", WATER, after=after)(find)


def raising(error: Exception) -> Callable[[str], Finding]:
    def find(_: str) -> Finding:
        raise error

    return find


def test_a_finding_gets_the_name_of_its_check_and_lane() -> None:
    dry = made(lambda plant: warning(words("{plant} is dry", plant=plant), WATER, plant=plant, litres=2))
    (line,) = examine([dry], "the fern", "lane-1")
    assert line == Finding("warning", "the fern is dry", "water the fern with 2 l", "plant", "lane-1")


def test_an_edge_error_is_a_problem_with_the_first_fix() -> None:
    line = made(raising(RunError("the fern has gone"))).finding("")
    assert line == Finding("problem", "the fern has gone", "water PLANT with LITRES l")


def test_a_crashing_check_is_a_problem_in_one_line() -> None:
    line = made(raising(ZeroDivisionError("division by zero\nand more"))).finding("")
    assert (line.verdict, line.seen) == ("problem", "this check crashed: ZeroDivisionError: division by zero")
    assert "support" in line.fix


def test_a_target_that_is_not_available_is_a_warning_with_a_fix() -> None:
    line = made(raising(NotChecked("it is dark", WATER, plant="it", litres=1))).finding("")
    assert line == Finding("warning", "not checked: it is dark", "water it with 1 l")


def test_a_check_is_skipped_when_one_that_it_needs_found_a_problem() -> None:
    checks = [
        made(lambda _: problem("no root", WATER, plant="it", litres=3), "root"),
        made(lambda _: ok("green"), "leaf", after=("root",)),
        made(lambda _: ok("red"), "flower", after=("leaf",)),
        made(lambda _: ok("clay"), "pot"),
    ]
    lines = [(line.name, line.verdict, line.seen) for line in examine(checks, "")]
    assert lines == [
        ("root", "problem", "no root"),
        ("leaf", "warning", "not checked: see root"),
        ("flower", "warning", "not checked: see root"),
        ("pot", "ok", "clay"),
    ]


def test_a_warning_skips_no_check() -> None:
    checks = [
        made(lambda _: warning("dry", WATER, plant="it", litres=1), "root"),
        made(lambda _: ok("green"), "leaf", after=("root",)),
    ]
    assert [line.verdict for line in examine(checks, "")] == ["warning", "ok"]


@pytest.mark.parametrize(("fix", "known"), [("water it with 2 l", True), ("water it", False), ("burn it", False)])
def test_a_fix_is_recognised_with_its_values(fix: str, known: bool) -> None:
    assert is_fix_of(made(lambda _: ok("")), fix) is known
