"""Check of the sheet of offers: off, valid, about to expire, or rejected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import pytest

from edge.doctor.offers import offers
from edge.doctor.targets import LaneTarget
from edge.offers.sheet import Rule
from edge.offers.signature import sign
from edge.settings.signature import new_keys
from tests.edge.doctor.builders import MakeLane, found
from tests.edge.offers.conftest import rule_of, sheet_of


class MakeLaneWithSheet(Protocol):
    """Makes a lane with a signed sheet that is valid for `days` more and then changed by `change`."""

    def __call__(
        self, days: float, *rules: Rule, change: Callable[[bytes], bytes] = bytes, **settings: object
    ) -> LaneTarget: ...


@pytest.fixture
def lane_with(lane: MakeLane, tmp_path: Path) -> MakeLaneWithSheet:
    """Makes a lane with a signed sheet that is valid for `days` more and then changed by `change`."""
    new_keys(tmp_path / "offers.key_secret", tmp_path / "offers.key")

    def make(days: float, *rules: Rule, change: Callable[[bytes], bytes] = bytes, **settings: object) -> LaneTarget:
        sheet = sheet_of(*rules, made_at=datetime.now(timezone.utc) - timedelta(days=10), days=10 + days)
        (tmp_path / "sheet").write_bytes(change(sign(sheet, tmp_path / "offers.key_secret")))
        paths = {"sheet": tmp_path / "sheet", "key": tmp_path / "offers.key"}
        insights = {"enabled": True, "notice": "we count"}
        return lane(insights=insights, offers={"enabled": True, **paths, **settings})

    return make


def test_offers_switched_off_are_ok(lane: MakeLane) -> None:
    assert (found(offers, lane()).verdict, found(offers, lane()).seen) == ("ok", "off (offers.enabled)")


def test_a_valid_sheet_is_ok_with_its_number_of_offers_and_end(lane_with: MakeLaneWithSheet) -> None:
    line = found(offers, lane_with(20))
    assert (line.verdict, line.seen.startswith("5 offers until 20")) == ("ok", True)


def test_a_sheet_about_to_expire_or_without_usable_offers_is_a_warning(lane_with: MakeLaneWithSheet) -> None:
    assert found(offers, lane_with(2)).verdict == "warning"
    left = found(offers, lane_with(20, rule_of(), exclude=("cheese",)))
    assert (left.verdict, left.seen.startswith("0 offers (1 more is excluded)")) == ("warning", True)


@pytest.mark.parametrize(
    ("days", "change", "reason"),
    [
        (-1, bytes, "expired on"),
        (20, lambda raw: raw + b" ", "or was changed since"),
        (20, lambda raw: raw.replace(b"offers 1", b"offers 9", 1), "has version 9"),
    ],
)
def test_the_fix_for_a_rejected_sheet_is_to_sign_one(
    days: float, change: Callable[[bytes], bytes], reason: str, lane_with: MakeLaneWithSheet, tmp_path: Path
) -> None:
    line = found(offers, lane_with(days, change=change))
    assert (line.verdict, reason in line.seen, line.seen.startswith("the lane makes no offers: ")) == (
        "problem",
        True,
        True,
    )
    assert f"copy offers.sheet to {tmp_path / 'sheet'}" in line.fix
