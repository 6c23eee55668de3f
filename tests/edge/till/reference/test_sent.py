"""What the reference till writes down: read back whole after a power cut, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.errors import UsageError
from edge.till.reference.sent import SentLog
from edge.till.reference.steps import Entry

MILK, BEER = Entry(scanned="milk"), Entry(scanned="beer")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "till.jsonl"


def written(file: Path, *entries: Entry) -> None:
    journal = SentLog(file)
    journal.write(entries)
    journal.close()


def read(file: Path) -> list[Entry]:
    journal = SentLog(file)
    journal.close()
    return journal.entries


def test_a_new_journal_is_empty_and_what_is_written_is_read_again(file: Path) -> None:
    assert read(file) == []
    written(file, MILK)
    written(file, BEER)
    assert read(file) == [MILK, BEER]


def test_everything_that_a_till_notes_is_read_again_as_it_was(file: Path, till: Any) -> None:
    till.open()
    till.scan()
    till.acknowledge_all()
    till.receive(till.alert())
    written(file, *till.saved)
    assert read(file) == till.saved


@pytest.mark.parametrize("lost", range(1, 19))
def test_a_line_that_was_cut_off_by_a_power_cut_is_as_if_never_written(lost: int, file: Path) -> None:
    written(file, MILK, BEER)
    file.write_bytes(file.read_bytes()[:-lost])
    assert read(file) == [MILK]
    written(file, BEER)
    assert read(file) == [MILK, BEER]


@pytest.mark.parametrize("rubbish", [b"beer", b"{", b'{"sold": "beer"}', b"\xff\xfe"])
def test_a_file_that_is_no_journal_is_refused_by_its_line_and_left_as_it_is(rubbish: bytes, file: Path) -> None:
    written(file, MILK)
    before = file.read_bytes() + rubbish + b"\n"
    file.write_bytes(before)
    with pytest.raises(UsageError, match=r"line 2 is not what a till writes: give another file, or remove it"):
        SentLog(file)
    assert file.read_bytes() == before


def test_a_journal_belongs_to_one_till_at_a_time(file: Path) -> None:
    journal = SentLog(file)
    with pytest.raises(UsageError, match="is in use by another till: give each till a --state of its own"):
        SentLog(file)
    journal.close()
    SentLog(file).close()
