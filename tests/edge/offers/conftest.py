"""Builders of rules, signed sheets, offer books, basket lines and ages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import pytest

from edge.decision.fusion import TrackAge
from edge.offers.book import OfferBook
from edge.offers.sheet import Rule, Sheet
from edge.offers.signature import sign
from edge.purchases.goods import Goods
from edge.purchases.restricted_words import RestrictedWords
from edge.settings.sections import OffersSettings
from edge.settings.signature import new_keys
from edge.till.messages import BasketLine, Text
from tests.edge.people import age_probs_at

EDGES = (18, 25, 35, 45, 60)
ADULTS = ("18-24", "25-34", "35-44", "45-59", "60+")
NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def rule_of(
    band: str = "45-59", *, when: str = "crackers", offer: str = "cheese", text: Text | None = None
) -> Rule:  # fmt: skip
    return Rule(
        band=band,
        when=(Goods(category=when),),
        offer=Goods(category=offer),
        text=text or Text(ru=f"Предложите: {offer}.", en=f"Offer: {offer}."),
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


def book_of(
    *rules: Rule, legal_age: int = 18, catalogue: dict[str, str] | None = None, held_out: float = 0.01,
    **settings: object,
) -> OfferBook:  # fmt: skip
    """A book that holds out hardly any sale. settings: others of the section offers."""
    # Made in 1999: the clock of lanes in tests starts in 2000.
    sheet = sheet_of(*rules, made_at=datetime(1999, 12, 31, tzinfo=timezone.utc), days=365 * 50)
    section = OffersSettings.model_validate({"held_out": held_out, **settings})
    return OfferBook(sheet, section, legal_age, RestrictedWords.of(section), catalogue or {})


def line_of(
    category: str | None, *, sku: str | None = None, quantity: float = 1, restricted: bool = False
) -> BasketLine:
    return BasketLine(sku=sku or f"sku-{category}", category=category, quantity=quantity, restricted=restricted)


def age_at(years: float, spread: float = 4.0) -> TrackAge:
    """The pooled samples of a person who looks this age."""
    return TrackAge().add(age_probs_at(years, spread), 1.0)


@dataclass(frozen=True)
class KeyFiles:
    secret: Path
    public: Path


class WriteSheet(Protocol):
    """Writes a signed sheet of these rules to a file."""

    def __call__(self, *rules: Rule, name: str = "offers.sheet", made_at: datetime = NOW, days: float = 28) -> Path: ...


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    files = KeyFiles(tmp_path / "offers.key_secret", tmp_path / "offers.key")
    new_keys(files.secret, files.public)
    return files


@pytest.fixture
def signed(tmp_path: Path, keys: KeyFiles) -> WriteSheet:
    def write(*rules: Rule, name: str = "offers.sheet", made_at: datetime = NOW, days: float = 28) -> Path:
        file = tmp_path / name
        file.write_bytes(sign(sheet_of(*rules, made_at=made_at, days=days), keys.secret))
        return file

    return write
