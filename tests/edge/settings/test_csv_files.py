"""CSV files as spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.settings.csv_files import number_of, read_rows
from tests.edge.readers import problem_of

ROWS = [{"sku": "46", "category": "молочное"}, {"sku": "47", "category": "чай; кофе"}]


def saved(folder: Path, content: str | bytes) -> Path:
    file = folder / "goods.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("first", ["", "sep=SEPARATOR\r\n"])
def test_a_table_is_read_with_each_separator_and_encoding(
    separator: str, encoding: str, first: str, tmp_path: Path
) -> None:
    lines = [" sku | category ", "46|молочное", "", '47|"чай; кофе"', ""]
    text = (first + "\r\n".join(lines)).replace("SEPARATOR", separator).replace("|", separator)
    assert read_rows(saved(tmp_path, text.encode(encoding)), ("sku", "category")) == ROWS


def test_further_columns_and_missing_values_are_no_problem(tmp_path: Path) -> None:
    file = saved(tmp_path, 'name,price,sku,\n"Milk, fresh","12,50",46,x,y,z\nTea\n')
    milk, tea = read_rows(file, ["sku"])
    assert milk == {"name": "Milk, fresh", "price": "12,50", "sku": "46"}
    assert tea == {"name": "Tea"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it has no columns sku and category: name them in its first line"),
        ("46;milk\n47;tea\n", "it has no columns sku and category: name them in its first line"),
        ("sep=|\nsku;category\n", "it has no columns sku and category"),
        ('sku;category\n46;milk\n47;"tea\n', 'line 3 cannot be read: write a " inside a text twice, and none that is'),
        ('sku;category\n46;"milk" fresh\n', "line 2 cannot be read"),
        (f"sku,category\n46,{'x' * 200_000}\n", "line 2 cannot be read"),
        ("sku;category\n46;молоко\n".encode("cp1251"), "line 2 looks like Windows-1251: save the file as UTF-8, in"),
    ],
)
def test_what_is_no_table_is_rejected_with_the_fix(content: str | bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=problem):
        read_rows(saved(tmp_path, content), ("sku", "category"))


def test_a_table_that_people_have_written_may_have_odd_quotation_marks(tmp_path: Path) -> None:
    file = saved(tmp_path, 'sku\n6" disk\n"open\n')
    assert read_rows(file, ["sku"], strict=False) == [{"sku": '6" disk'}, {"sku": "open\n"}]


@pytest.mark.parametrize(("text", "number"), [("12,5", 12.5), ("-,5", -0.5), (" 3,0 ", 3), ("7", 7), ("1e3", 1000)])
def test_numbers_may_have_a_decimal_comma(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", ",", "1,2,3", "1,000.5", "twelve"])
def test_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number_of(text)


ODD_CSV = st.lists(st.sampled_from(["sku", "category", ",", ";", "\t", '"', "\r", "\n", "46", "\0", "é", "sep=;\n"]))


@given(content=st.binary(max_size=100) | ODD_CSV.map(lambda parts: ("sku;category\n" + "".join(parts)).encode()))
def test_any_file_is_a_table_or_one_line_that_says_why_not(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = saved(tmp_path_factory.getbasetemp(), content)
    assert problem_of(lambda: read_rows(file, ("sku", "category")), ValueError).isprintable()
