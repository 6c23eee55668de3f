"""The reference till's state file: complete after a power cut, and used by one till only."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.till.reference.sent import SentLog
from edge.till.reference.steps import Entry
from tests.edge.till.reference.harness import TillHarness

MILK, BEER = Entry(scanned="milk"), Entry(scanned="beer")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "till.jsonl"


def write(file: Path, *entries: Entry) -> None:
    sent_log = SentLog(file)
    sent_log.write(entries)
    sent_log.close()


def read(file: Path) -> list[Entry]:
    sent_log = SentLog(file)
    sent_log.close()
    return sent_log.entries


def test_a_new_file_is_empty_and_written_entries_are_read_back(file: Path) -> None:
    assert read(file) == []
    write(file, MILK)
    write(file, BEER)
    assert read(file) == [MILK, BEER]


def test_every_entry_of_a_sale_is_read_back_unchanged(file: Path, till: TillHarness) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.receive(till.alert())
    write(file, *till.saved)
    assert read(file) == till.saved


@pytest.mark.parametrize("lost", range(1, 19))
def test_an_incomplete_last_line_is_dropped(lost: int, file: Path) -> None:
    write(file, MILK, BEER)
    file.write_bytes(file.read_bytes()[:-lost])
    assert read(file) == [MILK]
    write(file, BEER)
    assert read(file) == [MILK, BEER]


@pytest.mark.parametrize("invalid", [b"beer", b"{", b'{"sold": "beer"}', b"\xff\xfe"])
def test_an_invalid_line_is_an_error_with_its_number_and_the_file_is_unchanged(invalid: bytes, file: Path) -> None:
    write(file, MILK)
    before = file.read_bytes() + invalid + b"\n"
    file.write_bytes(before)
    with pytest.raises(UsageError, match=r"line 2 is not what a till writes: give another file, or remove it"):
        SentLog(file)
    assert file.read_bytes() == before


def test_a_file_is_used_by_one_till_at_a_time(file: Path) -> None:
    sent_log = SentLog(file)
    with pytest.raises(UsageError, match="is in use by another till: give each till a --state of its own"):
        SentLog(file)
    sent_log.close()
    SentLog(file).close()
