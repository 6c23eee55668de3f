"""`edge-agent report`: arguments that reports share, printed and written output, and errors."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.records.database import StoreError
from edge.reports.command import report
from tests.edge.reports.conftest import MakeFolder, RunReport, recent_sale, sale_of, tamper


def test_the_default_period_is_the_last_seven_days(printed: RunReport, state_folder: MakeFolder) -> None:
    old = sale_of("carl", opened_at=datetime.now(timezone.utc) - timedelta(days=8))
    lines = printed(
        "cashiers", "--state-dir", state_folder(old, recent_sale("anna"), recent_sale("boris", check="passed"))
    ).splitlines()
    assert lines[0].startswith("Restricted sales from ")
    assert lines[0].endswith(": 2. Lanes: lane-1.")
    assert lines[1].startswith("Too few sales to compare cashiers: it takes 30 sales ")
    assert [line.split()[:5] for line in lines[5:8]] == [
        ["anna", "1", "1", "1", "-"],
        ["boris", "1", "1", "0", "-"],
        ["all", "2", "2", "1", "-"],
    ]
    assert lines[9] == "How the sales ended"
    assert "- A sale belongs to who closed it" in "\n".join(lines)


def test_several_lanes_are_one_report_and_a_folder_given_twice_counts_once(
    printed: RunReport, state_folder: MakeFolder
) -> None:
    first, second = (
        state_folder(recent_sale("anna"), lane="one"),
        state_folder(recent_sale("anna", lane="lane-2"), lane="two"),
    )
    lines = printed("cashiers", "--state-dir", first, second, first / ".." / "one").splitlines()
    assert lines[0].endswith(": 2. Lanes: lane-1, lane-2.")
    assert lines[5].split()[:2] == ["anna", "2"]


def test_sales_are_listed_oldest_first_across_lanes_and_by_cashier(
    printed: RunReport, state_folder: MakeFolder
) -> None:
    start = datetime.now(timezone.utc) - timedelta(hours=3)
    first = state_folder(
        sale_of("anna", opened_at=start), sale_of(None, opened_at=start + timedelta(hours=2)), lane="one"
    )
    second = state_folder(sale_of("boris", opened_at=start + timedelta(hours=1)), lane="two")
    rows = printed("sales", "--state-dir", first, second).splitlines()[5:]
    assert [row.split()[7] for row in rows] == ["anna", "boris", "-"]
    lines = printed("sales", "--state-dir", first, second, "--cashier", "-").splitlines()
    assert lines[0].endswith(" Only cashier -: 1.")
    assert len(lines) == 6


def test_csv_is_written_to_a_file_in_addition_to_the_table_or_to_stdout_in_place_of_it(
    printed: RunReport, state_folder: MakeFolder, tmp_path: Path
) -> None:
    folder, file = state_folder(recent_sale("Анна")), tmp_path / "report.csv"
    assert printed("sales", "--state-dir", folder, "--csv", file).startswith("Restricted sales ")
    on_stdout = printed("sales", "--state-dir", folder, "--csv", "-")
    assert file.read_text(encoding="utf-8") == on_stdout
    assert on_stdout.splitlines()[1].split(",")[3] == "Анна"
    assert list(tmp_path.glob("*.partial")) == []


def test_the_language_is_that_of_the_settings_and_of_the_option(
    printed: RunReport, state_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, page = state_folder(recent_sale("anna")), tmp_path / "f.html"
    russian = printed("cashiers", "--state-dir", folder, "--language", "ru", "--html", page)
    assert russian.startswith("Продажи с ограничением по возрасту с ")
    assert '<html lang="ru">' in page.read_text("utf-8")
    monkeypatch.setenv("EDGE_LANGUAGE", "ru")
    assert printed("cashiers", "--state-dir", folder) == russian
    assert printed("cashiers", "--state-dir", folder, "--language", "en").startswith("Restricted sales from ")
    monkeypatch.setenv("EDGE_SHOP__NAME", "Лесная, 5")
    printed("sales", "--state-dir", folder, "--html", page)
    assert "<title>Продажи товаров с ограничением по возрасту: Лесная, 5</title>" in page.read_text("utf-8")


def test_html_is_a_whole_page(printed: RunReport, state_folder: MakeFolder, tmp_path: Path) -> None:
    printed("cashiers", "--state-dir", state_folder(recent_sale("anna")), "--html", tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("kind", ["cashiers", "sales"])
def test_a_report_without_sales_says_why_and_when_there_will_be_some(
    kind: str, printed: RunReport, state_folder: MakeFolder
) -> None:
    headline, why = printed(kind, "--state-dir", state_folder()).splitlines()
    assert headline.endswith(": 0.")
    assert "come back after the next sale of alcohol" in why
    old = sale_of(opened_at=datetime(2026, 11, 1, 12, tzinfo=timezone.utc))
    folder = state_folder(old, lane="old")
    _, why = printed(kind, "--state-dir", folder, "--since", "2026-11-09", "--until", "2026-11-10").splitlines()
    assert why == "The newest recorded sale is of 1 Nov 2026, 12:00: choose another --since or --until."
    assert printed("cashiers", "--state-dir", state_folder(), "--csv", "-").count("\n") == 1


def test_the_default_state_folder_is_the_one_in_the_settings(
    printed: RunReport, state_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_STATE_DIR", str(state_folder(recent_sale("anna"))))
    assert printed("verify").startswith("1 record, chain intact")


def test_a_report_on_a_log_that_is_not_intact_warns(
    state_folder: MakeFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = state_folder(recent_sale("anna"))
    tamper(folder, 2)
    report(["cashiers", "--state-dir", str(folder)])
    assert capsys.readouterr().err == (
        f"edge-agent: the audit log in {folder} is not intact, so this report may be wrong; "
        f"edge-agent report verify --state-dir {folder} lists the problems\n"
    )


@pytest.mark.parametrize("kind", ["cashiers", "sales", "verify"])
def test_a_folder_without_a_log_is_an_error_and_is_not_changed(kind: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^there is no .*/lane.db: give the state folder of a lane that has run$"):
        report([kind, "--state-dir", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: REPORT"),
        (["everything"], "invalid choice: 'everything'"),
        (["cashiers", "--since", "yesterday"], "--since: 'yesterday' is neither like 12h, 7d or 4w nor a date"),
        (["sales", "--since", "1d", "--until", "2d"], "--since must be before --until"),
        (["verify", "--head", "abc"], "--head 'abc' is no hash: a hash is 64 digits and letters from a to f"),
        (["verify", "--head", ""], "--head '' is no hash"),
        (["cashiers", "--html", "/dev/null/report.html"], "cannot write /dev/null/report.html: Not a directory"),
        (["cashiers", "--csv", "."], "cannot write .: "),
        (["cashiers", "--folder", ".", "--state-dir", "."], "--folder reads exported files, --state-dir and --config"),
        (["basket", "--csv", "-", "--json", "-"], "--csv - and --json - cannot both print to stdout"),
        (["cashiers", "--folder", ".", "--engine", "abacus"], "--engine: invalid choice: 'abacus'"),
        (["export"], "the following arguments are required: --out"),
    ],
)
def test_wrong_arguments_give_a_message_of_one_line(
    words: list[str], message: str, state_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_STATE_DIR", str(state_folder()))
    with pytest.raises(UsageError) as raised:
        report(words)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_settings_of_a_box_give_the_state_folders_of_all_its_lanes(
    printed: RunReport, box: tuple[Path, Path, Path]
) -> None:
    config, *_ = box
    assert ": 3." in printed("sales", "--config", config).splitlines()[0]
