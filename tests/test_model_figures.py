"""What the documents say of the bundled model is what its report card says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle

ROOT = Path(__file__).parents[1]
CARD = (BUNDLED / "MODEL_CARD.md").read_text()
ASKED_BELOW = Bundle(BUNDLED).challenge_age(0.1)


def figures(row: str) -> list[str]:
    """The numbers in a row of a table that are not whole, as the documents write them."""
    return re.findall(r"\d+\.\d+", row)


def rows(start: str) -> list[list[str]]:
    """The cells of the card's rows that begin with a word."""
    return [line.strip("| ").split(" | ") for line in CARD.splitlines() if line.startswith(f"| {start} |")]


def plain(document: str) -> str:
    return (ROOT / document).read_text().replace(" %", "%")


@pytest.mark.parametrize("document", ["README.md", "docs/privacy.md", "docs/data-protection-assessment.md"])
def test_who_passes_and_who_is_asked_stands_where_people_decide_on_it(document: str) -> None:
    (row,) = rows(str(ASKED_BELOW))
    text = plain(document)
    for share in (row[1], row[3]):
        assert all(number in text for number in figures(share)), share


@pytest.mark.parametrize("document", ["docs/privacy.md", "docs/data-protection-assessment.md"])
@pytest.mark.parametrize("sex", ["female", "male"])
def test_so_does_how_much_more_often_women_are_asked(document: str, sex: str) -> None:
    asked = next(row for row in rows(sex) if "%" in row[3])[3]
    assert f"{figures(asked)[0]}%" in plain(document)


@pytest.mark.parametrize("source", ["faces", "bands", "chips"])
def test_the_readme_has_the_error_on_every_source(source: str) -> None:
    _, _, _, error, _, _, passed, _ = next(row for row in rows(source) if len(row) == 8)
    assert f"**{error.split()[0]}** {error.split()[1]} | {passed.split()[0]}," in plain("README.md")


def test_the_readme_names_the_age_that_every_risk_asks_for() -> None:
    for threshold in Bundle(BUNDLED).manifest.thresholds:
        assert f"| {threshold.risk:.0%} | {threshold.challenge_age} | {threshold.passed} of " in plain("README.md")


def test_what_other_photos_cost_is_what_the_short_runs_lost() -> None:
    (names,) = rows("trained on")
    (everything,) = rows("all sources")
    lost = []
    for source in ("bands", "chips", "faces"):
        (without,) = rows(f"without {source}")
        column = names.index(source)
        lost.append(float(figures(without[column])[0]) - float(figures(everything[column])[0]))
    assert f"by {min(lost):.2f} to {max(lost):.2f} years in short comparison runs" in plain("docs/privacy.md")
