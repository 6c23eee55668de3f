"""`edge-agent offers` and `report offers` on the command line: from filed purchases to a sheet and its effect."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from edge.offers.book import OfferOutcome
from edge.offers.restricted import RestrictedGoods
from edge.offers.results import RESULTS, RESULTS_FOLDER, OfferRow
from edge.offers.signature import read_sheet, sign
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.records.database import Database
from tests.commands import EdgeAgent
from tests.edge.offers.conftest import rule_of, sheet_of
from tests.edge.purchases.conftest import EDGES

NOW = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with lane.toml and purchases of 45-59-year-olds: every basket with crackers also has cheese and beer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lane.toml").write_text(f'state_dir = "{tmp_path}/state"\n')
    chance, rows = np.random.default_rng(0), []
    for _ in range(1500):
        bought = {name for name in ("bread", "fruit", "milk") if chance.random() < 0.4}
        if chance.random() < 0.2:
            bought |= {"crackers", "cheese", "beer", "Пиво", "pills"}
        lines = tuple(PurchaseLine(category=name, sku=name, quantity=1, price=1.0) for name in sorted(bought))
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


@pytest.mark.slow
def test_from_purchases_to_a_valid_sheet(shop: Path, edge_agent: EdgeAgent) -> None:
    learnt = edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    assert learnt.code == 0, learnt.err
    assert "1500" in learnt.out.splitlines()[0]
    assert offered(shop / "rules.json") == {"crackers", "cheese", "pills"}
    made = edge_agent("offers", "new-key")
    assert "keep it only where offers are signed" in made.out
    assert edge_agent("offers", "sign", "rules.json", "--key", "offers.key_secret", "--days", "7").code == 0
    sheet = read_sheet(shop / "offers.sheet", shop / "offers.key", datetime.now(timezone.utc))
    assert timedelta(days=6.9) < sheet.expires_at - datetime.now(timezone.utc) < timedelta(days=7)
    shown = edge_agent("offers", "show", "offers.sheet", "--key", "offers.key")
    assert (shown.code, "Предложите: cheese. / Offer: cheese." in shown.out) == (0, True)


def test_goods_that_are_excluded_or_marked_by_tills_get_no_rule(shop: Path, edge_agent: EdgeAgent) -> None:
    with (shop / "lane.toml").open("a") as config:
        config.write('[offers]\nexclude = ["pills"]\n')
    with closing(Database(shop / "state")) as database:
        RestrictedGoods(database).add(["cheese"])
    edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    assert offered(shop / "rules.json") == set()


def test_goods_whose_name_or_category_for_people_is_restricted_get_no_rule(shop: Path, edge_agent: EdgeAgent) -> None:
    """The purchases have article numbers only."""
    (shop / "names.csv").write_text("name,ru,en\ncheese,Портвейн,Cheese\n", encoding="utf-8")
    (shop / "catalogue.csv").write_text("sku,category\ncrackers,Снюс\npills,Pills\n", encoding="utf-8")
    with (shop / "lane.toml").open("a") as config:
        config.write(f'[insights]\ncatalogue = "{shop}/catalogue.csv"\n[offers]\nrestricted_words = ["pill*"]\n')
    words = ["--since", "1d", "--config", "lane.toml", "--names", "names.csv", "--out", "rules.json"]
    assert edge_agent("offers", "learn", "--by", "sku", *words).code == 0
    assert json.loads((shop / "rules.json").read_text())["rules"] == []


def test_a_sheet_that_lanes_would_reject_is_shown_with_the_reason(shop: Path, edge_agent: EdgeAgent) -> None:
    edge_agent("offers", "new-key")
    (shop / "offers.sheet").write_bytes(sign(sheet_of(rule_of(offer="пиво"), made_at=NOW), shop / "offers.key_secret"))
    shown = edge_agent("offers", "show", "offers.sheet", "--key", "offers.key")
    assert (shown.code, "a lane rejects this sheet: rule" in " ".join(shown.out.split())) == (0, True), shown.out


@pytest.mark.slow
def test_forbidden_rules_are_not_signed(shop: Path, edge_agent: EdgeAgent) -> None:
    edge_agent("offers", "learn", "--since", "1d", "--config", "lane.toml", "--out", "rules.json")
    edge_agent("offers", "new-key")
    rules = (shop / "rules.json").read_text()
    for old, new, message in [
        ('"45-59"', '"0-17"', "is for ages from 0, below the legal age of 18: remove the rule"),
        (
            '"category": "cheese"',
            '"category": "vodka"',
            "is about 'vodka', which is restricted (vodka*): remove the rule",
        ),
        (
            "Предложите: cheese",
            "Предложите: сидр",
            "names restricted goods (сидр*), 'Предложите: сидр.': change the text",
        ),
        ('"45-59"', '"45-50"', "a rule is for the band '45-50', which does not exist: use one of 0-17, 18-24"),
        ('"ru"', '"fr"', "rules.json contains no valid rules: rules.0.text.ru is missing"),
    ]:
        (shop / "rules.json").write_text(rules.replace(old, new))
        refused = edge_agent("offers", "sign", "rules.json", "--key", "offers.key_secret")
        assert (refused.code, message in refused.err, refused.err.count("\n")) == (2, True, 1), refused.err
    assert not (shop / "offers.sheet").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show"], "give a sheet and its public key"),
        (["show", "none", "--key", "none.key"], "cannot read the key none.key"),
        (["sign", "none", "--key", "k"], "cannot read the rules none"),
        (["sign", "none", "--key", "k", "--days", "400"], "a sheet is valid for at most 366 days"),
        (["learn", "--least-support", "0"], "0 is not a share above 0 and up to 1"),
        (["learn", "--least-lift", "nan"], "'nan' is not a number"),
        (["learn", "--since", "1d", "--until", "2d"], "--since must be before --until"),
        (["learn", "--folder", "nowhere"], "nowhere: No such file or directory; give the folder with --folder"),
        (["learn", "--names", "lane.toml"], "it has no columns name, ru and en"),
        (["dance"], "invalid choice: 'dance'"),
    ],
)
def test_errors_are_messages_of_one_line(words: list[str], message: str, shop: Path, edge_agent: EdgeAgent) -> None:
    refused = edge_agent("offers", *words)
    assert refused.code in (1, 2)
    assert message in refused.err
    assert refused.err.count("\n") == 1


def result(outcome: OfferOutcome, bought: bool, offer: str = "cheese") -> str:
    return OfferRow(
        time=NOW, store="s", lane="lane-1", sheet=NOW, rule="0011aabb", band="25-34", category=offer, sku=None,
        outcome=outcome, bought=bought,
    ).model_dump_json()  # fmt: skip


class FileResults(Protocol):
    """Files results of offers, as a lane does, and returns the folder of their day."""

    def __call__(self, *rows: str) -> Path: ...


@pytest.fixture
def results(shop: Path) -> FileResults:
    def file(*rows: str) -> Path:
        day = shop / "state" / "insights" / RESULTS_FOLDER / f"{NOW:%Y-%m-%d}"
        write_day(day / "lane-1-1.parquet", rows, RESULTS)
        return day

    return file


SOLD = [result("taken", True)] * 30 + [result("refused", False)] * 50 + [result("not-shown", False)] * 20
HELD_OUT = [result("held-out", True)] * 4 + [result("held-out", False)] * 36


def test_the_report_shows_made_held_out_taken_refused_and_the_lift(
    shop: Path, results: FileResults, edge_agent: EdgeAgent
) -> None:
    results(*SOLD, *HELD_OUT, *[result("taken", True, "honey")] * 3)
    words = ["report", "offers", "--since", "1d", "--config", "lane.toml"]
    shown = edge_agent(*words, "--html", "page.html", "--csv", "t.csv", "--json", "f.json")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[0].endswith("143 sales matched a rule; offer made in 103, held out in 40.")
    figures = json.loads((shop / "f.json").read_text())
    # The three sales of honey, none of them held out, are counted with the others.
    assert [(line["offer"], line["taken"], line["refused"], line["shown"]) for line in figures["offers"]] == [
        ("others", 33, 50, 83)
    ]
    assert figures["all"]["lift"] == pytest.approx((33 / 103) / (4 / 40), abs=1e-6)
    assert figures["all"]["lift_low"] < 3.2 < figures["all"]["lift_high"]
    assert "What the offers sold" in (shop / "page.html").read_text()
    assert (shop / "t.csv").read_text().startswith("band,offer,made,shown,taken,refused,bought,")


def test_too_few_sales_are_not_shown(results: FileResults, edge_agent: EdgeAgent) -> None:
    results(*SOLD, *HELD_OUT[:9])
    shown = edge_agent("report", "offers", "--since", "1d", "--config", "lane.toml", "--json", "-")
    assert json.loads(shown.out)["offers"] == []
    assert json.loads(shown.out)["all"] is None
    printed = edge_agent("report", "offers", "--since", "1d", "--config", "lane.toml").out
    assert "Fewer than 10 sales with an offer, or fewer than 10 held out: so few are not shown." in printed


def test_files_that_are_damaged_or_of_another_version_are_listed(results: FileResults, edge_agent: EdgeAgent) -> None:
    day = results(*SOLD, *HELD_OUT)
    (day / "lane-1-2.parquet").write_bytes((day / "lane-1-1.parquet").read_bytes()[:200])
    write_day(day / "lane-1-3.parquet", [])
    shown = edge_agent("report", "offers", "--since", "1d", "--config", "lane.toml")
    assert (shown.code, "offer made in 100, held out in 40" in shown.out) == (0, True)
    assert "lane-1-2.parquet not read: damaged or incomplete" in shown.out
    assert (
        "lane-1-3.parquet with 0 sales not read: written by another version of edge-agent (columns of version ?)"
        in shown.out
    )


def test_a_shop_without_offers_gets_an_error_with_a_hint(shop: Path, edge_agent: EdgeAgent) -> None:
    shown = edge_agent("report", "offers", "--config", "lane.toml")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "offers are off: set offers.enabled, or give --folder" in shown.err
