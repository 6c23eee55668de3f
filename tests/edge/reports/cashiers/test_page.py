"""The plot and the page of the cashiers report."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from edge.records.records import SaleRecord
from edge.reports.cashiers.cashiers import compare
from edge.reports.cashiers.page import page_parts
from edge.reports.cashiers.tallies import tallies
from edge.reports.page import report_page
from edge.reports.plot import plot_shares
from edge.reports.shares import Share
from tests.edge.reports.conftest import sale_of

SVG = "{http://www.w3.org/2000/svg}"


def numbers(svg: str, pattern: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, found)) for found in re.findall(pattern, svg)]


def page_of(*sales: SaleRecord, headline: str = "Some.") -> str:
    parts = page_parts(compare(tallies(sales, "store-1")))
    return report_page("Restricted sales by cashier", headline, parts, ["As they say: <nothing>."])


def test_the_plot_has_each_share_with_its_interval_and_the_total_as_a_line() -> None:
    svg = plot_shares([("anna", Share(1, 10)), ("boris", Share(2, 100))], Share(3, 110), "share")
    # The axis ends at 50 %, the next round share above 40.4 %: from x = 190 to x = 690.
    assert numbers(svg, r'<circle cx="([\d.]+)" cy="([\d.]+)"') == [(290.0, 41.0), (210.0, 67.0)]
    assert numbers(svg, r'class="interval" x1="([\d.]+)" x2="([\d.]+)"') == [(207.9, 594.2), (195.5, 260.0)]
    assert numbers(svg, r'class="all" x1="([\d.]+)" x2="([\d.]+)"') == [(217.3, 217.3)]
    assert re.findall(r">([\d.]+ %)<", svg) == ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %"]


@pytest.mark.parametrize(("share", "end"), [(Share(0, 500), "5 %"), (Share(1, 50), "20 %"), (Share(9, 10), "100 %")])
def test_the_axis_ends_at_the_next_round_share(share: Share, end: str) -> None:
    assert re.findall(r">([\d.]+ %)<", plot_shares([("anna", share)], share, "share"))[-1] == end


def test_a_long_or_hostile_name_is_shortened_and_escaped() -> None:
    svg = plot_shares([("<script>\u202e" + "x" * 99, Share(1, 2))], Share(1, 2), "a & b")
    ElementTree.fromstring(svg)
    assert "&lt;script&gt;\\u202exxxxxxx…</text>" in svg
    assert "a &amp; b" in svg


def test_the_page_is_self_contained_and_runs_no_code() -> None:
    page = page_of(
        sale_of('<img src=x onerror="alert(1)">'), sale_of("anna", check="passed"), headline="Sales & more: 2."
    )
    assert not re.search(r"<(script|img|link|iframe|object)|https?:|url\(|@import|javascript:", page)
    assert "<p>Sales &amp; more: 2.</p>" in page
    assert "<li>As they say: &lt;nothing&gt;.</li>" in page
    assert page.count("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;") >= 2
    assert page.count("<svg") == 1
    assert page.count("<table>") == 3


def test_without_a_completed_sale_there_is_no_plot_and_without_sales_no_table() -> None:
    assert page_of(sale_of(ended="cancelled")).count("<svg") == 0
    assert "<table>" in page_of(sale_of(ended="cancelled"))
    assert "<table>" not in page_of()
