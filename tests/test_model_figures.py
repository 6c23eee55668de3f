"""The figures of the bundled model in the documents are those of its report card."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.settings.sections import PolicySettings

ROOT = Path(__file__).parents[1]
CARD = (BUNDLED / "MODEL_CARD.md").read_text()
LIMIT = Bundle(BUNDLED).thresholds(PolicySettings().risk)[18]


def decimals(cell: str) -> list[str]:
    """The decimal numbers in a cell of a table."""
    return re.findall(r"\d+\.\d+", cell)


def rows(start: str) -> list[list[str]]:
    """The cells of the card's table rows whose first cell is `start`."""
    return [line.strip("| ").split(" | ") for line in CARD.splitlines() if line.startswith(f"| {start} |")]


def plain(document: str) -> str:
    return (ROOT / document).read_text().replace(" %", "%")


@pytest.mark.parametrize("document", ["README.md", "docs/privacy.md", "docs/data-protection-assessment.md"])
def test_the_shares_of_who_passes_and_who_is_asked_are_in_the_document(document: str) -> None:
    (row,) = rows(f"{LIMIT.max_p_under_legal:.2%}")
    text = plain(document)
    for share in (row[2], row[4]):
        assert all(number in text for number in decimals(share)), share


@pytest.mark.parametrize("document", ["docs/privacy.md", "docs/data-protection-assessment.md"])
@pytest.mark.parametrize("sex", ["female", "male"])
def test_the_shares_of_men_and_women_who_are_asked_are_in_the_document(document: str, sex: str) -> None:
    asked = next(row for row in rows(sex) if len(row) == 5 and "%" in row[4])[4]
    assert f"{decimals(asked)[0]}%" in plain(document)


@pytest.mark.parametrize("source", ["faces", "bands", "chips"])
def test_the_readme_has_the_error_on_every_source(source: str) -> None:
    _, _, _, error, _, _, passed, _ = next(row for row in rows(source) if len(row) == 8)
    assert f"**{error.split()[0]}** {error.split()[1]} | {passed.split()[0]}," in plain("README.md")


def test_the_readme_has_the_limit_of_every_legal_age_and_risk() -> None:
    for each in Bundle(BUNDLED).manifest.thresholds:
        start = (
            f"| {each.legal_age} | {each.risk:.0%} | {each.max_p_under_legal:.2%}, about below {each.challenge_age} | "
        )
        assert f"{start}{each.passed} of {each.underage} | " in plain("README.md")


def test_the_loss_on_unseen_sources_in_the_privacy_document_is_that_of_the_short_runs() -> None:
    (names,) = rows("trained on")
    (all_sources,) = rows("all sources")
    losses = []
    for source in ("bands", "chips", "faces"):
        (without,) = rows(f"without {source}")
        column = names.index(source)
        losses.append(float(decimals(without[column])[0]) - float(decimals(all_sources[column])[0]))
    assert f"by {min(losses):.2f} to {max(losses):.2f} years in short comparison runs" in plain("docs/privacy.md")
