"""`edge-agent report`: what is printed, what is written, and how it ends when something is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.database import Database, StoreError
from edge.records.records import SaleRecord
from edge.reports.command import report

MakeSale = Callable[..., SaleRecord]
Keep = Callable[..., Path]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a report prints."""

    def run(*words: object) -> str:
        report([str(word) for word in words])
        return capsys.readouterr().out

    return run


@pytest.fixture
def today(sale: MakeSale) -> MakeSale:
    """A sale of the last minute."""
    return lambda *what, **more: sale(*what, opened_at=datetime.now(timezone.utc) - timedelta(minutes=1), **more)


def spoil(folder: Path, number: int) -> None:
    """Name another cashier in a record, as somebody with a database program would."""
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        database.execute("UPDATE audit SET record = replace(record, 'anna', 'boris') WHERE number = ?", (number,))


def test_cashiers_of_the_last_seven_days_are_compared(
    say: MakeSale, today: MakeSale, sale: MakeSale, kept: Keep
) -> None:
    old = sale("carl", opened_at=datetime.now(timezone.utc) - timedelta(days=8))
    lines = say("cashiers", "--state-dir", kept(old, today("anna"), today("boris", check="passed"))).splitlines()
    assert lines[0].startswith("Restricted sales from ")
    assert lines[0].endswith(": 2. Lanes: lane-1.")
    assert [line.split()[:5] for line in lines[3:6]] == [
        ["anna", "1", "1", "0", "1"],
        ["boris", "1", "1", "1", "0"],
        ["all", "2", "2", "1", "1"],
    ]
    assert lines[7].startswith("- ID due: ")


def test_several_lanes_make_one_report_and_a_folder_given_twice_counts_once(
    say: MakeSale, today: MakeSale, kept: Keep
) -> None:
    one, two = kept(today("anna"), lane="one"), kept(today("anna", lane="lane-2"), lane="two")
    lines = say("cashiers", "--state-dir", one, two, one / ".." / "one").splitlines()
    assert lines[0].endswith(": 2. Lanes: lane-1, lane-2.")
    assert lines[3].split()[:2] == ["anna", "2"]


def test_sales_are_listed_oldest_first_across_lanes_and_by_cashier(say: MakeSale, sale: MakeSale, kept: Keep) -> None:
    start = datetime.now(timezone.utc) - timedelta(hours=3)
    one = kept(sale("anna", opened_at=start), sale(None, opened_at=start + timedelta(hours=2)), lane="one")
    two = kept(sale("boris", opened_at=start + timedelta(hours=1)), lane="two")
    rows = say("sales", "--state-dir", one, two).splitlines()[3:]
    assert [row.split()[4] for row in rows] == ["anna", "boris", "-"]
    told = say("sales", "--state-dir", one, two, "--cashier", "-").splitlines()
    assert told[0].endswith(" Cashier - only: 1.")
    assert len(told) == 4


