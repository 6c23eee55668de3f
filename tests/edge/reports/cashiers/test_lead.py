"""What the cashiers report says first, in both languages."""

from __future__ import annotations

from edge.language.words import in_language
from edge.reports.cashiers.cashiers import compare
from edge.reports.cashiers.lead import lead
from edge.reports.cashiers.tallies import CashierTally
from edge.reports.shares import Share


def lead_of(*cashiers: tuple[str, int, int], store: str = "store-1") -> list[str]:
    """cashiers: name, sales without a check, sales with ID due."""
    tallies = [CashierTally(store, name, unchecked=Share(hits, due)) for name, hits, due in cashiers]
    for tally in tallies:
        tally.ended["completed"] += tally.unchecked.trials
    return [*lead(compare(tallies))]


def test_who_stands_out_is_named_with_the_figures_the_worst_first() -> None:
    found = lead_of(("c-3", 30, 100), ("c-7", 30, 400), ("c-21", 13, 33), ("c-9", 5, 400))
    assert found[0] == (
        "Cashier c-21: no check in 13 of 33 sales (39%), the others 7%. This is not chance: talk to them."
    )
    assert found[1].startswith("Cashier c-3: no check in 30 of 100 sales (30%)")
    assert len(found) == 2
    assert in_language(found[0], "ru") == (
        "Кассир c-21: без проверки 13 из 33 продаж (39\N{NO-BREAK SPACE}%), у остальных 7\N{NO-BREAK SPACE}%. "
        "Это не случайность: поговорите."
    )


def test_with_many_the_worst_are_named_and_the_others_counted() -> None:
    many = [(f"c-{number}", 60, 100) for number in range(7)]
    assert lead_of(*many, ("good", 0, 2000))[-1] == "2 more cashiers are in the table."


def test_nobody_stands_out_or_there_are_too_few_sales_or_none() -> None:
    assert lead_of(("anna", 3, 40), ("boris", 4, 40)) == ["No cashier leaves out more checks than the others do."]
    assert lead_of(("anna", 9, 9), ("boris", 0, 9))[0].startswith("Too few sales to compare cashiers: it takes 30 ")
    assert lead_of() == []
