"""What the page may ask to be changed, checked as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from edge.settings.sections import Zone
from edge.till.messages import CheckOutcome

if TYPE_CHECKING:
    from edge.web.demonstration import Demonstration


class PageRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewZone(PageRequest):
    zone: Zone


class ScanAction(PageRequest):
    do: Literal["scan"]
    item: str


class CheckAction(PageRequest):
    do: Literal["check"]
    outcome: CheckOutcome


class CloseAction(PageRequest):
    do: Literal["close"]
    completed: bool


class TillAction(PageRequest):
    """Something that the cashier does at the demonstration till."""

    deed: ScanAction | CheckAction | CloseAction

    def at(self, till: Demonstration, now_s: float) -> None:
        """Do it. Raises UsageError when it cannot be done."""
        if isinstance(self.deed, ScanAction):
            till.scan(self.deed.item, now_s)
        elif isinstance(self.deed, CheckAction):
            till.check(self.deed.outcome, now_s)
        else:
            till.close(now_s, completed=self.deed.completed)
