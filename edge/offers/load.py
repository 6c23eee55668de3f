"""Loads the signed sheet of offers for a lane. A lane whose sheet cannot be used makes no offers."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.errors import EdgeError
from edge.language.words import Words, counted, verbatim, words
from edge.offers.book import OfferBook
from edge.offers.sheet import reject_forbidden
from edge.purchases.catalogue import load_catalogue

if TYPE_CHECKING:
    from edge.settings.config import Settings

log = logging.getLogger(__name__)


def load_offers(settings: Settings) -> OfferBook | None:
    """The offers of a lane; None if they are off or the sheet cannot be used, which is logged. Safe from any thread."""
    # Offers need a lane that keeps purchases. A reload may turn both on, but purchases start only after a restart.
    if not (settings.offers.enabled and settings.insights.enabled):
        return None
    lane = {"lane": settings.lane}
    try:
        book = read_book(settings, None)
    except ModuleNotFoundError as problem:
        why = words("{name} is not installed: pip install 'edge-agent[insights]'", name=problem.name)
    except EdgeError as problem:
        why = verbatim(problem)
    else:
        log.info("%s", summary(book), extra=lane)
        # The box's clock may be wrong now, so the sheet is kept: it is used while it is valid.
        if book.sheet.expired(datetime.now(timezone.utc)):
            log.warning("no offers: the sheet has expired by the box's clock: sign a new one", extra=lane)
        return book
    log.warning("no offers: %s", why, extra=lane)
    return None


def read_book(settings: Settings, now: datetime | None) -> OfferBook:
    """The offers of a lane. now: in UTC; None to read a sheet that has expired, too. Raises EdgeError, one line, for a
    sheet, key or catalogue that cannot be used, and ModuleNotFoundError without the extra `insights`."""
    from edge.offers.signature import read_sheet
    from edge.purchases.restricted_words import RestrictedWords

    offers, legal_age = settings.offers, settings.policy.legal_age
    assert offers.sheet
    assert offers.key
    sheet = read_sheet(offers.sheet, offers.key, now)
    restricted = RestrictedWords.of(offers)
    reject_forbidden(sheet, legal_age, restricted)
    return OfferBook(sheet, offers, legal_age, restricted, load_catalogue(settings.insights.catalogue))


def summary(book: OfferBook) -> Words:
    """How many offers there are, and until when: `5 offers (1 more is excluded) until 2026-12-24 12:00 UTC`."""
    usable, all_rules = len(book.rules), len(book.sheet.rules)
    offers = counted("{n} offer", "{n} offers", usable)
    if more := all_rules - usable:
        excluded = counted("{n} more is excluded", "{n} more are excluded", more)
        offers = words("{offers} ({excluded})", offers=offers, excluded=excluded)
    return words("{offers} until {at:%Y-%m-%d %H:%M} UTC", offers=offers, at=book.sheet.expires_at)
