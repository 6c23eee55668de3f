"""The page of the cashiers report."""

from __future__ import annotations

import re

from edge.records.records import SaleRecord
from edge.reports.cashiers.cashiers import compare
from edge.reports.cashiers.page import page_parts
from edge.reports.cashiers.tallies import tallies
from edge.reports.content import ReportContent
from edge.reports.page import report_page
from edge.reports.single_sales import failed_checks_table, unchecked_tables
from tests.edge.reports.conftest import sale_of


def page_of(*sales: SaleRecord, headline: str = "Some.") -> str:
    parts = page_parts(
        compare(tallies(sales, "store-1")), failed_checks_table(sales), unchecked_tables(sales, ["zoe"]), "en"
    )
    return report_page(ReportContent("Restricted sales by cashier", headline, (), "", page_parts=parts))


def test_the_page_is_self_contained_and_runs_no_code() -> None:
    hostile = [sale_of('<img src=x onerror="alert(1)">') for _ in range(30)]
    page = page_of(*hostile, sale_of("anna", check="passed"), headline="Sales & more: 2.")
    assert not re.search(r"<(script|img|link|iframe|object)|https?:|url\([^#]|@import|javascript:", page)
    assert "Sales &amp; more: 2.</p>" in page
    assert page.count("&lt;img src=x onerror=&#34;alert(1)&#34;&gt;") >= 2
    assert page.count('<svg class="plot" ') == 1
    assert page.count("<table ") == 3


def test_the_worst_comes_first_and_what_is_rarely_read_is_folded_away() -> None:
    careless = [sale_of("zoe") for _ in range(40)]
    page = page_of(
        *(sale_of("anna", check="passed") for _ in range(40)),
        *careless,
        sale_of("boris", check="failed", sale_id="a-7"),
    )
    order = [
        "Sold although the check failed or no document was shown</h2>", ">a-7</th>", "Sales without a check</h2>",
        "<svg", "zoe: sales without a check: the newest 10 of 40</h2>", "Checks by cashier</h2>",
        '<tr class="marked"><th scope="row" class="key">zoe</th>', ">anna</th>", "<details", "How the sales ended</h2>",
    ]  # fmt: skip
    places = [page.index(part) for part in order]
    assert places == sorted(places)


def test_a_share_of_fewer_than_thirty_is_not_drawn() -> None:
    assert page_of(*(sale_of("anna") for _ in range(29))).count("<svg") == 0
    assert page_of(*(sale_of("anna") for _ in range(30))).count('<svg class="plot" ') == 1


def test_without_a_completed_sale_there_is_no_plot_and_without_sales_no_table() -> None:
    assert page_of(sale_of(ended="cancelled")).count("<svg") == 0
    assert "<table " in page_of(sale_of(ended="cancelled"))
    assert "<table " not in page_of()
