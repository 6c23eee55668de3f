"""What a lane has done since it started, in plain numbers: one thread counts, any may read. What can happen is there
from the start, as 0."""

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
"""What became of a tracked face in a frame. skipped: nobody looked, it was not due. refused: by the quality gate.
passed: it was good enough, and no age was wanted. estimated: its age was."""


class FaceCounts:
    """Tracked faces in frames, by what became of them; refusals by their reason, of which a face may have several."""

    def __init__(self) -> None:
        self.outcomes = Counter(dict.fromkeys(FACE_OUTCOMES, 0))
        self.refusals = Counter(dict.fromkeys(REASONS, 0))

    def add(self, faces: Faces) -> None:
        """Count the faces of one frame, as the pipeline leaves them."""
        # In plain numbers: numpy takes longer to begin than this does for the few faces of a frame.
        of_each = zip(faces.quality.tolist(), faces.age_probs[:, 0].tolist(), faces.reasons, strict=True)
        for quality, age_prob, reasons in of_each:
            self.outcomes[_became(quality, age_prob)] += 1
            for reason in reasons:
                self.refusals[reason] += 1


def _became(quality: float, age_prob: float) -> str:
    """Which of `FACE_OUTCOMES` a face had. age_prob: of any year."""
    if math.isnan(quality):
        return "skipped"
    if not quality > 0:
        return "refused"
    return "passed" if math.isnan(age_prob) else "estimated"


class AnswerCounts:
    """What was told, by decision, and once more by each of its reasons; how the tills' sales ended, and what became of
    the offers in them."""

    def __init__(self) -> None:
        self.decisions = Counter(dict.fromkeys(Decision, 0))
        self.reasons = Counter(dict.fromkeys(product(Decision, Reason), 0))
        self.sales = Counter(dict.fromkeys(get_args(Ended), 0))
        self.offers = Counter(dict.fromkeys(get_args(OfferOutcome), 0))

    def told(self, alert: Alert) -> None:
        self.decisions[alert.decision] += 1
        self.reasons.update((alert.decision, reason) for reason in alert.reasons)

    def closed(self, record: SaleRecord, offer: ResolvedOffer | None = None) -> None:
        if record.ended:
            self.sales[record.ended] += 1
        if offer:
            self.offers[offer.outcome] += 1
