"""What a cashier or an attendant types, in English and Russian."""

from __future__ import annotations

import json

import pytest

from edge.errors import UsageError
from edge.till.reference.words import understand, understand_attendant


def as_json(step: object) -> dict[str, object]:
    return dict(json.loads(step.model_dump_json(exclude_defaults=True)))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("6", {"do": "scan", "item": "beer"}),
        ("пиво", {"do": "scan", "item": "beer"}),
        ("Beer", {"do": "scan", "item": "beer"}),
        ("-пиво", {"do": "remove", "item": "beer"}),
        ("-6", {"do": "remove", "item": "beer"}),
        ("remove vodka", {"do": "remove", "item": "vodka"}),
        ("убрать водка", {"do": "remove", "item": "vodka"}),
        ("p", {"do": "check", "outcome": "passed"}),
        ("П 21 паспорт", {"do": "check", "outcome": "passed", "minimum_age": 21, "means": "document"}),
        ("f 21", {"do": "check", "outcome": "failed", "minimum_age": 21}),
        ("м цифровой", {"do": "check", "outcome": "failed", "means": "digital-id"}),
        ("n", {"do": "check", "outcome": "not-shown"}),
        ("p known-customer", {"do": "check", "outcome": "passed", "means": "known-customer"}),
        ("п взрослый", {"do": "check", "outcome": "passed", "means": "obviously-of-age"}),
        (
            "p manager-override Boss",
            {"do": "check", "outcome": "passed", "means": "manager-override", "authorised_by": "Boss"},
        ),
        ("p before", {"do": "check", "outcome": "passed", "sale": "next"}),
        ("п после паспорт", {"do": "check", "outcome": "passed", "means": "document", "sale": "last"}),
        ("s", {"do": "suspend"}),
        ("отложить", {"do": "suspend"}),
        ("u", {"do": "resume"}),
        ("вернуть S-1", {"do": "resume", "sale_id": "S-1"}),
        ("cashier Anna", {"do": "cashier", "id": "Anna"}),
        ("кассир Анна", {"do": "cashier", "id": "Анна"}),
        ("учебный", {"do": "open", "training": True}),
        ("t", {"do": "offer", "outcome": "taken"}),
        ("о", {"do": "offer", "outcome": "refused"}),
        ("з", {"do": "close"}),
    ],
)
def test_words_mean_a_line_of_a_scenario(typed: str, meant: dict[str, object]) -> None:
    assert as_json(understand(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("whisky", "no item 'whisky' in the catalogue"),
        ("-whisky", "no item 'whisky' in the catalogue"),
        ("p maybe", "'maybe' says nothing about a check"),
        ("p 400", "minimum_age must be at most 100"),
    ],
)
def test_words_without_a_meaning_are_an_error_with_the_fix(typed: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        understand(typed)


def test_an_attendant_names_the_till_first() -> None:
    step = {"do": "check", "outcome": "passed", "till": "till-1", "means": "document"}
    assert as_json(understand_attendant("till-1 p document")) == step
    for typed in ("p", "till-1", "till-1 beer", "till-1 p before"):
        with pytest.raises(UsageError):
            understand_attendant(typed)
