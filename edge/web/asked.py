"""What the page may ask to be changed, checked as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from edge.settings.config import Zone
from edge.till.messages import CheckOutcome

if TYPE_CHECKING:
    from edge.web.demonstration import Demonstration


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewZone(Asked):
    zone: Zone


class Scan(Asked):
    do: Literal["scan"]
    item: str


class Check(Asked):
    do: Literal["check"]
    outcome: CheckOutcome


class Close(Asked):
    do: Literal["close"]
    completed: bool


class Deed(Asked):
    """Something that the cashier does at the demonstration till."""

    deed: Scan | Check | Close

    def at(self, till: Demonstration, now_s: float) -> None:
        """Do it. Raises UsageError when it cannot be done."""
        if isinstance(self.deed, Scan):
            till.scan(self.deed.item, now_s)
        elif isinstance(self.deed, Check):
            till.check(self.deed.outcome, now_s)
        else:
            till.close(now_s, completed=self.deed.completed)
