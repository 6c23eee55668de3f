"""Check of the sheet of offers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.errors import EdgeError
from edge.offers.load import in_words, read_book

if TYPE_CHECKING:
    from edge.doctor.targets import LaneSide

_SIGN = (
    "where the secret key is, run edge-agent offers sign RULES --key offers.key_secret, copy offers.sheet to {sheet}, "
    "and run sudo systemctl reload edge-agent; {key} must be the offers.key that was made with the secret one"
)
_INSTALL = "pip install 'edge-agent[insights]'"
_SOON = timedelta(days=3)


@check("offers", "Is there a sheet of offers that is signed and good, if the shop wants offers?", _SIGN, _INSTALL)
def offers(lane: LaneSide) -> Finding:
    settings = lane.settings
    if not settings.offers.enabled:
        return ok("off (offers.enabled)")
    places = {"sheet": settings.offers.sheet, "key": settings.offers.key}
    now = datetime.now(timezone.utc)
    try:
        book = read_book(settings, now)
    except ModuleNotFoundError as missing:
        return problem(f"{missing.name} is not installed, so that no offers are made", _INSTALL)
    except EdgeError as told:
        return problem(f"no offers are made: {told}", _SIGN, **places)
    if not book.rules or book.sheet.expires_at - now < _SOON:
        return warning(in_words(book), _SIGN, **places)
    return ok(in_words(book))
