"""Finds the valid record of a sale that was recorded more than once. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.records.records import RecordKey, SaleRecord


def newest_revisions(records: Iterable[SaleRecord]) -> list[SaleRecord]:
    """One record for each sale: the one with the highest revision, and of equal ones the last. It takes the place of
    the sale's first record. records: in the order in which they were written."""
    newest: dict[RecordKey, SaleRecord] = {}
    first: dict[RecordKey, RecordKey] = {}
    for record in records:
        key = first.setdefault(record.key, first.get(_revised_key(record), record.key))
        if key not in newest or record.revision >= newest[key].revision:
            newest[key] = record
    return list(newest.values())


def _revised_key(record: SaleRecord) -> RecordKey:
    """The key under which the sale may have been recorded before: it was given up, and resumed under another id or at
    another till of its lane. Its opening stays the same."""
    origin = record.resumed_from
    if not record.revision or origin is None:
        return record.key
    return origin.lane or record.lane, origin.till or record.till, origin.sale_id, record.opened_at
