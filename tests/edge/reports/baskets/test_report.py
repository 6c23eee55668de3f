"""`edge-agent report basket`: printed and written output, small groups that stay hidden, and errors."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from edge.errors import RunError, UsageError
from edge.purchases.purchases import Purchase
from edge.reports.command import report
from tests.edge.purchases.conftest import FilePurchases, line_of, purchase_of
from tests.edge.reports.conftest import RunReport


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> RunReport:
    """Runs the report and returns what it prints on stdout."""

    def run(*words: object) -> str:
        report(["basket", *map(str, words)])
        return capsys.readouterr().out

    return run


@pytest.fixture
def hour_ago() -> datetime:
    return datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


class MakeCrowd(Protocol):
    """Makes purchases: numbers of customers of each certain band, and of unknown age.

    Each customer of the second band buys a soda, and each tenth of the others.
    """

    def __call__(self, *customers: int, unknown: int = 0, store: str = "store-1") -> list[Purchase]: ...


@pytest.fixture
def crowd(hour_ago: datetime) -> MakeCrowd:
    def of(*customers: int, unknown: int = 0, store: str = "store-1") -> list[Purchase]:
        bands = [band for band, count in enumerate(customers) for _ in range(count)]
        probs: list[list[float] | None] = [*(np.eye(6)[band].tolist() for band in bands), *[None] * unknown]
        return [
            purchase_of(
                line_of("bread", price=20),
                *([line_of("soda", price=5)] if number % 10 == 0 or _is(1, band_probs) else []),
                probs=band_probs, time=hour_ago, store=store,
            )
            for number, band_probs in enumerate(probs)
        ]  # fmt: skip

    return of


def _is(band: int, probs: list[float] | None) -> bool:
    return probs is not None and bool(probs[band])


def test_bands_and_findings_are_printed(printed: RunReport, crowd: MakeCrowd, filed: FilePurchases) -> None:
    lines = printed("--folder", filed(*crowd(30, 60, 60, 60, 60, 60, unknown=40))).splitlines()
    assert lines[0].endswith(": 330 of customers of known age. Stores: store-1. Lanes: lane-1.")
    bands = lines.index("The age bands") + 2
    assert [line.split()[:3] for line in lines[bands : bands + 7]] == [
        ["0-17", "30", "30"], ["18-24", "60", "60"], ["25-34", "60", "60"], ["35-44", "60", "60"],
        ["45-59", "60", "60"], ["60+", "60", "60"], ["age", "unknown", "40"],
    ]  # fmt: skip
    assert lines[bands + 1].split()[3] == "18.2%"
    assert "RUB 25.00" in lines[bands + 1], "an 18-24-year-old spends 25: bread and a soda"
    first = next(line for line in lines if line.startswith("18-24"))
    assert first.split()[:3] == ["18-24", "soda", "100.0%"]
    assert lines[-1].startswith("- A band with fewer than 10 customers")


def test_a_small_band_is_not_shown_and_cannot_be_found_by_subtraction(
    printed: RunReport, crowd: MakeCrowd, filed: FilePurchases, tmp_path: Path
) -> None:
    folder = filed(*crowd(4, 60, 60, 9, 60, 60, unknown=9))
    out = printed(
        "--folder", folder, "--csv", tmp_path / "f.csv", "--json", tmp_path / "f.json", "--html", tmp_path / "f.html"
    )
    bands = ["0-24", "25-44", "45-59", "60+"]
    assert [row.split()[0] for row in out.split("The age bands\n")[1].split("\n\n")[0].splitlines()[1:]] == bands
    with (tmp_path / "f.csv").open(encoding="utf-8") as file:
        assert {row["band"] for row in csv.DictReader(file)} == set(bands)
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert [(band["name"], round(band["customers"])) for band in figures["bands"]] == [
        ("0-24", 64), ("25-44", 69), ("45-59", 60), ("60+", 60),
    ]  # fmt: skip
    page = re.sub("<[^>]*>", "", (tmp_path / "f.html").read_text(encoding="utf-8"))
    for text in (out, page):
        assert "0-17" not in text
        assert "35-44" not in text
        assert "262" not in text, "from the total of all sales, those of unknown age could be computed"


def test_too_few_customers_in_total_are_not_shown(printed: RunReport, crowd: MakeCrowd, filed: FilePurchases) -> None:
    out = printed("--folder", filed(*crowd(0, 3, 3, 3, 0, 0)))
    assert out.splitlines()[1].startswith(
        "Fewer than 10 customers of known age bought something. So few are not shown,"
    )
    assert "average basket" not in out


def test_a_category_with_few_buyers_is_not_shown(
    printed: RunReport, crowd: MakeCrowd, filed: FilePurchases, hour_ago: datetime, tmp_path: Path
) -> None:
    rare = [purchase_of(line_of("caviar"), time=hour_ago) for _ in range(9)]
    out = printed("--folder", filed(*crowd(0, 60, 60, 60, 60, 60), *rare), "--csv", tmp_path / "f.csv")
    assert "caviar" not in out + (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert "1 category was bought by too few customers to show" in out


def test_everything_missing_is_listed_in_every_format(
    printed: RunReport,
    crowd: MakeCrowd,
    filed: FilePurchases,
    hour_ago: datetime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    odd = purchase_of(
        line_of(),
        line_of("beer", -2),
        line_of("beer", price=9e9),
        line_of("beer", 1e9),
        line_of(None),
        line_of(price=None),
        time=hour_ago,
    )
    later = purchase_of(time=hour_ago + timedelta(days=40))
    folder = filed(*crowd(20, 20, 20, 20, 20, 20), odd, later, purchase_of(time=hour_ago, probs=(1, 0), edges=(18,)))
    broken = folder / f"{hour_ago:%Y-%m-%d}" / "lane-9-00.parquet"
    broken.write_bytes(b"PAR1 and then the power failed")
    expected = [
        "1 sale not counted: later than now; set the box's clock",
        "1 sale not counted: recorded with other insights.bands",
        "1 line not counted: quantity above 10000",
        "1 line not counted: price above insights.max_price",
        "1 article not counted as bought: more of it was returned; what was paid back counts in the amount spent",
        "1 article without a category, from the till or insights.catalogue: counted only in the amount spent",
        "1 basket not counted in the amount spent: a price is missing",
        f"{broken} not read: damaged or incomplete",
    ]
    out = printed("--folder", folder, "--html", tmp_path / "f.html", "--json", tmp_path / "f.json")
    assert [line.removeprefix("- ") for line in out.splitlines()[-8:]] == expected
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["left_out"] == expected
    assert all(text.replace("'", "&#39;") in (tmp_path / "f.html").read_text(encoding="utf-8") for text in expected)
    report(["basket", "--folder", str(folder), "--csv", "-"])
    assert capsys.readouterr().err.splitlines() == [f"edge-agent: {line}" for line in expected]


def test_a_report_on_damaged_files_only_lists_them(
    printed: RunReport, filed: FilePurchases, hour_ago: datetime
) -> None:
    folder = filed(purchase_of(time=hour_ago))
    [file] = folder.rglob("*.parquet")
    file.write_bytes(b"")
    assert printed("--folder", folder).splitlines()[-1] == f"- {file} not read: damaged or incomplete"


def test_the_page_is_self_contained_and_shows_the_notice(
    printed: RunReport, crowd: MakeCrowd, filed: FilePurchases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_INSIGHTS__NOTICE", "Purchases are counted by <age> band.")
    printed("--folder", filed(*crowd(30, 60, 60, 60, 60, 60)), "--html", tmp_path / "f.html")
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert page.count('<svg class="plot" ') == 3, (
        "what they buy, what they spend, and the hours: there is only one week"
    )
    assert "Purchases are counted by &lt;age&gt; band." in page
    assert not [word for word in ("http", "<script", "@import") if word in page]


def test_texts_from_tills_are_escaped(
    printed: RunReport, crowd: MakeCrowd, filed: FilePurchases, hour_ago: datetime, tmp_path: Path
) -> None:
    evil = [purchase_of(line_of("=cmd()<script>\x1b[31m"), time=hour_ago, probs=(1, 0, 0, 0, 0, 0)) for _ in range(40)]
    folder = filed(*crowd(0, 60, 60, 60, 60, 60), *evil)
    out = printed("--folder", folder, "--csv", tmp_path / "f.csv", "--html", tmp_path / "f.html")
    assert "=cmd()<script>\\x1b[31m" in out
    assert "'=cmd()" in (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert "<script" not in (tmp_path / "f.html").read_text(encoding="utf-8")


def test_several_shops_are_one_report(printed: RunReport, crowd: MakeCrowd, filed: FilePurchases) -> None:
    folders = [filed(*crowd(20, 20, 20, 20, 20, 20, store=name), folder=name) for name in ("north", "sea")]
    assert (
        printed("--folder", *folders)
        .splitlines()[0]
        .endswith(": 240 of customers of known age. Stores: north, sea. Lanes: lane-1.")
    )


def test_the_default_folder_is_the_one_in_the_settings(
    printed: RunReport, crowd: MakeCrowd, filed: FilePurchases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(*crowd(20, 20, 20, 20, 20, 20))
    assert ": 120 of" in printed("--state-dir", tmp_path)
    monkeypatch.setenv("EDGE_STATE_DIR", str(tmp_path))
    assert ": 120 of" in printed()


def test_json_and_csv_have_the_same_figures(printed: RunReport, crowd: MakeCrowd, filed: FilePurchases) -> None:
    folder = filed(*crowd(30, 60, 60, 60, 60, 60))
    figures = json.loads(printed("--folder", folder, "--json", "-"))
    rows = list(csv.DictReader(printed("--folder", folder, "--csv", "-").splitlines()))
    lifts = [(row["band"], row["category"], float(row["lift"])) for row in rows if row["category"]]
    in_json = {(line["band"], line["category"]): line["lift"]["value"] for line in figures["bought"]}
    assert {(band, category): lift for band, category, lift in lifts} == pytest.approx(in_json, abs=1e-6)
    assert {line["category"] for line in figures["bought"] if line["stands_out"]} == {"soda"}


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["--folder", "/no/such"], RunError, "cannot read /no/such: No such file or directory; purchases are not"),
        (["--csv", "-", "--json", "-"], UsageError, "--csv - and --json - cannot both print to stdout"),
        (["--since", "1d", "--until", "2d"], UsageError, "--since must be before --until"),
        (["--config", "/no/such.toml"], UsageError, "cannot read the config /no/such.toml"),
    ],
)
def test_errors_are_messages_of_one_line(words: list[str], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as raised:
        report(["basket", *words])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
