"""`edge-agent report cashiers --folder`: the same report from exported files of one or several stores."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Protocol, TypeVar, get_args

import duckdb
import numpy as np
import pytest

from edge.decision.policy import Decision
from edge.errors import RunError, UsageError
from edge.purchases.parquet import PURCHASES, Layout, write_day
from edge.records.records import Ended, SaleRecord
from edge.reports.command import report
from edge.reports.exported import CHECKS
from edge.reports.period import moment
from edge.till.messages import CheckMeans, CheckOutcome
from tests.commands import EdgeAgent
from tests.edge.purchases.conftest import NOON
from tests.edge.reports.conftest import MakeFolder, RunReport, check_of, of_older_version, sale_of

T = TypeVar("T")

PERIOD = ("--since", "2026-10-30", "--until", "2026-11-05")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> RunReport:
    """Runs the report and returns what it prints on stdout."""

    def run(*words: object) -> str:
        report(["cashiers", *PERIOD, *map(str, words)])
        return capsys.readouterr().out

    return run


def mixed(number: int, lane: str = "lane-1") -> list[SaleRecord]:
    """Sales of eight days with all checks, means and ends, exercises among them. Of the cashiers, Boris is careless."""
    chance, sales = np.random.default_rng(3), []
    cashiers = ["anna", "boris", "Вера", "=cmd()", None]
    decisions: list[Decision | None] = [*Decision, None]
    ends: list[Ended] = ["completed"] * 14
    ends += get_args(Ended)
    for _ in range(number):
        cashier = pick(chance, cashiers)
        opened_at = NOON + timedelta(seconds=int(chance.integers(-4 * 86_400, 4 * 86_400)))
        unchecked = chance.random() < (0.6 if cashier == "boris" else 0.1)
        checks = tuple(
            check_of(
                pick(chance, get_args(CheckOutcome)), pick(chance, [cashier, cashier, *cashiers]),
                opened_at + timedelta(seconds=int(chance.integers(0, 90))), pick(chance, ["till-1", "attendant-1"]),
                means=pick(chance, [None, *get_args(CheckMeans)]), authorised_by=pick(chance, [None, "olga"]),
                minimum_age=pick(chance, [18, 18, 16]),
            )
            for _ in range(0 if unchecked else int(chance.integers(1, 3)))
        )  # fmt: skip
        sales.append(
            sale_of(
                cashier, pick(chance, decisions), None, pick(chance, ends), opened_at, lane, checks=checks,
                training=bool(chance.random() < 0.05),
            )
        )  # fmt: skip
    return sales


def pick(chance: np.random.Generator, values: Sequence[T]) -> T:
    return values[int(chance.integers(len(values)))]


class Export(Protocol):
    """Exports sales of one lane and returns the folder with the files."""

    def __call__(self, *sales: SaleRecord, store: str = "store-1", out: str = "out") -> Path: ...


@pytest.fixture
def exported(tmp_path: Path, state_folder: MakeFolder, capsys: pytest.CaptureFixture[str]) -> Export:
    def of(*sales: SaleRecord, store: str = "store-1", out: str = "out") -> Path:
        folder = state_folder(*sales, lane=f"{store}-{sales[0].lane}-{out}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EDGE_STORE", store)
            patch.setenv("EDGE_BOX", "box-7")
            report(["export", "--state-dir", str(folder), "--out", str(tmp_path / out), *PERIOD])
        capsys.readouterr()
        return tmp_path / out

    return of


VERSION_1 = Layout(CHECKS.version_key, 1, {name: CHECKS.columns[name] for name in (
    "time", "store", "lane", "cashier_id", "id_due", "check", "ended", "chain_whole",
)})  # fmt: skip


def exported_by_version_1(folder: Path, *sales: SaleRecord, store: str = "store-1") -> Path:
    """A file with these sales of one day as the version before wrote it."""
    rows = [
        json.dumps({
            "time": sale.opened_at.isoformat(), "store": store, "lane": sale.lane, "cashier_id": sale.cashier_id,
            "id_due": sale.should_have_asked, "check": sale.check, "ended": sale.ended, "chain_whole": True,
        })
        for sale in sales
    ]  # fmt: skip
    write_day(folder / sales[0].opened_at.date().isoformat() / "lane-1-0011223344556677.parquet", rows, VERSION_1)
    return folder


def without_single_sales(text: str) -> str:
    """A report from logs without the lists of single sales, which exported files do not name."""
    return "\n\n".join(part for part in text.split("\n\n") if not re.match(r"Sold although|.+: sales without", part))


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def test_text_csv_and_page_are_the_same_as_from_audit_logs(
    printed: RunReport, state_folder: MakeFolder, exported: Export, tmp_path: Path
) -> None:
    first, second = mixed(400), mixed(300, "lane-2")
    # The first and last moments of the period, and one outside each end.
    first += [sale_of("anna", opened_at=moment(PERIOD[3]) - timedelta(milliseconds=ms)) for ms in (1, 0)]
    first += [sale_of("anna", opened_at=moment(PERIOD[1]) - timedelta(milliseconds=ms)) for ms in (1, 0)]
    own = ("--state-dir", state_folder(*first, lane="one"), state_folder(*second, lane="two"))
    exported(*first)
    files = ("--folder", exported(*second))
    from_logs = printed(*own, "--html", tmp_path / "logs.html")
    assert "checks less often than the others" in from_logs
    assert printed(*files, "--html", tmp_path / "files.html") == without_single_sales(from_logs)
    assert printed(*files, "--csv", "-") == printed(*own, "--csv", "-")
    pages = [(tmp_path / f"{name}.html").read_text("utf-8") for name in ("files", "logs")]
    drawn = [re.findall("<svg.*?</svg>|<table.*?</table>", page, re.DOTALL) for page in pages]
    assert drawn[0] == [part for part in drawn[1] if ">sale<" not in part]


def test_files_of_the_version_before_are_read_alone_and_with_newer_ones(
    printed: RunReport, state_folder: MakeFolder, exported: Export, tmp_path: Path
) -> None:
    older = [
        sale_of("anna", check="passed"), sale_of("anna"), sale_of(None, check="failed"),
        sale_of("boris", check="not-shown"), sale_of("boris", ended="abandoned"), sale_of("boris", ended="cancelled"),
    ]  # fmt: skip
    newer = mixed(200, "lane-2")
    files = exported_by_version_1(tmp_path / "out", *older)
    alone = printed("--state-dir", state_folder(*map(of_older_version, older), lane="old"), "--csv", "-")
    assert printed("--folder", files, "--csv", "-") == alone
    exported(*newer)
    own = ("--state-dir", tmp_path / "old", state_folder(*newer, lane="new"))
    assert printed("--folder", files) == without_single_sales(printed(*own))
    assert printed("--folder", files, "--csv", "-") == printed(*own, "--csv", "-")


def test_a_day_that_was_exported_before_and_after_a_revision_counts_once(
    printed: RunReport, exported: Export, noon: datetime
) -> None:
    sale = sale_of("anna")
    exported(sale)
    late = check_of(at=noon + timedelta(minutes=3), means="digital-id")
    folder = exported(sale.model_copy(update={"checks": (late,), "revision": 1}))
    (row,) = csv.DictReader(StringIO(printed("--folder", folder, "--csv", "-")))
    assert (row["sales"], row["unchecked"], row["seen_digital_id"], row["checked_after_payment"]) == (
        "1",
        "0",
        "1",
        "1",
    )


def test_exercises_are_left_out_and_counted(printed: RunReport, exported: Export) -> None:
    lines = printed("--folder", exported(sale_of(), sale_of("boris", training=True))).splitlines()
    assert lines[0].endswith(": 1. Lanes: lane-1.")
    assert lines[-1] == "- 1 training sale is left out."


def test_all_stores_are_in_the_report_and_cashiers_with_the_same_name_are_separate(
    printed: RunReport, exported: Export, tmp_path: Path
) -> None:
    hill = exported(*(sale_of("anna") for _ in range(30)), store="hill", out="hill")
    checked = [sale_of("anna", check="passed") for _ in range(40)]
    sea = exported(*checked, sale_of(None), store="sea", out="sea")
    lines = printed("--folder", hill, sea, hill / ".." / "sea", "--csv", tmp_path / "f.csv").splitlines()
    assert lines[0].endswith(": 71. Stores: hill, sea. Lanes: 2.")
    assert [line.split()[:3] for line in lines[5:9]] == [
        ["hill", "anna", "30"], ["sea", "anna", "40"], ["sea", "-", "1"], ["-", "all", "71"],
    ]  # fmt: skip
    with (tmp_path / "f.csv").open(encoding="utf-8") as file:
        assert [(row["store"], row["cashier_id"]) for row in csv.DictReader(file)] == [
            ("hill", "anna"), ("sea", "anna"), ("sea", ""),
        ]  # fmt: skip


def test_unreadable_files_are_listed_and_the_others_are_read(
    printed: RunReport, exported: Export, noon: datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    folder = exported(*(sale_of(opened_at=noon + timedelta(days=day)) for day in range(4) for _ in range(5)))
    cut, rotten, older, whole = files_in(folder)
    cut.write_bytes(cut.read_bytes()[:-20])
    rotten.write_bytes(rotten.read_bytes()[:4] + bytes(100) + rotten.read_bytes()[104:])
    write_day(older, ['{"time": "2026-11-03T12:00:00Z"}'], Layout(CHECKS.version_key, 0, {"time": "VARCHAR"}))
    purchases = older.with_name("lane-9-00.parquet")
    write_day(purchases, ['{"time": "2026-11-03T12:00:00Z"}'] * 2, PURCHASES)
    whole.with_name(f"{whole.name}.partial").write_bytes(b"PAR1")
    words = ("--folder", folder)
    out = printed(*words, "--html", tmp_path / "f.html").splitlines()
    assert out[0].endswith(": 5. Lanes: lane-1.")
    expected = [
        f"{cut} not read: damaged or incomplete",
        f"{rotten} not read: damaged or incomplete",
        f"{older} with 1 sale not read: written by another version of edge-agent (columns of version 0)",
        f"{purchases} with 2 sales not read: written by another version of edge-agent (columns of version ?)",
    ]
    assert sorted(line.removeprefix("- ") for line in out[-4:]) == sorted(expected)
    assert all(line in (tmp_path / "f.html").read_text("utf-8") for line in expected)
    report(["cashiers", *PERIOD, *map(str, words), "--csv", "-"])
    assert sorted(capsys.readouterr().err.splitlines()) == sorted(f"edge-agent: {line}" for line in expected)


def test_sales_of_a_log_that_was_not_intact_are_counted_with_a_warning(printed: RunReport, exported: Export) -> None:
    exported(sale_of())
    folder = exported(sale_of(lane="lane-2"), sale_of(lane="lane-2"))
    file = files_in(folder)[1]
    duckdb.sql(
        f"COPY (SELECT * REPLACE (false AS chain_whole) FROM '{file}') TO '{file}.new' "
        "(FORMAT parquet, KV_METADATA {edge_agent_checks: '2'})"
    )
    shutil.move(f"{file}.new", file)
    *_, before, last = printed("--folder", folder).splitlines()
    assert before.startswith("- The others: ")
    assert last == (
        "- 2 of the 2 sales of box-7/lane-2 of store-1 are from an audit log that was not intact when it was exported; "
        "run edge-agent report verify there to see the problems"
    )


def test_a_folder_without_files_of_the_period_is_an_empty_report(printed: RunReport, tmp_path: Path) -> None:
    (line,) = printed("--folder", tmp_path).splitlines()
    assert line.endswith(": 0.")


def test_a_missing_folder_is_an_error_with_a_hint(printed: RunReport) -> None:
    with pytest.raises(RunError, match=r"^cannot read /no/such: No such file or directory; give --folder the folder"):
        printed("--folder", "/no/such")


@pytest.mark.slow
def test_spark_writes_the_same_report_without_the_same_files(
    exported: Export, edge_agent: EdgeAgent, tmp_path: Path
) -> None:
    pytest.importorskip("pyspark")
    if not shutil.which("java"):
        pytest.skip("no Java: apt install default-jre-headless")
    hill = exported(*mixed(200), store="hill", out="hi[l]l # 1")
    exported_by_version_1(hill, sale_of("anna", check="passed", opened_at=NOON + timedelta(days=2)), store="hill")
    sea = exported(*mixed(300, "lane-2"), store="sea", out="sea")
    cut, rotten, *_ = files_in(hill)
    cut.write_bytes(cut.read_bytes()[:-20])
    rotten.write_bytes(rotten.read_bytes()[:4] + bytes(100) + rotten.read_bytes()[104:])
    words = ("report", "cashiers", *PERIOD, "--folder", hill, sea)
    duck, spark = (
        edge_agent(
            *words, "--engine", engine, "--csv", tmp_path / f"{engine}.csv", "--html", tmp_path / f"{engine}.html"
        )
        for engine in ("duckdb", "spark")
    )
    assert "Stores: hill, sea. Lanes: 2." in duck.out
    assert duck.out.count("damaged or incomplete") == 2
    assert (spark.code, spark.out) == (0, duck.out), spark.err
    for kind in ("csv", "html"):
        assert (tmp_path / f"spark.{kind}").read_bytes() == (tmp_path / f"duckdb.{kind}").read_bytes()


def test_an_engine_without_a_folder_is_an_error() -> None:
    with pytest.raises(UsageError, match="--engine is for exported files only: add --folder, or remove --engine"):
        report(["cashiers", "--engine", "spark"])
