"""Builders of rules, signed sheets and offer books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge
from edge.offers.book import OfferBook
from edge.offers.sheet import Rule, Sheet
from edge.offers.signature import new_keys, sign
from edge.purchases.goods import Goods
from edge.settings.sections import OffersSettings
from edge.till.messages import BasketLine, Text

EDGES = (18, 25, 35, 45, 60)
ADULTS = ("18-24", "25-34", "35-44", "45-59", "60+")
NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def rule_of(band: str = "45-59", *, when: str = "crackers", offer: str = "cheese") -> Rule:
    return Rule(
        band=band,
        when=(Goods(category=when),),
        offer=Goods(category=offer),
        text=Text(ru=f"Предложите: {offer}.", en=f"Offer: {offer}."),
    )


def sheet_of(*rules: Rule, made_at: datetime = NOW, days: float = 28) -> Sheet:
    """By default, customers of every adult band with crackers are offered cheese."""
    return Sheet(
        bands=EDGES,
        rules=rules or tuple(map(rule_of, ADULTS)),
        made_at=made_at,
        expires_at=made_at + timedelta(days=days),
        held_out_key="00112233445566778899aabbccddeeff",
    )


def book_of(*rules: Rule, legal_age: int = 18, catalogue: dict[str, str] | None = None, **settings: Any) -> OfferBook:
    """A book that holds out hardly any sale."""
    # Made in 1999: the clock of lanes in tests starts in 2000.
    sheet = sheet_of(*rules, made_at=datetime(1999, 12, 31, tzinfo=timezone.utc), days=365 * 50)
    return OfferBook(sheet, OffersSettings(**{"held_out": 0.01, **settings}), legal_age, catalogue or {})


def line_of(category: str | None, **more: Any) -> BasketLine:
    return BasketLine(**{"sku": f"one-{category}", "category": category, **more})


@pytest.fixture(scope="session")
def rule() -> Callable[..., Rule]:
    return rule_of


@pytest.fixture(scope="session")
def sheet() -> Callable[..., Sheet]:
    return sheet_of


@pytest.fixture(scope="session")
def book() -> Callable[..., OfferBook]:
    return book_of


@pytest.fixture(scope="session")
def line() -> Callable[..., BasketLine]:
    return line_of


@pytest.fixture(scope="session")
def aged(age_probs_at: Callable[..., NDArray[np.float32]]) -> Callable[..., TrackAge]:
    """The pooled samples of a person who looks this age."""
    return lambda years, spread=4.0: TrackAge().add(age_probs_at(years, spread), 1.0)


@dataclass(frozen=True)
class Keys:
    secret: Path
    public: Path


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    made = Keys(tmp_path / "offers.key_secret", tmp_path / "offers.key")
    new_keys(made.secret, made.public)
    return made


@pytest.fixture
def signed(tmp_path: Path, keys: Keys) -> Callable[..., Path]:
    """Writes a signed sheet of these rules to a file."""

    def write(*rules: Rule, name: str = "offers.sheet", **sheet: Any) -> Path:
        file = tmp_path / name
        file.write_bytes(sign(sheet_of(*rules, **sheet), keys.secret))
        return file

    return write