def test_csv_goes_to_a_file_beside_the_table_or_to_stdout_instead_of_it(
    say: MakeSale, today: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    folder, file = kept(today("Анна")), tmp_path / "report.csv"
    assert say("sales", "--state-dir", folder, "--csv", file).startswith("Restricted sales ")
    on_stdout = say("sales", "--state-dir", folder, "--csv", "-")
    assert file.read_text(encoding="utf-8") == on_stdout
    assert on_stdout.splitlines()[1].split(",")[3] == "Анна"
    assert list(tmp_path.glob("*.partial")) == []


def test_html_is_written_as_a_page(say: MakeSale, today: MakeSale, kept: Keep, tmp_path: Path) -> None:
    say("cashiers", "--state-dir", kept(today("anna")), "--html", tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_week_without_sales_is_said_in_one_line(say: MakeSale, kept: Keep) -> None:
    (line,) = say("cashiers", "--state-dir", kept()).splitlines()
    assert line.endswith(": 0.")
    assert say("cashiers", "--state-dir", kept(), "--csv", "-").count("\n") == 1


def test_the_state_folder_is_the_lanes_own_when_none_is_given(
    say: MakeSale, today: MakeSale, kept: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_STATE_DIR", str(kept(today("anna"))))
    assert say("verify").startswith("1 record, chain whole")


def test_verify_names_the_newest_record_and_finds_one_noted_elsewhere(
    say: MakeSale, sale: MakeSale, kept: Keep
) -> None:
    folder = kept(sale())
    noted = say("verify", "--state-dir", folder).split()[-1]
    kept(sale(), sale())
    with closing(Database(folder, read_only=True)) as database:
        newest = Audit(database).head
    assert say("verify", "--state-dir", folder, "--head", noted.upper()) == (
        f"3 records, chain whole, newest is number 3 with hash {newest.hash}\n"
    )


def test_verify_tells_what_was_pruned(say: MakeSale, sale: MakeSale, kept: Keep, noon: datetime) -> None:
    folder = kept(sale(), sale(), sale(opened_at=noon + timedelta(days=2)))
    with closing(Database(folder)) as database:
        Audit(database).prune(noon + timedelta(days=1))
    first, second = say("verify", "--state-dir", folder).splitlines()
    assert first == "records 1 to 2 were removed because of their age; the oldest one left is of 2026-11-03"
    assert second.startswith("1 record, chain whole, newest is number 3 with hash ")


def test_verify_of_an_empty_log_says_so(say: MakeSale, kept: Keep) -> None:
    assert say("verify", "--state-dir", kept()) == "0 records\n"


def test_verify_prints_a_line_per_problem_and_fails(
    sale: MakeSale, kept: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(sale(), sale(), sale())
    spoil(folder, 2)
    with pytest.raises(RunError, match="is not whole: see the lines above"):
        report(["verify", "--state-dir", str(folder), "--head", "a" * 64])
    assert capsys.readouterr().out.splitlines() == [
        "record 2 was changed, or stands where another one was",
        f"no record has the hash {'a' * 64}: the newest one is number 3",
    ]


def test_a_report_on_a_log_that_is_not_whole_says_so(
    today: MakeSale, kept: Keep, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(today("anna"))
    spoil(folder, 1)
    report(["cashiers", "--state-dir", str(folder)])
    assert capsys.readouterr().err == (
        f"edge-agent: the audit log in {folder} is not whole, and so this report may not be; "
        f"edge-agent report verify --state-dir {folder} says what is wrong\n"
    )


@pytest.mark.parametrize("kind", ["cashiers", "sales", "verify"])
def test_a_folder_without_a_log_is_an_error_and_stays_as_it_is(kind: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^there is no .*/lane.db: give the state folder of a lane that has run$"):
        report([kind, "--state-dir", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "cashiers|sales|basket|offers|export|verify"),
        (["everything"], "invalid choice: 'everything'"),
        (["cashiers", "--since", "yesterday"], "--since: 'yesterday' is neither like 12h, 7d or 4w nor a date"),
        (["sales", "--since", "1d", "--until", "2d"], "--since must be before --until"),
        (["verify", "--head", "abc"], "--head 'abc' is no hash: it is 64 digits and letters from a to f"),
        (["verify", "--head", ""], "--head '' is no hash"),
        (["cashiers", "--html", "/dev/null/report.html"], "cannot write /dev/null/report.html: Not a directory"),
        (["cashiers", "--csv", "."], "cannot write .: "),
        (["cashiers", "--folder", ".", "--state-dir", "."], "--folder reads exported files, --state-dir and --config"),
        (["cashiers", "--folder", ".", "--engine", "abacus"], "--engine: invalid choice: 'abacus'"),
        (["export"], "the following arguments are required: --out"),
    ],
)
def test_what_is_wrong_with_the_words_is_said_in_one_line(
    words: list[str], complaint: str, kept: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_STATE_DIR", str(kept()))
    with pytest.raises(UsageError) as refused:
        report(words)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_settings_of_a_box_name_the_state_folders_of_all_its_lanes(
    say: MakeSale, today: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    wine, beer = kept(today("anna")), kept(today("boris"), today("boris"), lane="two")
    config = tmp_path / "box.toml"
    config.write_text(
        f'[[lane]]\nname = "wine"\nstate_dir = "{wine}"\ntill.reliable = "ipc:///a"\ntill.live = "ipc:///b"\n'
        f'[[lane]]\nname = "beer"\nstate_dir = "{beer}"\ntill.reliable = "ipc:///c"\ntill.live = "ipc:///d"\n',
        encoding="utf-8",
    )
    assert ": 3." in say("sales", "--config", config).splitlines()[0]
    checked = say("verify", "--config", config).splitlines()
    assert [line.partition(", ")[0] for line in checked] == [f"{wine}: 1 record", f"{beer}: 2 records"]
    with pytest.raises(UsageError, match="--head is of one lane, and there are several: give its --state-dir"):
        report(["verify", "--config", str(config), "--head", "a" * 64])
    spoil(wine, 1)
    with pytest.raises(RunError, match=f"^the audit log in {wine} is not whole"):
        report(["verify", "--config", str(config)])
