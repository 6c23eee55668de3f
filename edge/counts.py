"""What a lane has done since it started, in plain numbers: one thread counts, any may read. What can happen is there
from the start, as 0."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, get_args

import numpy as np

from edge.offers.book import Became, Outcome
from edge.policy import Decision, Reason
from edge.quality import REASONS
from edge.records import Ended

if TYPE_CHECKING:
    from edge.faces import Faces
    from edge.records import SaleRecord
    from edge.till.messages import Alert

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
        if not len(faces):
            return
        looked, passed, estimated = (
            int(np.count_nonzero(rows))
            for rows in (~np.isnan(faces.quality), faces.usable, ~np.isnan(faces.age_probs[:, 0]))
        )
        became = (len(faces) - looked, looked - passed, passed - estimated, estimated)
        for outcome, number in zip(FACE_OUTCOMES, became, strict=True):
            self.outcomes[outcome] += number
        for reasons in faces.reasons:
            self.refusals.update(reasons)


class AnswerCounts:
    """What was told, by decision, and once more by each of its reasons; how the tills' sales ended, and what became of
    the offers in them."""

    def __init__(self) -> None:
        self.decisions = Counter(dict.fromkeys(Decision, 0))
        self.reasons = Counter(dict.fromkeys(product(Decision, Reason), 0))
        self.sales = Counter(dict.fromkeys(get_args(Ended), 0))
        self.offers = Counter(dict.fromkeys(get_args(Outcome), 0))

    def told(self, alert: Alert) -> None:
        self.decisions[alert.decision] += 1
        self.reasons.update((alert.decision, reason) for reason in alert.reasons)

    def closed(self, record: SaleRecord, offer: Became | None = None) -> None:
        if record.ended:
            self.sales[record.ended] += 1
        if offer:
            self.offers[offer.outcome] += 1
