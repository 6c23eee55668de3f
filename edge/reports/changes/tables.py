"""The changes of settings as a table and as CSV, one row for each setting."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from edge.language.formats import Shown, moment
from edge.language.words import Words, joined, verbatim, words
from edge.records.changes import MODEL_HASH, OFFERS_SHEET
from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.records.chain import Head
    from edge.records.changes import SettingsChange

_WAYS: dict[str, Words] = {
    "start": words("found at the start"),
    "reload": words("file reloaded"),
    "page": words("setup page"),
    "apply": words("edge-agent apply"),
}
"""How settings were changed. Other words are of programs, and are shown as they are."""

_CONTENTS: dict[str, Words] = {
    MODEL_HASH: words("age model (hash)"),
    OFFERS_SHEET: words("sheet of offers (hash)"),
}
"""What is recorded like a setting, but is the content of a file."""

_TOGETHER = timedelta(seconds=10)
"""The lanes of a box record a change of their file within this time."""

_CSV_OF_CHANGES = (
    "at", "lane", "by", "name", "setting", "before", "after", "first", "config", "model", "number", "hash",
    "store", "box",
)  # fmt: skip


def author_words(change: SettingsChange) -> Words:
    """Who changed the settings, and how."""
    way = _WAYS.get(change.by, verbatim(change.by))
    if change.first:
        way = words("{way}, first record", way=way)
    return joined(", ", [way, change.name]) if change.name else way


def changes_table(shared: Sequence[tuple[SettingsChange, Sequence[str]]]) -> Table:
    """For people: times in local time. shared: of `shared_changes`."""
    columns = (words("time"), words("lane"), words("changed by"), words("setting"), words("before"), words("after"))
    rows = tuple(
        (joined("", [Shown(moment, change.at)]), ", ".join(lanes), author_words(change), setting_words(each.setting),
         _shown(each.before), _shown(each.after))
        for change, lanes in shared
        for each in change.changed
    )  # fmt: skip
    return Table(columns, rows, keys=1)


def shared_changes(changes: Sequence[SettingsChange]) -> list[tuple[SettingsChange, list[str]]]:
    """What several lanes recorded of one change of their shared file, once, with the names of the lanes. changes: the
    oldest first."""
    found: list[tuple[SettingsChange, list[str]]] = []
    for change in changes:
        recent = takewhile(lambda each: change.at - each[0].at <= _TOGETHER, reversed(found))  # noqa: B023  used at once
        lanes = next((lanes for first, lanes in recent if _is_same(first, change) and change.lane not in lanes), None)
        if lanes is None:
            found.append((change, [change.lane]))
        else:
            lanes.append(change.lane)
    return found


def _is_same(first: SettingsChange, second: SettingsChange) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in ("by", "name", "first", "changed"))


def setting_words(name: str) -> str:
    """A setting's name as in TOML, or what was recorded like one."""
    return _CONTENTS.get(name, name)


def changes_csv(changes: Sequence[tuple[Head, SettingsChange]]) -> str:
    """For programs: times in UTC, values as JSON. number, hash: of the record in the chain."""
    return as_csv(
        _CSV_OF_CHANGES,
        (
            (change.at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"), change.lane,
             change.by, change.name, each.setting, _json(each.before), _json(each.after),
             "yes" if change.first else "no", change.config, change.model, head.number, head.hash,
             change.store, change.box)
            for head, change in changes
            for each in change.changed
        ),
    )  # fmt: skip


def _shown(value: Any) -> str:
    """A value as in TOML, without the quotes of a text."""
    if value is None or value in ("", []):
        return NOTHING
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
