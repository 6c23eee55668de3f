"""`report sales` with --only, --cashier and --checked-by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.errors import UsageError
from edge.records.records import SaleRecord
from edge.reports.command import report
from edge.reports.sales.selection import SELECTIONS, selected
from tests.edge.purchases.conftest import NOON
from tests.edge.reports.conftest import MakeFolder, RunReport, check_of, recent_sale, sale_of

SALES = {
    "checked": sale_of("anna", check="passed"),
    "unchecked": sale_of("anna"),
    "failed": sale_of("boris", checks=(check_of("failed", "anna"),)),
    "late": sale_of("boris", checks=(check_of(at=NOON + timedelta(minutes=3), by="zoe", means="document"),)),
    "not-asked": sale_of(None, None, ended="not-asked"),
    "withdrawn": sale_of("anna", check="failed", ended="withdrawn"),
}


def names(*only: str, seller: str | None = None, checker: str | None = None) -> set[str]:
    """The names of the selected sales."""
    found = selected(SALES.values(), only, seller, checker)
    return {name for name, sale in SALES.items() if sale in found}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["unchecked"], {"unchecked"}),
        (["sold-after-failed-check"], {"failed"}),
        (["checked-after-payment"], {"late"}),
        (["not-asked"], {"not-asked"}),
        (["withdrawn"], {"withdrawn"}),
        (["document"], {"late"}),
        (["manager-override"], set()),
        (["unchecked", "not-asked"], {"unchecked", "not-asked"}),
        ([], set(SALES)),
    ],
)
def test_each_word_selects_its_sales(only: list[str], expected: set[str]) -> None:
    assert names(*only) == expected


def test_who_closed_and_who_checked_are_asked_for_apart() -> None:
    assert names(seller="boris") == {"failed", "late"}
    assert names(checker="anna") == {"checked", "failed", "withdrawn"}
    assert names("sold-after-failed-check", seller="boris", checker="anna") == {"failed"}
    assert names(seller="-") == {"not-asked"}


def test_the_words_are_those_of_the_records_too() -> None:
    assert {"completed", "cancelled", "suspended", "abandoned", "digital-id", "obviously-of-age"} <= set(SELECTIONS)


def test_the_headline_says_what_is_listed(printed: RunReport, state_folder: MakeFolder) -> None:
    sales: list[SaleRecord] = list(SALES.values())
    words = ("sales", "--state-dir", state_folder(*sales), "--since", "2026-10-30", "--until", "2026-11-05")
    lines = printed(*words, "--only", "unchecked", "not-asked", "--checked-by", "anna").splitlines()
    assert lines[0].endswith(": 6. Lanes: lane-1. Only checked by anna, without a check / not asked: 0.")


def test_an_unknown_word_is_an_error() -> None:
    with pytest.raises(UsageError, match="invalid choice: 'everything'"):
        report(["sales", "--only", "everything"])


def test_sales_in_spite_of_a_check_are_listed_without_a_hint_of_where_to_find_them(
    printed: RunReport, state_folder: MakeFolder
) -> None:
    failed = recent_sale("anna", "failed")
    folder = state_folder(failed, recent_sale("boris"))
    hint = "1 sale was completed although the check failed"
    assert printed("sales", "--state-dir", folder).splitlines()[1].startswith(hint)
    headline, *others = printed("sales", "--state-dir", folder, "--only", "sold-after-failed-check").splitlines()
    assert headline.endswith(": 1.")
    assert others[:2] == ["", "Sales"]
    assert others[3].startswith(failed.sale_id)
