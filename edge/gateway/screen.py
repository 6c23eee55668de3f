"""What a till that speaks HTTP is told to show, and how its agent is, as they are in answers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.till.messages import Text
from edge.till.reference.screen import ScreenContent

if TYPE_CHECKING:
    from edge.till.reference.sale import TillSale
    from edge.till.reference.screen import Screen


class CashierScreen(BaseModel):
    """What the till should show its cashier now, by the table in docs/till-protocol.md, "What to show the cashier"."""

    model_config = ConfigDict(frozen=True)

    shows: ScreenContent = Field(
        description="`nothing`; `waiting` for a decision; `alert`: the text of the alert; `ask` for ID; `ask-everyone` "
        "for ID, because the agent is silent; `do-not-sell`. Treat one that you do not know as `ask`"
    )
    text: Text | None = Field(None, description="the prompt for the cashier; null when there is none to show")
    sale_id: str | None = Field(None, description="the sale that it is about; null when none is open")
    alert_id: str | None = Field(None, description="the alert whose text is shown")
    decision: str | None = Field(None, description="the decision of that alert")
    offer: Text | None = Field(None, description="an offer to show beside it")


class AgentState(BaseModel):
    """How the agent of the till's lane is."""

    model_config = ConfigDict(frozen=True)

    state: Literal["ok", "degraded", "silent", "unknown"] = Field(
        description="`silent`: nothing came from it for 3 s, so ask everyone for ID; `unknown`: the gateway has just "
        "started; `degraded`: it has `problems`"
    )
    lane: str | None = None
    problems: tuple[str, ...] = ()
    clocks_agree: bool | None = Field(None, description="whether its clock and the gateway's agree; null while unknown")


class Status(BaseModel):
    """What the cashier should see, and how the agent is."""

    model_config = ConfigDict(frozen=True)

    screen: CashierScreen
    agent: AgentState

    @property
    def mark(self) -> str:
        """Eight hex digits that change when anything changes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


def screen_of(shown: Screen, sale: TillSale | None) -> CashierScreen:
    """A screen of the reference till, as it is in answers."""
    return CashierScreen(
        shows=shown.shows,
        text=shown.text,
        sale_id=sale.sale_id if sale else None,
        alert_id=shown.alert.alert_id if shown.alert else None,
        decision=shown.alert.decision.value if shown.alert else None,
        offer=shown.offer.text if shown.offer else None,
    )
