"""`edge-agent report changes`: who changed which setting."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from edge.records.audit import Audit
from edge.records.changes import ChangedSetting, SettingsChange
from edge.records.database import Database
from edge.reports.command import report
from tests.edge.reports.conftest import MakeFolder, RunReport, recent_sale, tamper

ZONE = ChangedSetting(setting="zone", before=[[0.15, 0.0]], after=[[0.2, 0.1]])
AGE = ChangedSetting(setting="policy.challenge_age", before=None, after=40)


def changed(*settings: ChangedSetting, ago: timedelta = timedelta(hours=1), **others: Any) -> SettingsChange:
    fields = {"lane": "lane-1", "by": "page", "name": "anna", "model": "0123", "config": "4567"} | others
    return SettingsChange(at=datetime.now(timezone.utc) - ago, changed=settings, **fields)


@pytest.fixture
def folder(state_folder: MakeFolder) -> Path:
    """A lane that was started ten days ago, had a sale and two changes since."""
    folder = state_folder(recent_sale())
    with closing(Database(folder)) as database:
        audit = Audit(database)
        camera = ChangedSetting(setting="camera", before=None, after="test:")
        audit.append(changed(camera, ago=timedelta(days=10), by="start", name=None, first=True), 0.0)
        audit.append(changed(ZONE, AGE), 0.0)
        audit.append(changed(AGE.model_copy(update={"before": 40, "after": 45}), by="ansible", name=None), 0.0)
    return folder


def test_each_changed_setting_is_a_row_with_who_and_both_values(printed: RunReport, folder: Path) -> None:
    headline, newest, _, title, *rows = printed("changes", "--state-dir", folder).splitlines()
    assert headline.endswith(": 2. Lanes: lane-1.")
    assert newest.endswith("lane lane-1: ansible.")
    assert title.split() == ["time", "lane", "changed", "by", "setting", "before", "after"]
    assert [" ".join(row.split()[4:]) for row in rows[:3]] == [
        "lane-1 setup page, anna zone [[0.15, 0.0]] [[0.2, 0.1]]",
        "lane-1 setup page, anna policy.challenge_age - 40",
        "lane-1 ansible policy.challenge_age 40 45",
    ]


def test_the_first_record_is_called_so(printed: RunReport, folder: Path) -> None:
    rows = printed("changes", "--state-dir", folder, "--since", "4w").splitlines()
    assert rows[4].split()[4:] == ["lane-1", "found", "at", "the", "start,", "first", "record", "camera", "-", "test:"]


def test_one_setting_or_section(printed: RunReport, folder: Path) -> None:
    for wanted in ("policy", "policy.challenge_age"):
        lines = printed("changes", "--state-dir", folder, "--setting", wanted).splitlines()
        assert (lines[0].endswith(": 2. Lanes: lane-1."), "zone" in "".join(lines)) == (True, False)
    assert printed("changes", "--state-dir", folder, "--setting", "pol").splitlines()[0].endswith(": 0.")


def test_a_change_that_lanes_share_is_one_row_that_names_them(printed: RunReport, state_folder: MakeFolder) -> None:
    folders = []
    for second, (lane, by) in enumerate([("lane-1", "anna"), ("lane-2", "anna"), ("lane-3", "boris")]):
        folders.append(state_folder(recent_sale(), lane=lane))
        with closing(Database(folders[-1])) as database:
            once = changed(ZONE, lane=lane, name=by, ago=timedelta(hours=2, seconds=-second))
            later = changed(ZONE, lane=lane, name=by, ago=timedelta(minutes=5 * second))
            for change in (once, later):
                Audit(database).append(change, 0.0)
    headline, *lines = printed("changes", "--state-dir", *folders).splitlines()
    assert headline.endswith(": 5. Lanes: lane-1, lane-2, lane-3.")
    assert [" ".join(line.partition(" zone ")[0].split()[4:]) for line in lines if "zone" in line] == [
        "lane-1, lane-2 setup page, anna",
        "lane-3 setup page, boris",
        "lane-3 setup page, boris",
        "lane-2 setup page, anna",
        "lane-1 setup page, anna",
    ]
    assert printed("changes", "--csv", "-", "--state-dir", *folders).count("zone") == 6


def test_csv_has_values_as_json_and_the_place_in_the_chain(printed: RunReport, folder: Path) -> None:
    rows = [*csv.DictReader(io.StringIO(printed("changes", "--state-dir", folder, "--csv", "-")))]
    assert [(row["setting"], row["before"], row["after"], row["number"]) for row in rows] == [
        ("zone", "[[0.15, 0.0]]", "[[0.2, 0.1]]", "4"),
        ("policy.challenge_age", "null", "40", "4"),
        ("policy.challenge_age", "40", "45", "5"),
    ]
    with closing(Database(folder, read_only=True)) as database:
        assert rows[-1]["hash"] == Audit(database).head.hash


def test_it_is_a_page_and_speaks_russian(printed: RunReport, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "changes.html"
    text = printed("changes", "--state-dir", folder, "--language", "ru", "--html", page)
    assert text.startswith("Изменения настроек с ")
    assert "страница настройки, anna" in text
    assert "страница настройки, anna" in page.read_text("utf-8")


def test_without_a_change_it_says_when_there_will_be_one(printed: RunReport, state_folder: MakeFolder) -> None:
    headline, why = printed("changes", "--state-dir", state_folder(recent_sale())).splitlines()
    assert (headline.endswith(": 0."), why.startswith("No change was ever recorded here.")) == (True, True)


def test_older_changes_are_named(printed: RunReport, folder: Path) -> None:
    _, newest = printed("changes", "--state-dir", folder, "--since", "1h", "--until", "0h").splitlines()
    assert newest.endswith("For older ones choose another --since.")


def test_other_reports_do_not_count_changes(printed: RunReport, folder: Path) -> None:
    assert printed("sales", "--state-dir", folder).splitlines()[0].endswith(": 1. Lanes: lane-1.")
    assert printed("verify", "--state-dir", folder).startswith("1 record, 3 changes of settings, chain intact, newest ")


def test_a_log_that_was_edited_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(folder, 4)
    report(["changes", "--state-dir", str(folder)])
    warned = capsys.readouterr()
    assert ("is not intact" in warned.err, "setup page, boris" in warned.out) == (True, True)
