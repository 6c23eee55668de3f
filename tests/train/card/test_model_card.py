"""The report card as Markdown."""

from __future__ import annotations

import re

import pytest

from edge.ages import BUNDLED
from train.card.facts import Card, Errors, ListedPhotos, OperatingRates
from train.card.measures import MeasuredError
from train.card.model_card import model_card
from train.card.page import card_page


def test_the_error_on_a_source_that_a_run_was_not_trained_on_is_bold(card_with_study: Card) -> None:
    text = model_card(card_with_study)
    assert "## Expected error in a new shop" in text
    assert "| trained on | all | corner | market |" in text
    assert "| all sources | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) |" in text
    assert "| without market | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | **5.00 (4.00-6.00)** |" in text


def test_without_a_study_the_card_has_no_section_about_new_shops(card: Card) -> None:
    assert "new shop" not in model_card(card)


def test_a_figure_from_fewer_than_30_photos_is_not_written(card: Card, some_error: MeasuredError) -> None:
    few = Errors(all=some_error.model_copy(update={"pictures": 29}), passed=some_error)
    text = model_card(card.model_copy(update={"by_age": {"shop": {"13-17": few}}}))
    assert "| shop | 13-17 | 29 | fewer than 30 | fewer than 30 | 90 | 5.00 (4.00-6.00) |" in text
    challenge = [line for line in text.splitlines() if line.startswith("| 5.00% |")]
    assert challenge
    assert challenge[0].endswith("| fewer than 30 | fewer than 30 | fewer than 30 |")


def test_the_operating_point_comes_first(card: Card) -> None:
    titles = [line for line in model_card(card).splitlines() if line.startswith("## ")]
    assert titles[:4] == [
        "## The lane's operating point",
        "## In the shape of NIST's test of age estimation",
        "## Practice statement",
        "## Errors",
    ]


def test_photos_that_set_the_limits_are_marked(card: Card) -> None:
    rates = OperatingRates(risk=0.05, photos="shop", set_limits=True, rates=card.challenge[0])
    point = card.operating.model_copy(update={"rates": (rates, rates.model_copy(update={"set_limits": False}))})
    text = model_card(card.model_copy(update={"operating": point}))
    assert "| shop \\* |" in text
    assert "| shop |" in text


def test_what_is_not_known_is_said(card: Card) -> None:
    text = model_card(card)
    assert "With glasses: not known." in text
    assert "By sex and group of people: not known." in text
    assert "A trial" not in text


def test_a_card_of_some_photos_says_so(card: Card) -> None:
    text = model_card(card.model_copy(update={"most_photos": 60}))
    assert "**A trial, with at most 60 test photos of each source.**" in text


def test_a_model_without_a_list_of_its_photos_says_that_they_are_unknown(card: Card) -> None:
    assert "Which photos it was trained on is unknown: this model has no list of them." in model_card(card)


@pytest.mark.parametrize("complete", [True, False])
def test_a_model_with_a_list_says_that_it_was_checked_and_what_is_missing(complete: bool, card: Card) -> None:
    text = model_card(card.model_copy(update={"photos": ListedPhotos(count=4321, complete=complete)}))
    assert "The model lists 4,321 photos that it was trained on" in text
    assert "None of the photos above is among them." in text
    assert ("came without a list: which photos those were trained on is unknown." in text) is not complete


def test_the_practice_statement_has_the_heads_of_the_standard_and_claims_nothing(card: Card) -> None:
    section = model_card(card).split("## Practice statement")[1].split("## Errors")[0]
    heads = re.findall(r"^- \*\*(\w+)\.\*\*", section, flags=re.MULTILINE)
    assert heads == ["Function", "Performance", "Privacy", "Security", "Acceptability"]
    assert "It claims no conformity" in section


def test_the_documents_of_the_practice_statement_exist_beside_the_bundled_model(card: Card) -> None:
    links = re.findall(r"\]\((\S+)\)", model_card(card))
    assert len(links) > 5
    assert all((BUNDLED / link).resolve().is_file() for link in links)


def test_the_page_has_no_link_that_leads_nowhere(card: Card) -> None:
    text = card_page(card)
    assert "<code>docs/privacy.md</code>" in text
    assert "../" not in text


def test_a_name_starts_no_html_and_ends_no_cell(card: Card) -> None:
    named = card.model_copy(update={"model": "<script>", "trained_on": {"a|b<i>": 3}})
    assert "| a\\|b&lt;i> | 3 |" in model_card(named)
    assert "<script>" not in card_page(named)
    assert ">a|b&lt;i&gt;</th>" in card_page(named)
