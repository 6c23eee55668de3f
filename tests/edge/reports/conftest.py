"""Restricted sales, state folders with audit logs, simulated shops, and another time zone."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from edge.bench.chain import MODEL_WIDTH_YEARS, customers_by_age
from edge.decision.policy import Decision, Reason
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.records import AlertRecord, CheckRecord, Ended, SaleRecord
from edge.reports.baskets.evidence import BandEvidence
from edge.reports.command import report
from edge.till.messages import AgeInterval, CheckOutcome
from edge.vision.faces import AGES
from tests.edge.purchases.conftest import EDGES, NOON, edges, filed, noon

__all__ = ["edges", "filed", "noon"]

Array = NDArray[np.float64]

_REASONS = {
    Decision.CHALLENGE: Reason.LOOKS_YOUNG,
    Decision.NO_CHALLENGE: Reason.LOOKS_OLDER,
    Decision.UNKNOWN: Reason.NO_FACE,
}
_numbers = count(1)


def check_of(
    outcome: CheckOutcome = "passed", by: str | None = "anna", at: datetime = NOON + timedelta(seconds=30),
    till: str = "till-1", **others: Any,
) -> CheckRecord:  # fmt: skip
    """A reported check. others: more fields of the record."""
    return CheckRecord(outcome=outcome, cashier_id=by, at=at, till=till, **others)


def sale_of(
    cashier: str | None = "anna",
    decision: Decision | None = Decision.CHALLENGE,
    check: CheckOutcome | None = None,
    ended: Ended = "completed",
    opened_at: datetime = NOON,
    lane: str = "lane-1",
    **others: Any,
) -> SaleRecord:
    """A sale of beer. cashier: who closed it and made the check. decision: None if the till got no answer. others: more
    fields of the record."""
    number = next(_numbers)
    age = None if decision is Decision.UNKNOWN else AgeInterval(mean=21.6, low=16.5, high=27.4)
    alert = decision and AlertRecord(
        alert_id=f"alert-{number}", decision=decision, reasons=(_REASONS[decision],), age=age, p_under_legal=0.2,
        threshold=25, samples=7, issued_at=opened_at, received_at=opened_at, legal_age=18,
    )  # fmt: skip
    fields = {
        "sale_id": f"sale-{number}", "lane": lane, "till": "till-1", "opened_at": opened_at, "model": "0123456789ab",
        "config": "ba98", "restricted": ({"minimum_age": 18},), "restricted_at": opened_at + timedelta(seconds=10),
        "alerts": (alert,) if alert else (), "closed_by": cashier, "closed_at": opened_at + timedelta(minutes=1),
        "checks": (check_of(check, cashier, opened_at + timedelta(seconds=30)),) if check else (), "ended": ended,
    }  # fmt: skip
    return SaleRecord.model_validate(fields | others)


class OlderRecord(SaleRecord):
    """A sale as the version before wrote it: with one check, and one cashier who may have made it."""

    def model_dump_json(self, **_: Any) -> str:
        kept = {
            "sale_id",
            "lane",
            "till",
            "opened_at",
            "model",
            "config",
            "restricted_at",
            "alerts",
            "closed_at",
            "ended",
        }
        fields = self.model_dump(mode="json", include=kept)
        for alert in fields["alerts"]:
            del alert["legal_age"]
        checked_at = self.last_check.model_dump(mode="json")["at"] if self.last_check else None
        return json.dumps(fields | {"check": self.check, "checked_at": checked_at, "cashier_id": self.cashier_id})


def of_older_version(sale: SaleRecord) -> OlderRecord:
    return OlderRecord.model_validate(sale.model_dump())


def recent_sale(cashier: str | None = "anna", check: CheckOutcome | None = None, lane: str = "lane-1") -> SaleRecord:
    """A sale that was opened a minute ago."""
    return sale_of(cashier, check=check, lane=lane, opened_at=datetime.now(timezone.utc) - timedelta(minutes=1))


class MakeFolder(Protocol):
    """Makes the state folder of a lane with these sales in its audit log. lane: name of the folder."""

    def __call__(self, *sales: SaleRecord, lane: str = "lane") -> Path: ...


class RunReport(Protocol):
    """Runs a report and returns what it prints on stdout."""

    def __call__(self, *words: object) -> str: ...


@pytest.fixture
def state_folder(tmp_path: Path) -> MakeFolder:
    def make(*sales: SaleRecord, lane: str = "lane") -> Path:
        folder = tmp_path / lane
        with closing(Database(folder)) as database:
            for sale in sales:
                Audit(database).append(sale, 0.0)
        return folder

    return make


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> RunReport:
    def run(*words: object) -> str:
        report([str(word) for word in words])
        return capsys.readouterr().out

    return run


@pytest.fixture
def box(state_folder: MakeFolder, tmp_path: Path) -> tuple[Path, Path, Path]:
    """The settings file of a box with two lanes, and their state folders, with one and two sales."""
    wine = state_folder(recent_sale("anna", lane="wine"))
    beer = state_folder(*(recent_sale("boris", lane="beer") for _ in range(2)), lane="two")
    config = tmp_path / "box.toml"
    config.write_text(
        f'[[lane]]\nname = "wine"\nstate_dir = "{wine}"\ntill.reliable = "ipc:///a"\ntill.live = "ipc:///b"\n'
        f'[[lane]]\nname = "beer"\nstate_dir = "{beer}"\ntill.reliable = "ipc:///c"\ntill.live = "ipc:///d"\n',
        encoding="utf-8",
    )
    return config, wine, beer


def tamper(folder: Path, number: int) -> None:
    """Change the cashier in a record, as somebody with a database program could. The first sale is number 2."""
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        database.execute("UPDATE audit SET record = replace(record, 'anna', 'boris') WHERE number = ?", (number,))


@dataclass(frozen=True)
class Customers:
    """bands: int (N,), the true ones. probs: float64 (N, B), estimated by the age model."""

    bands: NDArray[np.int64]
    probs: Array

    @property
    def evidence(self) -> BandEvidence:
        p = self.probs
        return BandEvidence(np.einsum("si,sj,sk,sl->ijkl", p, p, p, p, optimize=True))


@dataclass(frozen=True)
class SimulatedShop:
    """A simulated shop: customers' true ages and what they buy are known."""

    chance: np.random.Generator

    @property
    def ages(self) -> Array:
        """float64 (101,): the share of each age among the customers."""
        return customers_by_age()

    @property
    def shares(self) -> Array:
        """float64 (6,): the share of each band among the customers."""
        return np.bincount(_band_of(np.arange(AGES)), self.ages).astype(np.float64)

    def customers(self, number: int, assumed_ages: Array | None = None) -> Customers:
        """assumed_ages: the distribution of ages that the age model assumes; the true one by default."""
        ages = self.chance.choice(AGES, number, p=self.ages)
        seen = ages + self.chance.normal(0, MODEL_WIDTH_YEARS, number)
        fit = np.exp(-(((seen[:, None] - np.arange(AGES)) / MODEL_WIDTH_YEARS) ** 2) / 2)
        by_age = fit * (self.ages if assumed_ages is None else assumed_ages)
        by_band = np.stack([by_age[:, _band_of(np.arange(AGES)) == band].sum(axis=1) for band in range(6)], axis=1)
        return Customers(_band_of(ages), by_band / by_band.sum(axis=1, keepdims=True))

    def buys(self, customers: Customers, shares: Array) -> NDArray[np.bool_]:
        """bool (N,): which customers buy the goods. shares: float64 (6,), of each band's customers who buy them."""
        return np.asarray(self.chance.random(len(customers.bands)) < shares[customers.bands])


def _band_of(ages: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(EDGES, ages, side="right").astype(np.int64)


def simulated_shop(seed: int = 0) -> SimulatedShop:
    """A simulated shop; the same seed gives the same customers."""
    return SimulatedShop(np.random.default_rng(seed))


def evidence_of(probs: ArrayLike) -> BandEvidence:
    """The evidence of customers with these probabilities, (N, B)."""
    return Customers(np.zeros(0, np.int64), np.asarray(probs, np.float64)).evidence


@pytest.fixture
def in_moscow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time zone is Moscow: UTC+3 all year."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "MSK-3")
        time.tzset()
        yield
    time.tzset()
