"""The sheet of offers from its file to the lane; without one that is all right, the lane goes on without offers."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.errors import EdgeError
from edge.offers.book import OfferBook
from edge.offers.sheet import refuse_forbidden
from edge.purchases.catalogue import load_catalogue

if TYPE_CHECKING:
    from edge.settings.config import Settings

log = logging.getLogger(__name__)


def load_offers(settings: Settings) -> OfferBook | None:
    """None without offers; where the sheet is not what it should be, the log says why. Safe from any thread."""
    # A reload may bring offers to a lane that keeps purchases only after its next start.
    if not (settings.offers.enabled and settings.insights.enabled):
        return None
    try:
        book = read_book(settings, datetime.now(timezone.utc))
    except ModuleNotFoundError as problem:
        why = f"{problem.name} is not installed: pip install 'edge-agent[insights]'"
    except EdgeError as problem:
        why = str(problem)
    else:
        log.info("lane %s: %s", settings.lane, in_words(book))
        return book
    log.warning("lane %s makes no offers: %s", settings.lane, why)
    return None


def read_book(settings: Settings, now: datetime) -> OfferBook:
    """The offers of a lane. now: in UTC. Raises EdgeError, one line, for a sheet, a key or a catalogue that is not all
    right, and ModuleNotFoundError without the extra `insights`."""
    from edge.offers.signature import read_sheet

    offers, legal_age = settings.offers, settings.policy.legal_age
    assert offers.sheet
    assert offers.key
    sheet = read_sheet(offers.sheet, offers.key, now)
    refuse_forbidden(sheet, legal_age)
    return OfferBook(sheet, offers, legal_age, load_catalogue(settings.insights.catalogue))


def in_words(book: OfferBook) -> str:
    """How many offers there are, and for how long."""
    usable, all_rules = len(book.rules), len(book.sheet.rules)
    count = f"{usable} offer{'' if usable == 1 else 's'}"
    excluded = f" ({all_rules - usable} more are excluded)" if usable < all_rules else ""
    return f"{count}{excluded} until {book.sheet.expires_at:%Y-%m-%d %H:%M} UTC"
