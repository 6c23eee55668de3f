"""Every change of the audit log's file by someone else is detected and reported."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records.audit import Audit
from tests.edge.records.audit.conftest import Tamper, eight_sales, forged, prune


def test_a_changed_record_is_reported(audit: Audit, tamper: Tamper) -> None:
    tamper("UPDATE audit SET record = replace(record, 'anna', 'boris') WHERE number = 3")
    assert audit.verify() == ["record 3 was changed, or moved here from another place"]


@pytest.mark.parametrize("column", ["hash", "before"])
def test_a_changed_hash_is_reported_once(audit: Audit, tamper: Tamper, column: str) -> None:
    tamper(f"UPDATE audit SET {column} = 'abc' WHERE number = 3")
    assert audit.verify() == ["record 3 was changed, or moved here from another place"]


def test_a_record_replaced_with_its_hash_is_reported(audit: Audit, tamper: Tamper, hashes: list[str]) -> None:
    text, hash_ = forged(3, f"{hashes[1]} {hashes[0]}")
    tamper(f"UPDATE audit SET record = '{text}', hash = '{hash_}' WHERE number = 3")
    assert audit.verify() == ["record 3 is not the one that record 4 was written after"]


def test_the_newest_record_replaced_with_its_hash_is_reported(audit: Audit, tamper: Tamper, hashes: list[str]) -> None:
    text, hash_ = forged(9, f"{hashes[-2]} {hashes[0]}")
    tamper(f"UPDATE audit SET record = '{text}', hash = '{hash_}' WHERE number = 9")
    assert audit.verify() == ["record 9 is not the one that was saved as the newest"]


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("number = 3", "record 3 is missing"),
        ("number IN (3, 4, 5)", "records 3 to 5 are missing"),
        ("number < 3", "records 1 to 2 are missing"),
        ("number > 6", "records 7 to 9 are missing"),
        ("true", "records 1 to 9 are missing"),
    ],
)
def test_removed_records_are_reported(audit: Audit, tamper: Tamper, where: str, problem: str) -> None:
    tamper(f"DELETE FROM audit WHERE {where}")
    assert audit.verify() == [problem]


def test_two_changes_beside_a_gap_are_all_reported(audit: Audit, tamper: Tamper) -> None:
    tamper("DELETE FROM audit WHERE number = 4", "UPDATE audit SET record = '{}' WHERE number IN (3, 5)")
    assert audit.verify() == [
        "record 3 was changed, or moved here from another place",
        "record 4 is missing",
        "record 5 was changed, or moved here from another place",
    ]


def test_swapped_records_are_both_reported(audit: Audit, tamper: Tamper) -> None:
    tamper(*(f"UPDATE audit SET number = {to} WHERE number = {number}" for number, to in ((3, 0), (6, 3), (0, 6))))
    assert audit.verify() == [f"record {number} was changed, or moved here from another place" for number in (3, 6)]


def test_a_removed_record_cannot_be_hidden_by_moving_the_later_ones_up(audit: Audit, tamper: Tamper) -> None:
    tamper("DELETE FROM audit WHERE number = 6", "UPDATE audit SET number = number - 1 WHERE number > 6")
    assert audit.verify() == [
        "record 6 was changed, or moved here from another place",
        "record 7 was changed, or moved here from another place",
        "record 8 was changed, or moved here from another place",
        "record 9 is missing",
    ]


def test_a_record_added_after_the_newest_one_is_reported(audit: Audit, tamper: Tamper, hashes: list[str]) -> None:
    before = f"{hashes[-1]} {hashes[0]}"
    text, hash_ = forged(10, before)
    tamper(f"INSERT INTO audit VALUES (10, '{text}', '{before}', '{hash_}')")
    assert audit.verify() == ["record 9 was saved as the newest, but there is a record 10"]


def test_a_log_truncated_with_its_end_marks_is_detected_by_a_hash_saved_elsewhere(
    audit: Audit, tamper: Tamper, hashes: list[str]
) -> None:
    saved, sixth = audit.head.hash, hashes[5]
    tamper("DELETE FROM audit WHERE number > 6", f"UPDATE audit_end SET number = 6, hash = '{sixth}' WHERE number = 9")
    assert audit.verify() == []
    assert audit.verify(saved) == [f"no record has the hash {saved}: the newest one is number 6"]
    assert audit.verify(sixth) == []


def test_text_that_is_not_utf_8_is_reported_and_the_rest_is_read(audit: Audit, tamper: Tamper) -> None:
    tamper("UPDATE audit SET record = CAST(x'7bff7d' AS TEXT), hash = CAST(x'ff' AS TEXT) WHERE number = 3")
    assert audit.verify() == ["record 3 was changed, or moved here from another place"]
    assert [head.number for head, _ in audit.records()] == [2, 4, 5, 6, 7, 8, 9]


COLUMNS = ("number", "record", "before", "hash")


@st.composite
def edits(draw: st.DrawFn) -> Callable[[sqlite3.Connection], None]:
    """Edits one cell or one row of the audit table or of its end marks, in a log with two pruned records."""
    number = draw(st.sampled_from((1, *range(4, 11))))
    what = draw(st.sampled_from((*COLUMNS, "delete", "insert", "pruned number", "pruned hash", "newest number",
                                 "newest hash", "mark")))  # fmt: skip
    text = draw(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30))
    other = draw(st.integers(-1, 12).filter(lambda value: value not in (1, *range(4, 11))))

    def edit(connection: sqlite3.Connection) -> None:
        if what == "delete":
            connection.execute("DELETE FROM audit WHERE number = ?", (number,))
        elif what == "insert":
            connection.execute(
                "INSERT INTO audit SELECT ?, record, before, hash FROM audit WHERE number = ?", (other, number)
            )
        elif what == "number":
            connection.execute("UPDATE audit SET number = ? WHERE number = ?", (other, number))
        elif what in COLUMNS:
            connection.execute(f"UPDATE audit SET {what} = ? WHERE number = ?", (text, number))
        elif what == "mark":
            connection.execute("DELETE FROM audit_end WHERE number = ?", (3 if number % 2 else 10,))
        else:
            which, column = what.split()
            value = text if column == "hash" else 3 + number if which == "pruned" else number - 1
            connection.execute(f"UPDATE audit_end SET {column} = ? WHERE which = ?", (value, which))

    return edit


@given(edit=edits())
def test_any_single_edit_is_detected(
    tmp_path_factory: pytest.TempPathFactory, edit: Callable[[sqlite3.Connection], None], noon: datetime
) -> None:
    with eight_sales(tmp_path_factory.mktemp("lane")) as database:
        audit = Audit(database)
        assert prune(audit, noon + timedelta(days=2)) == 2
        with database.transaction() as connection:
            connection.execute("DROP TRIGGER audit_is_append_only")
            connection.execute("DROP TRIGGER audit_is_pruned_from_its_start")
            edit(connection)
        assert audit.verify() != []
