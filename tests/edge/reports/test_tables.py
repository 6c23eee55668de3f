"""Tables as text, HTML and CSV, with hostile texts from tills."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands import visible
from edge.reports.tables import Table, as_csv, as_html, as_text

SALES = Table(("cashier", "sales"), (("anna", "7"), ("[red]бо=р[/]", "120")), frozenset({"sales"}))


def test_text_has_aligned_columns_and_ignores_markup() -> None:
    assert as_text(SALES) == "cashier       sales\nanna              7\n[red]бо=р[/]    120\n"


def test_cells_are_wrapped_to_the_width_without_loss() -> None:
    text = as_text(Table(("cashier", "remark"), (("operator-0042", "too few sales to compare"),)), width=24)
    assert max(map(len, text.splitlines())) <= 24
    assert sorted("".join(text.split())) == sorted("cashierremarkoperator-0042toofewsalestocompare")


def test_without_a_width_cells_are_not_wrapped() -> None:
    assert len(as_text(Table(("cashier",), (("x y " * 60,),))).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", r"\x1b[2J"), ("a\nb", r"a\nb"), ("\u202eanna", r"\u202eanna"), ("Анна Б.", "Анна Б.")],
)
def test_control_and_invisible_characters_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert shown in as_text(Table(("cashier",), ((text,),)))


def test_html_escapes_markup() -> None:
    html = as_html(Table(("cashier", "sales"), (("<script>alert('&')</script>", "1"),), frozenset({"sales"})))
    assert '<th>cashier</th><th class="number">sales</th>' in html
    assert '<td>&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;</td><td class="number">1</td>' in html


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+7 916", "'+7 916"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("anna;=1", "anna;'=1"),
        ("anna,@x", "anna,'@x"),
        ("\t=1", r"\t=1"),
        ("lane-1 a=b", "lane-1 a=b"),
    ],
)
def test_csv_defuses_spreadsheet_formulas(cell: str, safe: str) -> None:
    assert list(csv.reader(StringIO(as_csv(("cashier",), [(cell,)])))) == [["cashier"], [safe]]


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.integers(-9, 9), st.none()), max_size=5))
def test_csv_can_be_read_back_for_any_text(rows: list[tuple[str, int, None]]) -> None:
    read = list(csv.reader(StringIO(as_csv(("id", "number", "nothing"), rows))))
    assert len(read) == len(rows) + 1
    for (text, number, _), cells in zip(rows, read[1:], strict=True):
        assert cells[0].replace("'", "") == visible(text).replace("'", "")
        assert cells[0].lstrip()[:1] not in {"=", "+", "-", "@"}
        assert cells[1:] == [str(number), ""]
