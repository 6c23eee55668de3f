"""`edge-agent report basket`: what is printed and written, what is never shown, and how it ends with bad input."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import RunError, UsageError
from edge.reports.command import report

Make = Callable[..., Any]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the report prints."""

    def run(*words: object) -> str:
        report(["basket", *map(str, words)])
        return capsys.readouterr().out

    return run


@pytest.fixture
def hour_ago() -> datetime:
    return datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


@pytest.fixture
def crowd(purchase: Make, line: Make, hour_ago: datetime) -> Make:
    """So many customers of each band, surely known, and of unknown age; the second band buys a soda each, the others
    every tenth."""

    def of(*customers: int, unknown: int = 0, **more: Any) -> list[Any]:
        probs = [np.eye(6)[band] for band, count in enumerate(customers) for _ in range(count)] + [None] * unknown
        return [
            purchase(
                line("bread", price=20), *([line("soda", price=5)] if number % 10 == 0 or _is(1, one) else []),
                probs=one, **{"time": hour_ago, **more},
            )
            for number, one in enumerate(probs)
        ]  # fmt: skip

    return of


def _is(band: int, probs: np.ndarray | None) -> bool:
    return probs is not None and bool(probs[band])


def test_bands_and_what_stands_out_are_printed(say: Make, crowd: Make, filed: Make) -> None:
    lines = say("--folder", filed(*crowd(30, 60, 60, 60, 60, 60, unknown=40))).splitlines()
    assert lines[0].endswith(": 330 of customers of known age. Stores: store-1. Lanes: lane-1.")
    assert [line.split()[:3] for line in lines[3:10]] == [
        ["0-17", "30", "30"], ["18-24", "60", "60"], ["25-34", "60", "60"], ["35-44", "60", "60"],
        ["45-59", "60", "60"], ["60+", "60", "60"], ["unknown", "40", "40"],
    ]  # fmt: skip
    assert lines[4].split()[3:5] == ["18.2", "%"]
    assert "25.00" in lines[4], "what an 18-24-year-old spends: bread and a soda"
    first = next(line for line in lines[11:] if line.startswith("18-24"))
    assert first.split()[:4] == ["18-24", "soda", "100.0", "%"]
    assert lines[-1].startswith("- A band with fewer than 10 customers")


def test_a_band_with_too_few_customers_is_never_shown_nor_found_by_subtraction(
    say: Make, crowd: Make, filed: Make, tmp_path: Path
) -> None:
    folder = filed(*crowd(4, 60, 60, 9, 60, 60, unknown=9))
    out = say(
        "--folder", folder, "--csv", tmp_path / "f.csv", "--json", tmp_path / "f.json", "--html", tmp_path / "f.html"
    )
    bands = ["0-24", "25-44", "45-59", "60+"]
    assert [row.split()[0] for row in out.split("\n\n")[1].splitlines()[1:]] == bands
    with (tmp_path / "f.csv").open(encoding="utf-8") as file:
        assert {row["band"] for row in csv.DictReader(file)} == set(bands)
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert [(band["name"], round(band["customers"])) for band in figures["bands"]] == [
        ("0-24", 64), ("25-44", 69), ("45-59", 60), ("60+", 60),
    ]  # fmt: skip
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    for text in (out, page):
        assert "0-17" not in text
        assert "35-44" not in text
        assert "262" not in text, "with all sales, those of unknown age could be subtracted"


def test_too_few_customers_of_all_bands_together_are_not_shown(say: Make, crowd: Make, filed: Make) -> None:
    out = say("--folder", filed(*crowd(0, 3, 3, 3, 0, 0)))
    assert out.splitlines()[0].endswith(": fewer than 10 customers of known age, too few to be shown.")
    assert "band " not in out.split("\n- ")[0]


