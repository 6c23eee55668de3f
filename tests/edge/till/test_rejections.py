"""Rejected messages and dropped parts: all are counted, few are logged, and notes of them are kept for the doctor."""

from __future__ import annotations

import logging

import pytest

from edge.till.rejections import DROPPED, RejectionNote, Rejections


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno == logging.WARNING]


def test_every_rejection_is_counted_and_few_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections()
    for _ in range(1000):
        rejections.add("too fast", "till-1", "send less")
    rejections.add("unknown key", "a client", "get a key")
    assert rejections.counts == {"too fast": 1000, "unknown key": 1}
    assert warnings(caplog) == [
        "rejected till-1: send less (1 times so far)",
        "rejected a client: get a key (1 times so far)",
    ]


def test_dropped_parts_are_counted_by_message_and_are_no_rejection(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections()
    for _ in range(2):
        rejections.add_dropped("till-1", "lane.sale.closed", ("time", "basket[3].sku"))
    assert (rejections.counts, rejections.dropped) == ({}, {"lane.sale.closed": 4})
    assert warnings(caplog) == [
        "a part of a message of till-1 is ignored: lane.sale.closed: cannot use time, basket[3].sku"
    ]


def test_notes_are_kept_by_client_and_reason_until_they_are_taken() -> None:
    rejections = Rejections()
    rejections.add("malformed", "till-1", "first")
    rejections.add("malformed", "till-1", "second")
    rejections.add("malformed", "till-2", "other")
    rejections.add_dropped("till-2", "lane.hello", ["role"])
    assert rejections.take_notes() == {
        ("till-1", "malformed"): RejectionNote(2, "second"),
        ("till-2", "malformed"): RejectionNote(1, "other"),
        ("till-2", DROPPED): RejectionNote(1, "lane.hello: cannot use role"),
    }
    assert rejections.take_notes() == {}


def test_what_a_till_has_sent_cannot_forge_a_line_of_the_log_or_fill_the_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rejections = Rejections()
    for number in range(1000):
        rejections.add("malformed", f"till-{number}", "x\nrejected nobody" + "y" * 100_000)
    [line] = warnings(caplog)
    assert "\n" not in line
    assert len(line) < 500
    assert sum(len(note.explanation) for note in rejections.take_notes().values()) < 20_000
