"""When the customers of each age band come: by week, and by hour of the day. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from edge.reports.baskets.evidence import groups_of_at_least, membership
from edge.reports.shares import FEWEST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime, tzinfo

    from numpy.typing import NDArray

    from edge.reports.baskets.sums import Sums
    from edge.reports.period import Period

_Key = TypeVar("_Key")

Counts = tuple[float | None, ...]
"""Customers of each band; None where there are too few to show."""


@dataclass(frozen=True, slots=True)
class Visits:
    """weeks: by the Monday on which they begin, whole ones with enough sales. hours: by hour of the day, those with
    enough sales. fewest: the least number of sales of a week or an hour that is shown."""

    weeks: Mapping[date, Counts]
    hours: Mapping[int, Counts]
    fewest: int


def visits(sums: Sums, period: Period, min_customers: int, zone: tzinfo | None = None) -> Visits:
    """When the customers of known age came. The bands are merged as in the report.

    period: of the report; a week that it cuts off is not shown. min_customers: of a number that is shown. zone:
    of the shop; None for this machine's.
    """
    groups = groups_of_at_least(sums.evidence, min_customers)
    member = membership(groups) if groups else np.zeros((0, 0))
    fewest = max(FEWEST_TRIALS, min_customers)

    def shown(key: Callable[[datetime], _Key]) -> dict[_Key, Counts]:
        totals: dict[_Key, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(sums.evidence.fourth)))
        for moment, customers in sums.hours.items():
            totals[key(moment.astimezone(zone))] += customers
        return {
            when: tuple(float(count) if count >= min_customers else None for count in member @ total)
            for when, total in totals.items()
            if groups and total.sum() >= fewest - _ROUNDING
        }

    weeks = shown(lambda moment: moment.date() - timedelta(days=moment.weekday()))
    since, until = (end.astimezone(zone) for end in (period.since, period.until))
    first = since.date() if since.time() == time() else since.date() + timedelta(days=1)
    whole = {
        week: counts for week, counts in weeks.items() if first <= week and week + timedelta(days=7) <= until.date()
    }
    hours = shown(lambda moment: moment.hour)
    return Visits(whole, hours, fewest)


_ROUNDING = 1e-6
"""Tolerance for sums of probabilities."""
