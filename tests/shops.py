"""A made-up shop of three lanes: six weeks of restricted sales, purchases, offers and changed settings.

One cashier skips checks, some sales were completed although the check failed, and young customers buy other things
than old ones. `python -m tests.shops FOLDER` leaves it in a folder, for looking at the reports.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.chain import MODEL_WIDTH_YEARS, customers_by_age
from edge.decision.bands import band_names
from edge.decision.policy import Decision, Reason
from edge.offers.results import RESULTS, RESULTS_FOLDER, OfferRow
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.records.audit import Audit
from edge.records.changes import ChangedSetting, SettingsChange
from edge.records.database import Database
from edge.records.records import AlertRecord, CheckRecord, SaleRecord
from edge.reports.archive.archive import archive_log
from edge.reports.archived import LaneArchive
from edge.settings.lanes import load_lanes
from edge.till.messages import AgeInterval
from edge.vision.faces import AGES

STORE = "lenina-24"
LANES = ("lane-1", "lane-2", "wine")
EDGES = (18, 25, 35, 45, 60)
BANDS = band_names(EDGES)
DAYS = 42
_BASKETS_A_FILE, _DAYS_A_FILE = 250, 3
CARELESS = "c-21"
CASHIERS = (CARELESS, "c-3", "c-7", "c-12", "Константинопольская-Александрова М. В.")
SHARES_UNCHECKED = (0.42, 0.12, 0.15, 0.1, 0.14)

GOODS = {
    "хлеб": (54.0, (0.30, 0.22, 0.33, 0.38, 0.45, 0.52)),
    "молоко и кефир": (92.0, (0.20, 0.15, 0.30, 0.34, 0.36, 0.44)),
    "энергетики": (119.0, (0.22, 0.28, 0.16, 0.07, 0.03, 0.01)),
    "чипсы и снеки": (139.0, (0.35, 0.33, 0.24, 0.17, 0.10, 0.05)),
    "детское питание": (78.5, (0.01, 0.05, 0.22, 0.16, 0.03, 0.03)),
    "сыр": (289.9, (0.07, 0.12, 0.19, 0.23, 0.27, 0.22)),
    "кофе": (449.0, (0.01, 0.07, 0.12, 0.14, 0.13, 0.08)),
    "корм для кошек и собак": (42.9, (0.02, 0.06, 0.10, 0.12, 0.15, 0.19)),
    "готовая еда": (219.0, (0.15, 0.24, 0.21, 0.15, 0.09, 0.06)),
    "овощи и фрукты": (164.0, (0.15, 0.17, 0.30, 0.34, 0.41, 0.46)),
    "пиво": (96.0, (0.0, 0.14, 0.21, 0.20, 0.17, 0.08)),
    "бытовая химия": (245.0, (0.02, 0.05, 0.09, 0.10, 0.10, 0.08)),
}
"""Price, and the share of each band's baskets that contain the goods."""

OFFERS = {("25-34", "сыр"): (0.31, 0.19), ("45-59", "кофе"): (0.16, 0.11), ("60+", "овощи и фрукты"): (0.42, 0.43),
          ("35-44", "бытовая химия"): (0.05, 0.12)}  # fmt: skip
"""The share of sales with the goods, with the offer and without it."""

SETTINGS = """language = "{language}"
store = "{store}"
box = "lenina-24-1"
[shop]
name = "Продукты у дома, ул. Ленина, 24"
[insights]
enabled = true
notice = "Камера на кассе оценивает возраст, чтобы показать, что покупают люди разного возраста. Снимки не хранятся."
"""
LANE = """[[lane]]
name = "{lane}"
camera = "rtsp://192.168.10.31/{lane}"
state_dir = "{folder}"
till.reliable = "ipc:///{lane}-a"
till.live = "ipc:///{lane}-b"
"""


@dataclass(frozen=True)
class Shop:
    """config: its settings file. archive: of its audit logs."""

    config: Path
    archive: Path


