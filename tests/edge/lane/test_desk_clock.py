"""A clock that cannot be believed, or is set while tills sell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.records.till_clocks import till_clocks
from edge.till.messages import Ack, Hello, IdChecked
from tests.edge.lane.shop import CLOSE, NEW_YEAR, OPEN, SCAN, Shop, records

YEAR = timedelta(days=365)
HOUR_S = 3600.0


def problems(shop: Shop) -> list[str]:
    return [problem.text for problem in shop.desk.health.problems if problem.part == "clock"]


def test_an_hour_after_its_start_a_box_without_a_time_server_has_a_problem(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    shop.stop()
    shop.now_s, shop.clock.synchronised = HOUR_S - 60, False
    shop.state_dir /= "unsynchronised"
    shop.start()
    shop.run(2)
    assert (problems(shop), shop.desk.clock_believed) == ([], False)
    shop.now_s = HOUR_S + 1
    shop.run(2)
    [text] = problems(shop)
    assert text.startswith("no time server sets the clock: run timedatectl set-ntp true, or set clock.trusted = true")
    shop.clock.synchronised = True
    shop.run(2)
    assert (problems(shop), shop.desk.clock_believed) == ([], True)
    assert [message for message in caplog.messages if "clock" in message] == [text, "the clock can be believed again"]


def test_a_clock_that_jumps_ahead_is_named_and_believed_again_when_it_is_set_back(shop: Shop) -> None:
    shop.run(2)
    shop.clock.ahead = 3 * YEAR
    shop.run(2)
    [text] = problems(shop)
    assert text.startswith("the clock has moved 1095 days further than this box has run: set it right")
    shop.clock.ahead = timedelta()
    shop.run(2)
    assert problems(shop) == []


@pytest.mark.parametrize("jump", [3 * YEAR, -50 * YEAR, timedelta(hours=1)])
def test_a_sale_goes_on_while_the_clock_is_set(jump: timedelta, shop: Shop) -> None:
    """As on a box that starts in 1970."""
    assert isinstance(shop.ask(OPEN), Ack)
    assert isinstance(shop.ask(SCAN), Ack)
    shop.run(2)
    shop.clock.ahead = jump
    alert = shop.until(shop.alerts)[-1]
    shop.confirm(alert)
    assert isinstance(shop.ask(OPEN), Ack), "the till repeats its opening"
    assert isinstance(shop.ask(IdChecked(sale_id="sale-1", outcome="passed")), Ack)
    assert isinstance(shop.ask(CLOSE), Ack)
    [record] = records(shop)
    assert (record.ended, record.check, len(record.alerts)) == ("completed", "passed", 1)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_an_alert_expires_after_its_seconds_whatever_the_clock_shows(jump: timedelta, scanned: Shop) -> None:
    scanned.vanish("till-1")
    scanned.clock.ahead = jump
    scanned.run(25.0)
    assert (scanned.desk.unconfirmed_alerts, scanned.desk.expired_alerts) == (1, 0)
    scanned.run(6.0)
    assert (scanned.desk.unconfirmed_alerts, scanned.desk.expired_alerts) == (0, 1)


def test_an_alert_outlives_a_restart_of_the_agent_but_none_of_the_box(scanned: Shop) -> None:
    scanned.stop()
    scanned.start()
    scanned.run(1.0)
    assert (scanned.desk.unconfirmed_alerts, scanned.desk.expired_alerts) == (1, 0)
    scanned.stop()
    scanned.clock.boot = "second boot"
    scanned.start()
    scanned.desk.serve(scanned.now_s)
    assert scanned.desk.expired_alerts == 1


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1700 * 365)])
def test_a_till_with_a_wrong_clock_sells_as_any_and_its_times_are_recorded_as_it_said_them(
    ahead: timedelta, shop: Shop
) -> None:
    shop.till_ahead = ahead
    assert isinstance(shop.ask(Hello(till="till-1")), Ack)
    assert shop.desk.till_skews == {"till-1": ahead.total_seconds()}
    for message in (OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    shop.confirm(shop.until(shop.alerts)[0])
    assert isinstance(shop.ask(CLOSE), Ack)
    [record] = records(shop)
    assert (record.opened_at, record.till_opened_at, record.till_closed_at) == (
        NEW_YEAR, NEW_YEAR + ahead, NEW_YEAR + ahead,
    )  # fmt: skip
    assert (record.ended, record.alerts[0].expired) == ("completed", False)
    shop.run(1.0)
    assert till_clocks(shop.state_dir) == {"till-1": pytest.approx(ahead.total_seconds(), abs=2)}


def test_the_clock_of_a_till_that_is_gone_is_forgotten_but_the_doctor_can_still_name_it(shop: Shop) -> None:
    shop.till_ahead = timedelta(minutes=5)
    shop.ask(Hello(till="till-1"))
    shop.run(1.0)
    shop.vanish("till-1")
    shop.run(12.0)
    assert shop.desk.till_skews == {}
    assert till_clocks(shop.state_dir) == {"till-1": 300}
