"""The record of a change of a lane's settings: a row of the audit log's chain, beside the records of sales.

It is removed with the records of its age, because it may name a person. edge-agents that know no such rows skip them,
and their `report verify` says that they cannot read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from edge.records.records import Record
from edge.till.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

CHANGE_START = '{"change":'
"""The JSON of such a record starts like this."""

MODEL_HASH, OFFERS_SHEET = "model (hash)", "offers.sheet (content)"
"""Recorded like settings: the files that these settings name may change, and not the settings."""


class ChangedSetting(Record):
    """setting: its name as in TOML, `policy.legal_age`, or what is recorded like one. before, after: its values,
    without passwords."""

    setting: str
    before: Any
    after: Any


class SettingsChange(Record):
    """Settings that took effect.

    at: when. by, name: who changed them, see `edge.settings.author.Author`.
    model, config: hashes of the age model and of the settings, as sale records have them, from now on.
    store, box: their names.
    first: no settings had been recorded before in this log; `before` is the default of each.
    """

    change: Literal["settings"] = "settings"
    lane: str
    at: Moment
    by: str
    name: str | None = None
    model: str
    config: str
    changed: tuple[ChangedSetting, ...]
    first: bool = False
    store: str | None = None
    box: str | None = None


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """The settings that a lane uses from a moment on. values: by name, without passwords. defaults: the same for
    settings that nobody has set. The others: see `SettingsChange`."""

    lane: str
    at: datetime
    by: str
    name: str | None
    model: str
    config: str
    values: Mapping[str, Any]
    defaults: Mapping[str, Any]
    store: str | None = None
    box: str | None = None

    def change_from(self, before: Mapping[str, Any]) -> SettingsChange | None:
        """The record of the change from other values, None if there is no difference. before: empty if no settings
        have been recorded. A setting that is new in this version had its default."""
        known = {**self.defaults, **before}
        changed = tuple(
            ChangedSetting(setting=name, before=known.get(name), after=value)
            for name, value in self.values.items()
            if known.get(name) != value
        )
        if not changed:
            return None
        return SettingsChange(
            lane=self.lane, at=self.at, by=self.by, name=self.name, model=self.model, config=self.config,
            changed=changed, first=not before, store=self.store, box=self.box,
        )  # fmt: skip
