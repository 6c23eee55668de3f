"""Tables as text and CSV, with hostile texts from tills."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands import visible
from edge.language.formats import Shown, percent
from edge.language.words import joined, words
from edge.reports.tables import Table, as_csv, as_text

SALES = Table(("cashier", "sales"), (("anna", "7"), ("[red]бо=р[/]", "120")), frozenset({"sales"}))


def test_text_has_aligned_columns_and_ignores_markup() -> None:
    assert as_text(SALES) == "cashier       sales\nanna              7\n[red]бо=р[/]    120\n"


def test_cells_are_wrapped_to_the_width_without_loss() -> None:
    text = as_text(Table(("cashier", "remark"), (("operator-0042", "too few sales to compare"),)), width=34)
    assert max(map(len, text.splitlines())) <= 34
    assert sorted("".join(text.split())) == sorted("cashierremarkoperator-0042toofewsalestocompare")


WIDE = Table(
    ("cashier", "share", "95 % interval", "remark"), (("anna", "90.9 %", "76.4 to 96.9 %", "less often than others"),),
    frozenset({"share", "95 % interval"}), title="Shares",
)  # fmt: skip


def test_a_table_that_is_too_wide_becomes_a_block_for_each_row() -> None:
    assert as_text(WIDE, width=40) == (
        "Shares\n"
        "\n"
        "anna\n"
        "  share          90.9 %\n"
        "  95 % interval  76.4 to 96.9 %\n"
        "  remark         less often than others\n"
    )


def test_numbers_are_not_wrapped_and_texts_are_wrapped_between_words() -> None:
    assert as_text(WIDE, width=51) == (
        "Shares\n"
        "cashier   share   95 % interval  remark\n"
        "anna     90.9 %  76.4 to 96.9 %  less often than\n"
        "                                 others\n"
    )


def test_no_word_is_broken_at_80_columns() -> None:
    names = ("Иванова-Петровская Анна Сергеевна", "проверяет-реже-остальных-кассиров-магазина")
    text = as_text(Table(("кассир", "сравнение", "число"), ((*names, "1234,5 %"),), frozenset({"число"})), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert {word for name in names for word in name.split()} <= set(text.split())


def test_no_line_ends_at_a_no_break_space_or_between_a_number_and_its_sign() -> None:
    columns = ("cashier", words("95 % interval"), "remark")
    table = Table(columns, (("anna", "1\N{NO-BREAK SPACE}234 %", "too few sales"),), frozenset(columns[1:2]))
    assert as_text(table, 32) == (
        "             95 %\n"
        "cashier  interval  remark\n"
        "anna      1 234 %  too few sales\n"
    )  # fmt: skip


CELLS = st.text("ab ж", min_size=1, max_size=30).filter(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=4), st.integers(20, 120))
def test_every_table_fits_into_every_terminal_without_loss(rows: list[tuple[str, ...]], width: int) -> None:
    text = as_text(Table(("k", "l", "m", "n"), tuple(rows)), width)
    assert max(map(len, text.splitlines())) <= width
    is_table = text.startswith("k ")
    expected = "klmn" if is_table else "lmn" * len(rows)
    expected += "".join(cell for row in rows for cell in row)
    assert sorted("".join(text.split())) == sorted("".join(expected.split()))


def test_texts_are_shown_in_the_language_of_the_reader() -> None:
    table = Table((words("cashier"), words("sold")), (("anna", joined("", [Shown(percent, 0.395, {"digits": 1})])),))
    assert as_text(table, language="ru") == "кассир  продано\nanna    39,5 %\n"
    assert as_text(table) == "cashier  sold\nanna     39.5%\n"


def test_without_a_width_cells_are_not_wrapped() -> None:
    assert len(as_text(Table(("cashier",), (("x y " * 60,),))).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", r"\x1b[2J"), ("a\nb", r"a\nb"), ("\u202eanna", r"\u202eanna"), ("Анна Б.", "Анна Б.")],
)
def test_control_and_invisible_characters_are_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert shown in as_text(Table(("cashier",), ((text,),)))


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
