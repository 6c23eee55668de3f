"""What is recorded about a change of settings."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edge.records.changes import ChangedSetting, SettingsChange, SettingsInForce
from edge.records.database import Database
from edge.records.recorded_settings import RecordedSettings

NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
DEFAULTS = {"zone": [0, 1], "policy.legal_age": 18}


def in_force(by: str = "reload", **values: Any) -> SettingsInForce:
    return SettingsInForce("lane-1", NOON, by, "anna", "0123", "4567", {**DEFAULTS, **values}, DEFAULTS)


def test_a_change_names_each_setting_with_both_values() -> None:
    change = in_force(zone=[0, 2]).change_from(DEFAULTS)
    assert change == SettingsChange(
        lane="lane-1", at=NOON, by="reload", name="anna", model="0123", config="4567",
        changed=(ChangedSetting(setting="zone", before=[0, 1], after=[0, 2]),),
    )  # fmt: skip


def test_the_same_settings_are_no_change() -> None:
    assert in_force().change_from(DEFAULTS) is None


def test_the_first_record_says_what_is_not_the_default() -> None:
    change = in_force(by="start", zone=[3]).change_from({})
    assert change
    assert (change.first, [each.setting for each in change.changed]) == (True, ["zone"])


def test_a_setting_of_a_newer_version_had_its_default_and_one_that_is_gone_is_no_change() -> None:
    assert in_force().change_from({"zone": [0, 1], "of an older version": 1}) is None
    change = in_force(zone=[3]).change_from({"policy.legal_age": 18})
    assert change
    assert change.changed == (ChangedSetting(setting="zone", before=[0, 1], after=[3]),)


def test_the_last_recorded_settings_are_kept_in_the_database(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        assert RecordedSettings(database).values() == {}
        RecordedSettings(database).put({"zone": [1], "gone": None})
        RecordedSettings(database).put({"zone": [2], "web": None, "shop.name": "Лесная"})
    with closing(Database(tmp_path)) as database:
        assert RecordedSettings(database).values() == {"zone": [2], "web": None, "shop.name": "Лесная"}
        with database.transaction() as connection:
            connection.execute("UPDATE recorded_setting SET value = '{' WHERE name = 'zone'")
        assert RecordedSettings(database).values() == {"web": None, "shop.name": "Лесная"}
