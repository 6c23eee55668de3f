"""An attendant, or a display, of one or more lanes: finds the lane of each till. One connection for each lane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.words import words
from edge.till.reference.live import SeveralConnections
from edge.till.reference.scenario import CheckStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.till.reference.attendant import AttendantSession
    from edge.till.reference.live import LiveTill
    from edge.till.reference.scenario import ScriptStep


class Attendant:
    """Performs the actions of a script for an attendant."""

    def __init__(self, lanes: Sequence[tuple[AttendantSession, LiveTill]]) -> None:
        """lanes: the session and the connection of each lane."""
        self._lanes = lanes
        self.connection = SeveralConnections([till for _, till in lanes])

    @property
    def actions(self) -> int:
        return sum(session.cashier_actions for session, _ in self._lanes)

    def perform(self, step: ScriptStep) -> None:
        if not isinstance(step, CheckStep) or step.sale != "open":
            line = step.model_dump_json(exclude_defaults=True)
            raise UsageError(words("{line} is for a till: an attendant only checks IDs", line=line))
        session, connection, till = self._lane_of(step.till)
        check = session.check(step.outcome, time.monotonic(), till=till, sale_id=step.sale_id, **step.how)
        connection.perform(check)

    def _lane_of(self, till: str | None) -> tuple[AttendantSession, LiveTill, str]:
        """The lane of a till, and the till's name. till: TILL or LANE/TILL; None if there is only one alert."""
        lane, _, name = (till or "").rpartition("/")
        lanes = [pair for pair in self._lanes if lane in ("", pair[0].lane)]
        alerts = [(pair, at) for pair in lanes for at in pair[0].sales if name in ("", at)]
        if len(alerts) == 1:
            (session, connection), at = alerts[0]
            return session, connection, at
        if not alerts and name and len(lanes) == 1:
            # Its sale may be named.
            return *lanes[0], name
        names = ", ".join(f"{session.lane}/{at}" for (session, _), at in alerts) or words("none")
        raise UsageError(words("name the till of one alert: there are {names}", names=names))