def make_shop(folder: Path, language: str = "ru") -> Shop:
    """A shop that was open until yesterday."""
    shop = Shop(folder / "lane.toml", folder / "archive")
    states = {lane: folder / lane for lane in LANES}
    shop.config.write_text(
        SETTINGS.format(store=STORE, language=language)
        + "".join(LANE.format(lane=lane, folder=state) for lane, state in states.items()),
        encoding="utf-8",
    )
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    chance = np.random.default_rng(7)
    for lane, state in states.items():
        with closing(Database(state)) as database, database.transaction():
            audit = Audit(database)
            for record in sorted([*_changes(lane, now), *_sales(lane, now, chance)], key=_date):
                audit.append(record, 0.0)
        _file(state / "insights", lane, now, chance)
    for settings in load_lanes([], shop.config):
        archive = LaneArchive.of(shop.archive, settings.store, settings.box, settings.lane)
        archive_log(settings, archive, datetime.now(timezone.utc), remove_old=False)
    return shop


def _date(record: SaleRecord | SettingsChange) -> datetime:
    return record.at if isinstance(record, SettingsChange) else record.opened_at


def _sales(lane: str, now: datetime, chance: np.random.Generator) -> list[SaleRecord]:
    days, hours = chance.integers(1, DAYS, 500), chance.uniform(0, 14, 500)
    times = sorted(
        _opening(now, int(day)) + timedelta(hours=float(hour)) for day, hour in zip(days, hours, strict=True)
    )
    return [_sale(lane, number, at, chance) for number, at in enumerate(times, 48_200)]


def _opening(now: datetime, days: int) -> datetime:
    """When the shop opened, so many days ago: at eight o'clock local time."""
    return (now - timedelta(days=days)).astimezone().replace(hour=8).astimezone(timezone.utc)


def _sale(lane: str, number: int, at: datetime, chance: np.random.Generator) -> SaleRecord:
    cashier = int(chance.integers(len(CASHIERS)))
    name, kind = CASHIERS[cashier], chance.random()
    decision = Decision.CHALLENGE if kind < 0.6 else Decision.UNKNOWN if kind < 0.7 else Decision.NO_CHALLENGE
    reasons = {
        Decision.CHALLENGE: Reason.LOOKS_YOUNG, Decision.NO_CHALLENGE: Reason.LOOKS_OLDER,
        Decision.UNKNOWN: (Reason.NO_FACE, Reason.YOUNG_COMPANION, Reason.DARK)[number % 3],
    }  # fmt: skip
    mean = 22.4 + 18 * (decision is Decision.NO_CHALLENGE)
    alert = AlertRecord(
        alert_id=f"alert-{lane}-{number}", decision=decision, reasons=(reasons[decision],), legal_age=18, threshold=25,
        age=None if decision is Decision.UNKNOWN else AgeInterval(mean=mean, low=mean - 5, high=mean + 6),
        p_under_legal=0.2, samples=9, issued_at=at, received_at=at,
    )  # fmt: skip
    due, check, ended = decision is not Decision.NO_CHALLENGE, None, "completed"
    if due and chance.random() >= SHARES_UNCHECKED[cashier]:
        outcome = "passed" if chance.random() < 0.93 else "failed" if chance.random() < 0.6 else "not-shown"
        means = ("document", "document", "digital-id", "manager-override")[number % 4] if outcome == "passed" else None
        check = CheckRecord(
            outcome=outcome, cashier_id=name, at=at + timedelta(seconds=35), till="till-1", minimum_age=18, means=means,
            authorised_by="Соколова" if means == "manager-override" else None,
        )  # fmt: skip
        ended = "completed" if outcome == "passed" or chance.random() < 0.25 else "cancelled"
    return SaleRecord(
        sale_id=f"{at:%m%d}-{number}", lane=lane, till="till-1", opened_at=at, model="0123456789ab", config="ba98",
        restricted=({"minimum_age": 18},), restricted_at=at + timedelta(seconds=10), alerts=(alert,), closed_by=name,
        closed_at=at + timedelta(minutes=1), checks=(check,) if check else (), ended=ended, store=STORE,
        box="lenina-24-1",
    )  # fmt: skip


