"""The till desk: answers, alerts until they are confirmed, and records, over real sockets and a real database."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from edge.errors import UsageError
from edge.frames import Frame
from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.settings.config import Settings
from edge.till.messages import (
    Ack,
    Error,
    Health,
    Hello,
    IdChecked,
    SaleClosed,
    SaleOpened,
)
from edge.vision.faces import Faces
from tests.edge.lane.shop import CLOSE, OPEN, SCAN, Clock, Shop, records


def test_an_alert_is_repeated_until_it_is_confirmed(scanned: Shop) -> None:
    scanned.run(2.0)
    scanned.until(lambda: len(scanned.alerts()) >= 3)
    assert len({alert.alert_id for alert in scanned.alerts()}) == 1
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.lane.open_record.alerts[0].received_at)
    before = len(scanned.alerts())
    scanned.run(20.0)
    assert len(scanned.alerts()) == before


def test_how_long_an_answer_took_is_known_when_its_till_confirms_it(shop: Shop, frame_at: Callable[..., Frame]) -> None:
    for message in (Hello(till="till-1"), OPEN, SCAN):
        shop.ask(message)
    shop.now_s = 0.9
    shop.desk.deliver(shop.lane.observe(Faces(), frame_at(0.75), shop.now_s), shop.now_s)
    [alert] = shop.until(shop.alerts)
    assert shop.desk.timings.percentiles() == {}
    shop.run(0.2)
    shop.confirm(alert)
    shop.until(lambda: shop.desk.unconfirmed_alerts == 0)
    spans = {name: round(middle) for name, (_, middle, *_) in shop.desk.timings.percentiles().items()}
    assert spans == {"grab to ack": 1100 - 750, "scan to ack": 1100}
    shop.confirm(alert)
    shop.ask(CLOSE)
    assert [count for count, *_ in shop.desk.timings.percentiles().values()] == [1, 1]


def test_what_a_dead_camera_saw_last_does_not_count_as_the_start_of_an_answer(scanned: Shop) -> None:
    assert "camera-lost" in scanned.alerts()[0].reasons
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.desk.unconfirmed_alerts == 0)
    assert set(scanned.desk.timings.percentiles()) == {"scan to ack"}


def test_alerts_unconfirmed_alerts_and_those_that_came_too_late_are_counted(scanned: Shop) -> None:
    assert (scanned.desk.unconfirmed_alerts, scanned.desk.expired_alerts) == (1, 0)
    scanned.vanish("till-1")
    scanned.run(31.0)
    assert (scanned.desk.unconfirmed_alerts, scanned.desk.expired_alerts) == (0, 1)


def test_answers_sales_and_tills_are_counted(scanned: Shop) -> None:
    scanned.ask(CLOSE)
    assert +scanned.desk.counts.decisions == {"UNKNOWN": 1}
    assert +scanned.desk.counts.reasons == {("UNKNOWN", "camera-lost"): 1}
    assert +scanned.desk.counts.sales == {"completed": 1}
    assert scanned.desk.tills == 1


def test_a_restricted_sale_leaves_one_record_and_another_sale_none(scanned: Shop) -> None:
    scanned.confirm(scanned.alerts()[0])
    scanned.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    scanned.ask(CLOSE)
    scanned.ask(SaleOpened(sale_id="sale-2"))
    scanned.ask(SaleClosed(sale_id="sale-2"))
    [record] = records(scanned)
    assert (record.sale_id, record.decision, record.check, record.cashier_id) == ("sale-1", "UNKNOWN", "passed", "anna")


def test_a_message_heard_twice_gets_the_same_answer_and_does_nothing_twice(scanned: Shop) -> None:
    for _ in range(3):
        scanned.ask(CLOSE, message_id="closing")
    scanned.until(lambda: sum(data == Ack(message_id="closing") for _, data in scanned.inbox["till-1"]) == 3)
    assert len(records(scanned)) == 1


def test_an_alert_waits_for_a_till_that_was_away(scanned: Shop) -> None:
    scanned.vanish("till-1")
    scanned.run(5.0)
    scanned.ask(Hello(till="till-1"))
    again = scanned.until(scanned.alerts)
    assert again[0].sale_id == "sale-1"


def test_an_alert_past_its_time_is_not_shown_and_the_till_learns_of_it(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.vanish("till-1")
    scanned.run(31.0)
    scanned.ask(Hello(till="till-1"))
    found = scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    assert [(error.code, error.alert_id, error.sale_id) for error in found] == [("expired", missed, "sale-1")]
    fresh = scanned.until(scanned.alerts)
    assert missed not in {alert.alert_id for alert in fresh}
    scanned.send(Ack(message_id="any", alert_id=missed))
    scanned.confirm(fresh[0])
    scanned.ask(CLOSE)
    [record] = records(scanned)
    assert [(alert.alert_id == missed, alert.expired) for alert in record.alerts] == [(True, True), (False, False)]


def test_once_told_a_till_is_not_told_again_what_it_missed(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.ask(CLOSE)
    scanned.ask(Hello(till="till-1"))
    scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    scanned.send(Ack(message_id="any", alert_id=missed))
    scanned.ask(Hello(till="till-1"))
    scanned.ask(Hello(till="till-1"))
    assert sum(isinstance(data, Error) for _, data in scanned.inbox["till-1"]) == 1


def test_after_a_crash_the_sale_and_its_alert_are_still_there(scanned: Shop) -> None:
    alert_id = scanned.alerts()[0].alert_id
    scanned.stop()
    scanned.inbox["till-1"].clear()
    scanned.start()
    scanned.ask(Hello(till="till-1"))
    assert scanned.until(scanned.alerts)[0].alert_id == alert_id
    assert isinstance(scanned.ask(IdChecked(sale_id="sale-1", outcome="passed")), Ack)
    scanned.ask(CLOSE)
    assert [(record.sale_id, record.check) for record in records(scanned)] == [("sale-1", "passed")]


def test_a_till_hears_every_second_that_the_agent_is_there_and_why_it_cannot_know(scanned: Shop) -> None:
    def health() -> list[Health]:
        return [data for _, data in scanned.inbox["till-1"] if isinstance(data, Health)]

    scanned.run(3.0)
    scanned.until(lambda: len(health()) >= 3)
    assert (health()[-1].lane, health()[-1].status, health()[-1].problems) == ("lane-1", "ok", ())
    scanned.problem = "no picture from the camera"
    scanned.run(1.0)
    scanned.until(lambda: health()[-1].problems)
    assert health()[-1].status == "degraded"
    assert health()[-1].problems == ("no picture from the camera",)
    agent = health()[-1].agent
    scanned.stop()
    scanned.inbox["till-1"].clear()
    scanned.start()
    scanned.ask(Hello(till="till-1"))
    scanned.run(1.0)
    scanned.until(lambda: any(one.agent != agent for one in health()))


def raw(kind: str) -> bytes:
    return json.dumps({"id": "1", "source": "x", "type": kind, "time": "2026-01-01T00:00:00Z", "data": {}}).encode()


def test_a_till_that_has_gone_is_forgotten_until_it_speaks_again(scanned: Shop) -> None:
    scanned.run(9.0)
    assert scanned.server.tills == (b"till-1",)
    scanned.run(3.0)
    assert scanned.server.tills == ()
    scanned.ask(Hello(till="till-1"))
    assert scanned.server.tills == (b"till-1",)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"rubbish", "malformed"),
        (b"{}", "malformed"),
        (raw("lane.dance"), "unknown-type"),
        (raw("lane.hello"), "malformed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_code(shop: Shop, message: bytes, code: str) -> None:
    shop.socket("till-1").send(message)
    errors = shop.until(lambda: [data for _, data in shop.inbox["till-1"] if isinstance(data, Error)])
    assert [error.code for error in errors] == [code]


def test_a_till_is_called_what_its_connection_is_called(shop: Shop) -> None:
    reply = shop.ask(Hello(till="till-2"), till="till-1")
    assert isinstance(reply, Error)
    assert "use one name" in reply.text


def test_a_till_without_a_proper_name_is_refused(shop: Shop) -> None:
    shop.send(Hello(till="x"), till="no good name")
    errors = shop.until(lambda: [data for _, data in shop.inbox["no good name"] if isinstance(data, Error)])
    assert "needs a name" in errors[0].text


def test_two_agents_do_not_share_a_state_folder(shop: Shop) -> None:
    settings = Settings(mode="on-sale", state_dir=shop.state_dir)
    identity = Clock()
    lane = Lane(LaneRules(settings, 25, "m"), identity)
    publisher = Publisher("lane-1", identity, EventLog(None), shop.server)
    with pytest.raises(UsageError, match="give each lane its own state_dir"):
        TillDesk(settings, lane, identity, publisher, shop.server, 0.0)
