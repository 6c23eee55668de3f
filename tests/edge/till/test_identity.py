"""Ids and wall times: the world's when live, the recording's in a replay."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

from edge.till.identity import LiveIdentity, ReplayIdentity


def test_two_replays_give_the_same_ids_in_the_same_order() -> None:
    one, other = ReplayIdentity(), ReplayIdentity()
    assert [one.new_id() for _ in range(5)] == [other.new_id() for _ in range(5)]


def test_no_id_is_given_twice() -> None:
    for identity in (ReplayIdentity(), LiveIdentity()):
        assert len({identity.new_id() for _ in range(1000)}) == 1000


def test_live_ids_do_not_repeat_from_run_to_run() -> None:
    assert LiveIdentity().new_id() != LiveIdentity().new_id()


def test_a_replay_starts_at_the_year_2000_and_keeps_the_recordings_time() -> None:
    assert ReplayIdentity().wall_time(0) == datetime(2000, 1, 1, tzinfo=timezone.utc)
    assert ReplayIdentity().wall_time(90.5) == datetime(2000, 1, 1, 0, 1, 30, 500_000, tzinfo=timezone.utc)


def test_a_live_time_is_the_wall_clock_at_that_moment_in_utc() -> None:
    identity, now_s, moment = LiveIdentity(), time.monotonic(), datetime.now(timezone.utc)
    assert identity.wall_time(now_s).utcoffset() == timedelta(0)
    assert identity.wall_time(now_s - 600) < moment < identity.wall_time(now_s + 600)