def _changes(lane: str, now: datetime) -> list[SettingsChange]:
    zones = [[[0.15, 0.0], [0.85, 0.0], [0.85, 1.0], [0.15, 1.0]], [[0.2, 0.1], [0.8, 0.1], [0.8, 1.0], [0.2, 1.0]]]

    def change(days: float, by: str, name: str | None, *changed: tuple[str, Any, Any], first: bool = False) -> Any:
        settings = tuple(ChangedSetting(setting=what, before=old, after=new) for what, old, new in changed)
        return SettingsChange(
            lane=lane, at=now - timedelta(days=days), by=by, name=name, model="0123456789ab", config="ba98",
            changed=settings, first=first, store=STORE, box="lenina-24-1",
        )  # fmt: skip

    return [
        change(DAYS, "start", None, ("camera", None, f"rtsp://192.168.10.31/{lane}"), ("model (hash)", None, "5b" * 32),
               first=True),
        change(20, "page", "Иванов", ("zone", *zones)),
        change(6.5, "reload", None, ("policy.risk", 0.05, 0.02), ("shop.name", "", "Продукты у дома, ул. Ленина, 24")),
        change(3, "ansible", "fleet@office", ("model (hash)", "5b" * 32, "0123456789ab" + "cd" * 26)),
        change(1, "page", "Иванов", ("offers.sheet (content)", None, "77" * 32), ("offers.enabled", False, True)),
    ]  # fmt: skip


def _file(folder: Path, lane: str, now: datetime, chance: np.random.Generator) -> None:
    """Purchases and results of offers."""
    years, by_age = np.arange(AGES), customers_by_age()
    # Fewer and larger files than a lane writes: they are written faster.
    for day in range(1, DAYS, _DAYS_A_FILE):
        date = _opening(now, day)
        ages = chance.choice(AGES, _BASKETS_A_FILE, p=by_age)
        seen = ages + chance.normal(0, MODEL_WIDTH_YEARS, _BASKETS_A_FILE)
        probs = np.exp(-(((seen[:, None] - years) / MODEL_WIDTH_YEARS) ** 2) / 2) * by_age
        by_band = np.add.reduceat(probs / probs.sum(axis=1, keepdims=True), [0, *EDGES], axis=1).round(4)
        rows = [
            _purchase(lane, date + timedelta(hours=int(chance.integers(0, 14))), int(band), bands.tolist(), chance)
            for band, bands in zip(np.searchsorted(EDGES, ages, side="right"), by_band, strict=True)
        ]
        write_day(folder / f"{date:%Y-%m-%d}" / f"{lane}-{day:016x}.parquet", [row.model_dump_json() for row in rows])
        results = [row.model_dump_json() for row in _results(lane, date, now, chance)]
        write_day(folder / RESULTS_FOLDER / f"{date:%Y-%m-%d}" / f"{lane}-{day:016x}.parquet", results, RESULTS)


def _purchase(lane: str, at: datetime, band: int, probs: list[float], chance: np.random.Generator) -> Purchase:
    """Without an estimate of the age in a tenth of the baskets; some with a voided line and a discount."""
    lines = [
        PurchaseLine(category=name, sku=f"{name}-1", quantity=1 + (chance.random() < 0.2), price=price)
        for name, (price, shares) in GOODS.items()
        if chance.random() < shares[band]
    ] or [PurchaseLine(category="пакет", sku="bag", quantity=1, price=9.0)]
    if chance.random() < 0.05:
        lines += [lines[0], lines[0].model_copy(update={"quantity": -lines[0].quantity})]
    if chance.random() < 0.1:
        lines.append(PurchaseLine(category=None, sku="", quantity=1, price=-15.0))
    known = chance.random() > 0.1
    return Purchase(
        time=at, store=STORE, lane=lane, band=BANDS[int(np.argmax(probs))] if known else "unknown", band_edges=EDGES,
        band_probs=tuple(probs) if known else None, lines=tuple(lines),
    )  # fmt: skip


def _results(lane: str, at: datetime, now: datetime, chance: np.random.Generator) -> list[OfferRow]:
    return [
        OfferRow(
            time=at, store=STORE, lane=lane, sheet=now - timedelta(days=DAYS), rule=f"{band}-{name}",
            band=band, category=name, sku=None, bought=bool(chance.random() < shares[held_out]),
            outcome="held-out" if held_out else ("taken", "refused", "shown", "shown")[int(chance.integers(4))],
        )
        for (band, name), shares in OFFERS.items()
        for held_out in (False,) * 36 + (True,) * 20
    ]  # fmt: skip


if __name__ == "__main__":
    print(make_shop(Path(sys.argv[1]).absolute()).config)
