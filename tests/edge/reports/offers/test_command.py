"""`edge-agent offers` and `report offers`, as people call them: from filed purchases to a signed sheet, and after."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.offers.restricted import RestrictedGoods
from edge.offers.results import RESULTS, RESULTS_FOLDER, OfferRow
from edge.offers.signature import read_sheet
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.records.database import Database
from tests.commands import EdgeAgent
from tests.edge.purchases.conftest import EDGES

NOW = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with lane.toml and purchases of 45- to 59-year-olds: who has crackers has cheese and beer as well."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lane.toml").write_text(f'state_dir = "{tmp_path}/state"\n')
    chance, rows = np.random.default_rng(0), []
    for _ in range(1500):
        bought = {name for name in ("bread", "fruit", "milk") if chance.random() < 0.4}
        if chance.random() < 0.2:
            bought |= {"crackers", "cheese", "beer", "Пиво", "pills"}
        lines = tuple(PurchaseLine(category=one, sku=one, quantity=1, price=1.0) for one in sorted(bought))
        rows.append(
            Purchase(
                time=NOW, store="s", lane="lane-1", band="45-59", band_edges=EDGES,
                band_probs=(0, 0.0, 0.1, 0.1, 0.7, 0.1), lines=lines,
            ).model_dump_json()
        )  # fmt: skip
    write_day(tmp_path / "state" / "insights" / f"{NOW:%Y-%m-%d}" / "lane-1-1.parquet", rows)
    return tmp_path


def offered(rules: Path) -> set[str]:
    return {rule["offer"]["category"] for rule in json.loads(rules.read_text())["rules"]}


def test_from_purchases_to_a_sheet_that_a_lane_takes(shop: Path, edge_agent: EdgeAgent) -> None:
    learnt = edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    assert learnt.code == 0, learnt.err
    assert "1500" in learnt.out.splitlines()[0]
    assert offered(shop / "rules.json") == {"crackers", "cheese", "pills"}
    made = edge_agent("offers", "new-key")
    assert "keep it where offers are signed, and nowhere else" in made.out
    assert edge_agent("offers", "sign", "rules.json", "--key", "offers.key_secret", "--days", "7").code == 0
    sheet = read_sheet(shop / "offers.sheet", shop / "offers.key", datetime.now(timezone.utc))
    assert timedelta(days=6.9) < sheet.expires_at - datetime.now(timezone.utc) < timedelta(days=7)
    shown = edge_agent("offers", "show", "offers.sheet", "--key", "offers.key")
    assert (shown.code, "Предложите: cheese. / Offer: cheese." in shown.out) == (0, True)


def test_what_the_shop_excludes_and_what_its_tills_marked_is_left_out(shop: Path, edge_agent: EdgeAgent) -> None:
    with (shop / "lane.toml").open("a") as config:
        config.write('[offers]\nexclude = ["pills"]\n')
    with closing(Database(shop / "state")) as database:
        RestrictedGoods(database).add(["cheese"])
    edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    assert offered(shop / "rules.json") == set()


def test_rules_that_somebody_edited_into_what_must_not_be_are_not_signed(shop: Path, edge_agent: EdgeAgent) -> None:
    edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    edge_agent("offers", "new-key")
    rules = (shop / "rules.json").read_text()
    for old, new, told in [
        ('"45-59"', '"0-17"', "is for ages from 0, below the legal age of 18: remove the rule"),
        ('"category": "cheese"', '"category": "vodka"', "names alcohol or tobacco: remove the rule"),
        ('"45-59"', '"45-50"', "a rule is for the band '45-50', which does not exist: use one of 0-17, 18-24"),
        ('"ru"', '"fr"', "rules.json holds no rules: rules.0.text.ru is missing"),
    ]:
        (shop / "rules.json").write_text(rules.replace(old, new))
        refused = edge_agent("offers", "sign", "rules.json", "--key", "offers.key_secret")
        assert (refused.code, told in refused.err, refused.err.count("\n")) == (2, True, 1), refused.err
    assert not (shop / "offers.sheet").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show"], "give a sheet and its public key"),
        (["show", "none", "--key", "none.key"], "cannot read the key none.key"),
        (["sign", "none", "--key", "k"], "cannot read the rules none"),
        (["sign", "none", "--key", "k", "--days", "400"], "a sheet is good for 366 days at most"),
        (["learn", "--least-support", "0"], "0 is not above 0 and at most 1"),
        (["learn", "--least-lift", "nan"], "nan is not a number from 1 up"),
        (["learn", "--since", "1d", "--until", "2d"], "--since must be before --until"),
        (["learn", "--folder", "nowhere"], "nowhere: No such file or directory; give the folder with --folder"),
        (["learn", "--names", "lane.toml"], "has no columns name, ru and en"),
        (["dance"], "invalid choice: 'dance'"),
    ],
)
def test_what_a_user_gets_wrong_is_told_in_one_line(
    words: list[str], told: str, shop: Path, edge_agent: EdgeAgent
) -> None:
    refused = edge_agent("offers", *words)
    assert refused.code in (1, 2)
    assert told in refused.err
    assert refused.err.count("\n") == 1


def result(outcome: str, bought: bool, offer: str = "cheese", **changes: Any) -> str:
    fields = {
        "time": NOW, "store": "s", "lane": "lane-1", "sheet": NOW, "rule": "0011aabb", "band": "25-34",
        "category": offer, "sku": None, "outcome": outcome, "bought": bought,
    }  # fmt: skip
    return OfferRow(**{**fields, **changes}).model_dump_json()


@pytest.fixture
def results(shop: Path) -> Callable[..., Path]:
    """A folder in which a lane has filed what became of its offers."""

    def file(*rows: str) -> Path:
        day = shop / "state" / "insights" / RESULTS_FOLDER / f"{NOW:%Y-%m-%d}"
        write_day(day / "lane-1-1.parquet", rows, RESULTS)
        return day

    return file


SOLD = [result("taken", True)] * 30 + [result("refused", False)] * 50 + [result("not-shown", False)] * 20
HELD_OUT = [result("held-out", True)] * 4 + [result("held-out", False)] * 36


def test_the_report_shows_made_held_out_taken_refused_and_the_lift(
    shop: Path, results: Callable[..., Path], edge_agent: EdgeAgent
) -> None:
    results(*SOLD, *HELD_OUT, *[result("taken", True, "honey")] * 3)
    words = ["report", "offers", "--since", "1d", "--config", "lane.toml"]
    shown = edge_agent(*words, "--html", "page.html", "--csv", "t.csv", "--json", "f.json")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[0].endswith("they fitted 143 sales; made in 103, held out in 40.")
    figures = json.loads((shop / "f.json").read_text())
    # The three of honey, of whom none was held out, are counted with the others.
    assert [(one["offer"], one["taken"], one["refused"], one["shown"]) for one in figures["offers"]] == [
        ("others", 33, 50, 83)
    ]
    assert figures["all"]["lift"] == pytest.approx((33 / 103) / (4 / 40), abs=1e-6)
    assert figures["all"]["lift_low"] < 3.2 < figures["all"]["lift_high"]
    assert "What offers brought" in (shop / "page.html").read_text()
    assert (shop / "t.csv").read_text().startswith("band,offer,made,shown,taken,refused,bought,")


def test_of_few_sales_nothing_is_shown(results: Callable[..., Path], edge_agent: EdgeAgent) -> None:
    results(*SOLD, *HELD_OUT[:9])
    shown = edge_agent("report", "offers", "--since", "1d", "--config", "lane.toml", "--json", "-")
    assert json.loads(shown.out)["offers"] == []
    assert json.loads(shown.out)["all"] is None
    assert "fewer than 10 sales with an offer, or held out: too few to be shown." in json.loads(shown.out)["about"]


def test_damaged_files_and_those_of_another_version_are_told_and_left_out(
    results: Callable[..., Path], edge_agent: EdgeAgent
) -> None:
    day = results(*SOLD, *HELD_OUT)
    (day / "lane-1-2.parquet").write_bytes((day / "lane-1-1.parquet").read_bytes()[:200])
    write_day(day / "lane-1-3.parquet", [])
    shown = edge_agent("report", "offers", "--since", "1d", "--config", "lane.toml")
    assert (shown.code, "made in 100, held out in 40" in shown.out) == (0, True)
    assert "lane-1-2.parquet left out: damaged, or written only in part" in shown.out
    assert "lane-1-3.parquet left out, with 0 sales: its columns are of version ?" in shown.out


def test_a_shop_without_offers_is_told_so(shop: Path, edge_agent: EdgeAgent) -> None:
    shown = edge_agent("report", "offers", "--config", "lane.toml")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "a lane files there what became of offers once offers.enabled is set, or give --folder" in shown.err
