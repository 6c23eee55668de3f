"""Error figures with confidence intervals, as pure functions of predicted and known ages in years."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from edge.language.words import words
from edge.reports.shares import wilson_interval

RESAMPLES = 1000

FEWEST_TO_STATE = 30
"""Figures from fewer photos are neither drawn nor written: their intervals say nothing."""

FEWER = words("fewer than {n}", n=FEWEST_TO_STATE)
"""What a table says instead."""

_Floats = NDArray[np.floating]


class Fact(BaseModel):
    """Base of the models in card.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasuredError(Fact):
    """The error on a group of photos: mean distance in years from the known age (0 inside a band), the mean of the
    signed distance, and the share of photos within 5 years; each with its 95 % interval, [low, high]. Studies of
    earlier versions have no intervals of the bias and the share."""

    pictures: int
    mean_error_years: float
    low: float
    high: float
    bias_years: float
    bias_interval: tuple[float, float] | None = None
    within_5_years: float
    within_5_interval: tuple[float, float] | None = None

    @property
    def enough(self) -> bool:
        """Whether there are enough photos to state the error."""
        return self.pictures >= FEWEST_TO_STATE


class MeasuredShare(Fact):
    """A share of photos, with the 95 % Wilson interval."""

    hits: int
    trials: int
    share: float
    low: float
    high: float

    @property
    def enough(self) -> bool:
        """Whether there are enough photos to state the share."""
        return self.trials >= FEWEST_TO_STATE


def signed_years_outside(ages: _Floats, known: _Floats) -> _Floats:
    """float (N,): by how many years ages (N,) are above (positive) or below the known range (N, 2); 0 inside."""
    return np.maximum(ages - known[:, 1], 0) - np.maximum(known[:, 0] - ages, 0)


def error(ages: _Floats, known: _Floats) -> MeasuredError | None:
    """The error of predicted ages (N,) against known ages (N, 2); None without photos."""
    if not len(ages):
        return None
    signed = signed_years_outside(ages, known)
    low, high = bootstrap(np.abs(signed))
    within = share(np.abs(signed) <= 5)
    return MeasuredError(
        pictures=len(ages),
        mean_error_years=_rounded(np.abs(signed).mean()),
        low=low,
        high=high,
        bias_years=_rounded(signed.mean()),
        bias_interval=bootstrap(signed),
        within_5_years=within.share,
        within_5_interval=(within.low, within.high),
    )


def bootstrap(values: _Floats, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of `values`, from resampled photos (Efron 1979)."""
    random = np.random.default_rng(seed)
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return _rounded(low), _rounded(high)


def difference_interval(ages: _Floats, other_ages: _Floats, known: _Floats) -> tuple[float, float]:
    """The 95 % interval of the difference of two mean errors on the same photos.

    ages, other_ages: (N,) predicted years. known: (N, 2) youngest and oldest possible age.
    """
    return bootstrap(np.abs(signed_years_outside(ages, known)) - np.abs(signed_years_outside(other_ages, known)))


def share(happened: NDArray[np.bool_]) -> MeasuredShare:
    """The share of True in bool (N,)."""
    hits, trials = int(happened.sum()), len(happened)
    low, high = wilson_interval(hits, trials)
    return MeasuredShare(
        hits=hits, trials=trials, share=_rounded(hits / trials if trials else 0), low=_rounded(low), high=_rounded(high)
    )


def coverage(age_probs: _Floats, known: _Floats, stated: float) -> MeasuredShare:
    """Share of exactly known ages inside the central interval of probability `stated`.

    Ages are whole years: the interval goes from the year of the quantile (1 - stated) / 2 to the year of the quantile
    (1 + stated) / 2, both included.
    """
    exact = known[:, 0] == known[:, 1]
    cumulated = age_probs[exact].cumsum(axis=1)
    low = (cumulated < (1 - stated) / 2).sum(axis=1)
    high = (cumulated < (1 + stated) / 2).sum(axis=1)
    age = np.round(known[exact, 0])
    return share((low <= age) & (age <= high))


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
