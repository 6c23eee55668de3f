"""The lane's operating point: its gate, its limits, and who passes or is asked there, on each source of photos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Threshold
from edge.decision.policy import Limit
from edge.settings.sections import PolicySettings
from train.card.breakdowns import all_and_sources, challenge
from train.card.facts import GateSetting, OperatingPoint, OperatingRates
from train.card.gate import GATE_LIMITS
from train.pictures import Pictures

RISKS_SHOWN = (0.02, 0.05, 0.10)
"""The stated risks that the card has rates for."""


@dataclass(frozen=True)
class JudgedPhotos:
    """Photos whose faces pass the quality gate, and their calibrated age probabilities (N, 101). set_limits: whether
    the limits were measured on them."""

    pictures: Pictures
    age_probs: NDArray[np.floating]
    set_limits: bool


def counted(pictures: Pictures) -> NDArray[np.bool_]:
    """bool (N,): the photos that the rates count, of 13-17-year-olds and of 25-40-year-olds."""
    youngest, oldest = pictures.ages.T
    return np.asarray(((youngest >= 13) & (oldest <= 17)) | ((youngest >= 25) & (oldest <= 40)))


def operating_point(
    thresholds: Sequence[Threshold], judged: Iterable[JudgedPhotos], further: int = 0
) -> OperatingPoint:
    """The lane's operating point. A risk that there is no limit for has no rates. further: see `OperatingPoint`."""
    limits = {each.risk: each for each in thresholds if each.legal_age == 18 and each.risk in RISKS_SHOWN}
    rates = [
        OperatingRates(
            risk=risk,
            photos=name,
            set_limits=photos.set_limits,
            rates=challenge(
                Limit(18, limits[risk].max_p_under_legal, limits[risk].challenge_age),
                photos.age_probs[rows],
                photos.pictures.ages[rows],
            ),
        )
        for photos in judged
        for name, rows in all_and_sources(photos.pictures).items()
        for risk in sorted(limits)
    ]
    gate = tuple(
        GateSetting(setting=f"quality.{each.setting}", limit=each.value, reason=each.reason)
        for each in GATE_LIMITS
        if each.value is not None
    )
    return OperatingPoint(gate=gate, samples=PolicySettings().min_looks, rates=tuple(rates), further=further)
