"""Scenarios for the reference till: valid lines, and the errors for invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.till.reference import scenario
from edge.till.reference.scenario import CheckStep, CloseStep, OpenStep, ScanStep, WaitForStep, WaitStep, load_script

PROTOCOL = Path(__file__).parents[4] / "docs" / "till-protocol.md"


@pytest.mark.parametrize("text", [scenario.__doc__, PROTOCOL.read_text(encoding="utf-8")], ids=["module", "protocol"])
def test_the_scenario_in_the_documentation_can_be_played(text: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario"
    file.write_text("\n".join(line for line in text.splitlines() if line.lstrip().startswith('{"do"')))
    assert [type(line) for line in load_script(file)] == [
        WaitForStep,
        OpenStep,
        ScanStep,
        WaitForStep,
        CheckStep,
        CloseStep,
        WaitStep,
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("open", "it is not JSON: line 1, column 1"),
        ("{}", "it needs 'do'"),
        ('{"do": "dance"}', "it needs 'do' to be one of 'open'"),
        ('{"do": "open", "sale": "1"}', "open.sale is not a known field"),
        ('{"do": "scan", "item": "whisky"}', "no item 'whisky' in the catalogue: it has milk"),
        ('{"do": "check", "outcome": "maybe"}', "check.outcome must be 'passed', 'failed' or 'not-shown'"),
        ('{"do": "wait", "seconds": -1}', "wait.seconds must be at least 0"),
    ],
)
def test_the_error_for_an_invalid_line_has_its_number(line: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario"
    file.write_text(f'# first\n{{"do": "open"}}\n\n{line}\n')
    with pytest.raises(UsageError) as error:
        load_script(file)
    assert f"{file} line 4: " in str(error.value)
    assert why in str(error.value)
    assert "\n" not in str(error.value)
