"""The sheet of offers: off, good, soon to expire, or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from edge.doctor.finding import Finding
from edge.doctor.offers import offers
from edge.doctor.targets import LaneSide
from edge.offers.signature import new_keys, sign
from tests.edge.offers.conftest import rule_of, sheet_of

MakeLane = Callable[..., LaneSide]
Find = Callable[..., Finding]


@pytest.fixture
def lane_with(lane: MakeLane, tmp_path: Path) -> Callable[..., LaneSide]:
    """A lane with a sheet that is good for so many days, and changed by this."""
    new_keys(tmp_path / "offers.key_secret", tmp_path / "offers.key")

    def make(days: float, *rules: Any, change: Callable[[bytes], bytes] = bytes, **settings: Any) -> LaneSide:
        sheet = sheet_of(*rules, made_at=datetime.now(timezone.utc) - timedelta(days=10), days=10 + days)
        (tmp_path / "sheet").write_bytes(change(sign(sheet, tmp_path / "offers.key_secret")))
        places = {"sheet": tmp_path / "sheet", "key": tmp_path / "offers.key"}
        insights = {"enabled": True, "notice": "we count"}
        return lane(insights=insights, offers={"enabled": True, **places, **settings})

    return make


def test_a_shop_that_wants_no_offers_is_well(lane: MakeLane, found: Find) -> None:
    assert (found(offers, lane()).verdict, found(offers, lane()).seen) == ("ok", "off (offers.enabled)")


def test_a_good_sheet_says_how_many_offers_for_how_long(lane_with: Callable[..., LaneSide], found: Find) -> None:
    line = found(offers, lane_with(20))
    assert (line.verdict, line.seen.startswith("5 offers until 20")) == ("ok", True)


def test_a_sheet_that_soon_expires_or_has_nothing_left_is_a_warning(
    lane_with: Callable[..., LaneSide], found: Find
) -> None:
    assert found(offers, lane_with(2)).verdict == "warning"
    left = found(offers, lane_with(20, rule_of(), exclude=("cheese",)))
    assert (left.verdict, left.seen.startswith("0 offers (1 more are excluded)")) == ("warning", True)


@pytest.mark.parametrize(
    ("days", "change", "told"),
    [
        (-1, bytes, "has expired on"),
        (20, lambda raw: raw + b" ", "or was changed since"),
        (20, lambda raw: raw.replace(b"offers 1", b"offers 9", 1), "is of version 9"),
    ],
)
def test_a_refused_sheet_is_a_problem_that_says_how_to_sign_one(
    days: float, change: Any, told: str, lane_with: Callable[..., LaneSide], found: Find, tmp_path: Path
) -> None:
    line = found(offers, lane_with(days, change=change))
    assert (line.verdict, told in line.seen, line.seen.startswith("no offers are made: ")) == ("problem", True, True)
    assert f"copy offers.sheet to {tmp_path / 'sheet'}" in line.mend
