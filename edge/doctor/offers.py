"""Check of the signed sheet of offers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.errors import EdgeError
from edge.language.words import words
from edge.offers.load import read_book, summary

if TYPE_CHECKING:
    from edge.doctor.targets import LaneTarget

_SIGN = words(
    "on the machine with the secret key, run edge-agent offers sign RULES --key "
    "offers.key_secret; copy offers.sheet to {sheet}; then sudo systemctl reload edge-agent; "
    "{key} must be the offers.key made together with that secret key"
)
_INSTALL = words("pip install 'edge-agent[insights]'")
_SOON = timedelta(days=3)


@check("offers", "If offers are on, is the sheet of offers signed, valid and not about to expire?", _SIGN, _INSTALL)
def offers(lane: LaneTarget) -> Finding:
    settings = lane.settings
    if not settings.offers.enabled:
        return ok(words("off (offers.enabled)"))
    paths = {"sheet": settings.offers.sheet, "key": settings.offers.key}
    now = datetime.now(timezone.utc)
    try:
        book = read_book(settings, now)
    except ModuleNotFoundError as missing:
        return problem(words("{name} is not installed: the lane makes no offers", name=missing.name), _INSTALL)
    except EdgeError as error:
        return problem(words("the lane makes no offers: {error}", error=error), _SIGN, **paths)
    if not book.rules or book.sheet.expires_at - now < _SOON:
        return warning(summary(book), _SIGN, **paths)
    return ok(summary(book))
