"""What the cashier's screen shows: the table of docs/till-protocol.md, "What to show the cashier". Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edge.decision.policy import Decision
from edge.till.reference import fallback_prompts

if TYPE_CHECKING:
    from edge.till.messages import Alert, Offer, Text
    from edge.till.reference.sale import TillSale

ANSWER_WITHIN_S = 1.0
"""Without an alert within this time after the scan, the till itself asks for ID."""

ScreenContent = Literal["nothing", "waiting", "alert", "ask", "ask-everyone", "do-not-sell"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the cashier sees. alert: the alert whose text is shown. offer: the offer shown beside it."""

    shows: ScreenContent
    text: Text | None = None
    alert: Alert | None = None
    offer: Offer | None = None


def screen(sale: TillSale | None, *, silent: bool, clocks_agree: bool, now_s: float) -> Screen:
    """What the cashier sees now.

    sale: the open sale. silent: whether the agent is silent. clocks_agree: whether the clocks of till and agent are
    known to agree.
    """
    shown = _without_offer(sale, silent=silent, clocks_agree=clocks_agree, now_s=now_s)
    asks = shown.shows != "nothing" and not (shown.alert and shown.alert.decision is Decision.NO_CHALLENGE)
    offered = sale and sale.offer and sale.offer_outcome in ("not-shown", "shown")
    return replace(shown, offer=sale.offer) if sale and offered and not asks else shown


def _without_offer(sale: TillSale | None, *, silent: bool, clocks_agree: bool, now_s: float) -> Screen:
    if sale and sale.restricted_s is not None:
        if not sale.restricted:
            return Screen("nothing")
        if sale.forbidden_from:
            return Screen("do-not-sell", _do_not_sell(sale, sale.forbidden_from))
        if sale.check == "passed":
            return Screen("nothing")
    if silent:
        return Screen("ask-everyone", fallback_prompts.SILENT)
    if sale is None or sale.restricted_s is None:
        return Screen("nothing")
    if sale.alert and sale.alert.decision is not Decision.NO_CHALLENGE:
        expired = now_s >= sale.alert_until_s
        return Screen("ask", fallback_prompts.EXPIRED) if expired else Screen("alert", sale.alert.text, sale.alert)
    if sale.alert and sale.alert_age >= sale.strictest:
        if not clocks_agree:
            return Screen("ask", fallback_prompts.CLOCKS)
        if now_s < sale.alert_until_s:
            return Screen("alert", sale.alert.text, sale.alert)
        # It was acted on while it was on the screen; one that expired unseen has told the cashier nothing.
        return Screen("nothing") if sale.alert_seen else Screen("ask", fallback_prompts.EXPIRED)
    if now_s - sale.restricted_s < ANSWER_WITHIN_S:
        return Screen("waiting", fallback_prompts.WAITING)
    return Screen("ask", fallback_prompts.NO_ANSWER)


def _do_not_sell(sale: TillSale, forbidden_from: int) -> Text:
    if forbidden_from <= sale.lowest:
        return fallback_prompts.DO_NOT_SELL
    others_open = any(sale.outcome_for(sale.age_of(item)) is None for item in sale.restricted)
    return fallback_prompts.do_not_sell_from(forbidden_from, others_open=others_open)
