"""Counts of a lane since its start. One thread counts, any thread may read. Every series starts at 0."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, get_args

from edge.decision.policy import Decision, Reason
from edge.offers.book import OfferOutcome, ResolvedOffer
from edge.records.records import Ended
from edge.vision.quality import REASONS

if TYPE_CHECKING:
    from edge.records.records import SaleRecord
    from edge.till.messages import Alert
    from edge.vision.faces import Faces

FACE_OUTCOMES = ("skipped", "refused", "passed", "estimated")
"""What happened to a tracked face in a frame. skipped: it was not sampled. refused: the quality gate rejected it.
passed: the quality gate passed it, and no age was estimated. estimated: its age was estimated."""


class FaceCounts:
    """Tracked faces in frames by outcome, and rejected ones by reason. A face may have several reasons."""

    def __init__(self) -> None:
        self.outcomes = Counter(dict.fromkeys(FACE_OUTCOMES, 0))
        self.rejections = Counter(dict.fromkeys(REASONS, 0))

    def add(self, faces: Faces) -> None:
        """Count the faces of one frame after the pipeline."""
        # Plain numbers: for the few faces of a frame, numpy's overhead is larger than the work.
        rows = zip(faces.quality.tolist(), faces.age_probs[:, 0].tolist(), faces.reasons, strict=True)
        for quality, age_prob, reasons in rows:
            self.outcomes[_face_outcome(quality, age_prob)] += 1
            for reason in reasons:
                self.rejections[reason] += 1


def _face_outcome(quality: float, age_prob: float) -> str:
    """One of `FACE_OUTCOMES`. age_prob: of any year, NaN when no age was estimated."""
    if math.isnan(quality):
        return "skipped"
    if not quality > 0:
        return "refused"
    return "passed" if math.isnan(age_prob) else "estimated"


class AnswerCounts:
    """Alerts by decision and by (decision, reason); closed sales of tills by how they ended; offers by outcome."""

    def __init__(self) -> None:
        self.decisions = Counter(dict.fromkeys(Decision, 0))
        self.reasons = Counter(dict.fromkeys(product(Decision, Reason), 0))
        self.sales = Counter(dict.fromkeys(get_args(Ended), 0))
        self.offers = Counter(dict.fromkeys(get_args(OfferOutcome), 0))

    @property
    def closed(self) -> int:
        """Sales that their tills have closed."""
        return sum(number for ended, number in self.sales.items() if ended not in ("abandoned", "suspended"))

    def count_alert(self, alert: Alert) -> None:
        """Count an alert of a real sale."""
        if alert.training:
            return
        self.decisions[alert.decision] += 1
        self.reasons.update((alert.decision, reason) for reason in alert.reasons if isinstance(reason, Reason))

    def count_sale(self, record: SaleRecord, offer: ResolvedOffer | None = None) -> None:
        """Count a closed sale, and its offer if it had one. An exercise is not counted, and a revised record repeats a
        sale that was counted."""
        if record.training or record.revision:
            return
        if record.ended:
            self.sales[record.ended] += 1
        if offer:
            self.offers[offer.outcome] += 1
