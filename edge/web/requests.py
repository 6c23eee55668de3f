"""The requests of the page that change something, validated as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.settings.sections import PictureSettings, Zone
from edge.till.messages import CheckOutcome
from edge.till.reference.scenario import ScanStep

if TYPE_CHECKING:
    from edge.web.demonstration import Demonstration


class PageRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SettingsRequest(PageRequest):
    """by: who changes the settings, as that person said; empty if not."""

    by: Annotated[str, Field(max_length=200)] = ""


class NewZone(SettingsRequest):
    zone: Zone


class NewPicture(SettingsRequest):
    picture: PictureSettings


class CheckAction(PageRequest):
    do: Literal["check"]
    outcome: CheckOutcome


class CloseAction(PageRequest):
    do: Literal["close"]
    completed: bool


class TillAction(PageRequest):
    """An action of the cashier at the demonstration till."""

    action: Annotated[ScanStep | CheckAction | CloseAction, Field(discriminator="do")]

    def apply(self, till: Demonstration, now_s: float) -> None:
        """Perform the action. Raises UsageError when it is not possible now."""
        if isinstance(self.action, ScanStep):
            till.scan(self.action.item, now_s)
        elif isinstance(self.action, CheckAction):
            till.check(self.action.outcome, now_s)
        else:
            till.close(now_s, completed=self.action.completed)