def test_what_hardly_anybody_buys_is_not_shown(say: Make, crowd: Make, purchase: Make, line: Make, filed: Make,
                                               hour_ago: datetime, tmp_path: Path) -> None:  # fmt: skip
    rare = [purchase(line("caviar"), time=hour_ago) for _ in range(9)]
    out = say("--folder", filed(*crowd(0, 60, 60, 60, 60, 60), *rare), "--csv", tmp_path / "f.csv")
    assert "caviar" not in out + (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert "1 category was bought by too few to say anything" in out


def test_everything_left_out_is_named_in_every_form(
    say: Make, crowd: Make, purchase: Make, line: Make, filed: Make, hour_ago: datetime, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    odd = purchase(line(), line("beer", -2), line("beer", price=9e9), line(None), line(price=None), time=hour_ago)
    later = purchase(time=hour_ago + timedelta(days=40))
    folder = filed(*crowd(20, 20, 20, 20, 20, 20), odd, later, purchase(time=hour_ago, probs=(1, 0), edges=(18,)))
    broken = folder / f"{hour_ago:%Y-%m-%d}" / "lane-9-00.parquet"
    broken.write_bytes(b"PAR1 and then the power failed")
    expected = [
        "1 sale left out: after now; set the clock of the box that kept them",
        "1 sale left out: kept with other insights.bands than this report's",
        "1 line left out: a quantity not above 0, or above 10000",
        "1 line left out: a price below 0, or above insights.max_price",
        "1 line in no category: an unknown sku, named neither by the till nor by insights.catalogue; "
        "counted in what was spent",
        "1 basket not counted in what was spent: a line has no price",
        f"{broken} left out: damaged, or written only in part",
    ]
    out = say("--folder", folder, "--html", tmp_path / "f.html", "--json", tmp_path / "f.json")
    assert [line.removeprefix("- ") for line in out.splitlines()[-7:]] == expected
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["left_out"] == expected
    assert all(text.replace("'", "&#x27;") in (tmp_path / "f.html").read_text(encoding="utf-8") for text in expected)
    report(["basket", "--folder", str(folder), "--csv", "-"])
    assert capsys.readouterr().err.splitlines() == [f"edge-agent: {line}" for line in expected]


def test_only_damaged_files_are_a_report_that_says_so(
    say: Make, filed: Make, purchase: Make, hour_ago: datetime
) -> None:
    folder = filed(purchase(time=hour_ago))
    [file] = folder.rglob("*.parquet")
    file.write_bytes(b"")
    assert say("--folder", folder).splitlines()[-1] == f"- {file} left out: damaged, or written only in part"


def test_the_page_needs_nothing_else_and_shows_the_notice(
    say: Make, crowd: Make, filed: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_INSIGHTS__NOTICE", "Purchases are counted by <age> band.")
    say("--folder", filed(*crowd(30, 60, 60, 60, 60, 60)), "--html", tmp_path / "f.html")
    page = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert "Purchases are counted by &lt;age&gt; band." in page
    assert not [word for word in ("http", "<script", "@import") if word in page]


def test_words_of_tills_are_made_harmless(
    say: Make, crowd: Make, purchase: Make, line: Make, filed: Make, hour_ago: datetime, tmp_path: Path
) -> None:
    evil = [purchase(line("=cmd()<script>\x1b[31m"), time=hour_ago, probs=(1, 0, 0, 0, 0, 0)) for _ in range(40)]
    folder = filed(*crowd(0, 60, 60, 60, 60, 60), *evil)
    out = say("--folder", folder, "--csv", tmp_path / "f.csv", "--html", tmp_path / "f.html")
    assert "=cmd()<script>\\x1b[31m" in out
    assert "'=cmd()" in (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert "<script" not in (tmp_path / "f.html").read_text(encoding="utf-8")


def test_several_shops_make_one_report(say: Make, crowd: Make, filed: Make) -> None:
    folders = [filed(*crowd(20, 20, 20, 20, 20, 20, store=name), folder=name) for name in ("north", "sea")]
    assert (
        say("--folder", *folders)
        .splitlines()[0]
        .endswith(": 240 of customers of known age. Stores: north, sea. Lanes: lane-1.")
    )


def test_by_default_it_is_this_lanes_own_purchases(
    say: Make, crowd: Make, filed: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(*crowd(20, 20, 20, 20, 20, 20))
    assert ": 120 of" in say("--state-dir", tmp_path)
    monkeypatch.setenv("EDGE_STATE_DIR", str(tmp_path))
    assert ": 120 of" in say()


def test_json_says_the_same_as_the_csv(say: Make, crowd: Make, filed: Make) -> None:
    folder = filed(*crowd(30, 60, 60, 60, 60, 60))
    figures = json.loads(say("--folder", folder, "--json", "-"))
    rows = list(csv.DictReader(say("--folder", folder, "--csv", "-").splitlines()))
    lifts = [(row["band"], row["category"], float(row["lift"])) for row in rows if row["category"]]
    said = {(one["band"], one["category"]): one["lift"]["value"] for one in figures["bought"]}
    assert {(band, category): lift for band, category, lift in lifts} == pytest.approx(said, abs=1e-6)
    assert {one["category"] for one in figures["bought"] if one["stands_out"]} == {"soda"}


@pytest.mark.parametrize(
    ("words", "kind", "complaint"),
    [
        (["--folder", "/no/such"], RunError, "cannot read /no/such: No such file or directory; a lane files"),
        (["--csv", "-", "--json", "-"], UsageError, "--csv - and --json - both want stdout: give one of them a file"),
        (["--since", "1d", "--until", "2d"], UsageError, "--since must be before --until"),
        (["--config", "/no/such.toml"], UsageError, "cannot read the config /no/such.toml"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words: list[str], kind: type[Exception], complaint: str) -> None:
    with pytest.raises(kind) as refused:
        report(["basket", *words])
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
