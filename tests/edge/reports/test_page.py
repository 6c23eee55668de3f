"""Pages: escaped, self-contained, with a table of contents, in one look."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from edge.language.words import words
from edge.reports import page as pages
from edge.reports.content import PageSection, ReportContent
from edge.reports.page import as_html, figure, page, report_page
from edge.reports.tables import Table

SALES = Table(("cashier", "sales"), (("anna", "7"), ("all", "7")), frozenset({"sales"}), total=True, title="Sales")


def content(**fields: object) -> ReportContent:
    return ReportContent(**{"title": "Sales", "headline": "Some.", "tables": (), "csv": ""} | fields)  # type: ignore[arg-type]


def test_a_table_has_its_title_above_it_and_headers_for_columns_and_rows() -> None:
    html = as_html(SALES)
    assert html.startswith('<h2>Sales</h2>\n<div class="scroll"><table class="narrow short">')
    assert '<th scope="col" class="key">cashier</th><th scope="col" class="number">sales</th>' in html
    assert '<tr><th scope="row" class="key">anna</th><td class="number" data-column="sales">7</td></tr>' in html
    assert '<tr class="total"><th scope="row" class="key">all</th>' in html


def test_markup_and_invisible_characters_of_tills_are_escaped() -> None:
    html = as_html(Table(("cashier",), (("<script>alert('&')</script>",), ("\u202eanna",))))
    assert "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;" in html
    assert r"\u202eanna" in html


def test_a_name_is_not_broken_and_only_a_word_that_no_page_has_room_for_may_be() -> None:
    long = "Konstantinopolskaya-Alexandrova M. W."
    html = as_html(Table(("cashier", "remark"), (("Anna-Maria Petrova", "x" * 60), (long, ""))))
    assert '<th scope="row" class="key">Anna-Maria Petrova</th>' in html
    assert f'<th scope="row">{long}</th>' in html, "it may be broken between its parts"
    assert f'<td class="long" data-column="remark">{"x" * 60}</td>' in html


def test_a_phone_shows_a_wide_table_as_a_block_for_each_row_whose_cells_name_their_columns() -> None:
    long = "asked for ID, looks young, about 21 years old"
    assert '<table class="narrow short">' in as_html(Table(tuple("abcde"), (tuple("12345"),)))
    columns = ("cashier", "sold", "not asked", "interval")
    wide = Table(columns, (("anna", "12", "3", "12.1 % – 34.5 % of 1,234"),), frozenset(columns[1:]))
    assert '<table class="narrow blocks short" style="--names: 9ch">' in as_html(wide)
    html = as_html(Table(("sale", "lane", "answer"), (("7", "lane-1", long),)))
    assert '<table class="narrow blocks short" style="--names: 6ch">' in html
    assert '<td class="key" data-column="lane">lane-1</td>' in html
    assert f'<td class="wordy" data-column="answer">{long}</td>' in html


def test_paper_breaks_no_short_table() -> None:
    assert '<table class="narrow">' in as_html(Table(("a", "b"), (("1", "2"),) * 13))


def test_a_name_with_a_hyphen_stays_in_one_line_and_so_does_a_range() -> None:
    html = report_page(
        content(lead=["lane-1 <b>: edge-agent report --only x, looks 22 (17 – 28)."], page_parts=[SALES])
    )
    assert '<span class="key">lane-1</span> &lt;b&gt;: <span class="key">edge-agent</span> report' in html
    assert "22 (17\u00a0–\u2060\u00a028)." in html


def test_the_page_of_a_report_says_everything_in_its_order() -> None:
    html = report_page(
        content(
            lead=("Talk to anna.", "And to boris."), warnings=("Goods were not reported.",),
            page_parts=[figure("<svg></svg>", "a & b"), PageSection("By hour", ["Nothing <yet>.", SALES])],
            dropped=("1 file not read",), notes=("Hours are local.",), notice="We count <faces>",
        )
    )  # fmt: skip
    order = [
        "<h1>Sales</h1>", '<p class="covers">Some.</p>', '<p class="warning">Goods were not reported.</p>',
        '<p class="lead">Talk to anna.</p>', '<p class="also">And to boris.</p>', "<svg></svg>",
        "<figcaption>a &amp; b</figcaption>", '<h2 id="part-2">By hour</h2>', "<p>Nothing &lt;yet&gt;.</p>", "<table",
        "<li>1 file not read</li>", "<details><summary>How it was worked out</summary>", "<li>Hours are local.</li>",
        "“We count &lt;faces&gt;”",
    ]  # fmt: skip
    assert all(part in html for part in order)
    places = [html.index(part) for part in order]
    assert places == sorted(places)


def test_a_page_with_much_has_a_table_of_contents() -> None:
    parts = [PageSection(f"Part {number}", ["text"]) for number in range(5)]
    assert '<li><a href="#part-4">Part 3</a></li>' in report_page(content(page_parts=parts))
    assert "<nav" not in report_page(content(page_parts=parts[:4]))


def test_a_folded_section_is_opened_by_the_reader() -> None:
    html = report_page(content(page_parts=[PageSection("All checks", [SALES], folded=True)]))
    assert re.search(
        r'<details id="part-1"><summary>All checks</summary>.*</table></div>\s*</details>', html, re.DOTALL
    )


def test_a_page_runs_no_code_and_loads_nothing() -> None:
    html = report_page(content(title="</title><script>", headline='<img src=x onerror="a()">', page_parts=[SALES]))
    assert not re.search(r"<(script|img|link|iframe|object)|https?:|url\(|@import|javascript:", html)


def test_texts_are_shown_in_the_language_of_the_reader() -> None:
    html = report_page(content(title=words("Restricted sales"), notes=(words("by {name}", name="a&b"),)), "ru")
    assert "<h1>Продажи товаров с ограничением по возрасту</h1>" in html
    assert "<summary>Как это посчитано</summary>" in html
    assert "<li>проверял a&amp;b</li>" in html


def test_the_language_and_the_style_of_a_page() -> None:
    html = page("Ages", Markup("<p>text</p>"), ".a > .b {}", "ru")
    assert '<html lang="ru">' in html
    assert ".a > .b {}" in html


def test_a_name_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        pages._templates("en").from_string("{{ misspelled }}").render()
