"""Ids and wall-clock times: real in a live run, reproducible in a replay."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from edge.till.identity import LiveIdentity, ReplayIdentity


def test_two_replays_give_the_same_ids_in_the_same_order() -> None:
    first, second = ReplayIdentity(), ReplayIdentity()
    assert [first.new_id() for _ in range(5)] == [second.new_id() for _ in range(5)]


def test_every_id_is_unique() -> None:
    for identity in (ReplayIdentity(), LiveIdentity()):
        assert len({identity.new_id() for _ in range(1000)}) == 1000


def test_live_ids_differ_between_runs() -> None:
    assert LiveIdentity().new_id() != LiveIdentity().new_id()


def test_a_replay_counts_time_from_the_year_2000() -> None:
    assert ReplayIdentity().wall_time(0) == datetime(2000, 1, 1, tzinfo=timezone.utc)
    assert ReplayIdentity().wall_time(90.5) == datetime(2000, 1, 1, 0, 1, 30, 500_000, tzinfo=timezone.utc)


def test_a_live_time_is_the_wall_clock_time_in_utc() -> None:
    identity, now_s, moment = LiveIdentity(), time.monotonic(), datetime.now(timezone.utc)
    assert identity.wall_time(now_s).utcoffset() == timedelta(0)
    assert identity.wall_time(now_s - 600) < moment < identity.wall_time(now_s + 600)
