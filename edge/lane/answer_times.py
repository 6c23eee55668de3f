"""Measures how long it takes until a till has its answer. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.decision.policy import Reason
from edge.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Collection

    from edge.records.records import SaleRecord
    from edge.till.messages import Alert


class AnswerTimes:
    """Two times up to a till's confirmation: `scan to ack` from the scan, first alerts of a sale only; `grab to ack`
    from the last frame, unless the camera was lost. Times are those of the frames' clock."""

    def __init__(self) -> None:
        self.timings = Timings()
        self._since_s: dict[str, dict[str, float]] = {}

    def alert_sent(self, alert: Alert, record: SaleRecord | None, now_s: float) -> None:
        """Start measuring. record: of the sale that a till has open; alerts of other sales are ignored."""
        if not record or record.sale_id != alert.sale_id:
            return
        since_s = self._since_s[alert.alert_id] = {}
        if record.restricted_at and len(record.alerts) == 1:
            # Not below 0: the clock may have been set in between.
            since_s["scan to ack"] = now_s - max(0.0, (alert.issued_at - record.restricted_at).total_seconds())
        if alert.grab_to_alert_ms is not None and Reason.CAMERA_LOST not in alert.reasons:
            since_s["grab to ack"] = now_s - alert.grab_to_alert_ms / 1000

    def alert_confirmed(self, alert_id: str, now_s: float) -> None:
        """Its till has confirmed an alert."""
        for span, since_s in self._since_s.pop(alert_id, {}).items():
            self.timings.add(span, (now_s - since_s) * 1000)

    def keep_only(self, alert_ids: Collection[str]) -> None:
        """Stop measuring all alerts but these."""
        self._since_s = {alert_id: since_s for alert_id, since_s in self._since_s.items() if alert_id in alert_ids}
