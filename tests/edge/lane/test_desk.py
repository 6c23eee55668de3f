"""The till desk: replies, alerts until they are confirmed, and records, with real sockets and a real database."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from edge.errors import UsageError
from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.recorder import NOTE_EVERY_S
from edge.lane.rules import LaneRules
from edge.records.rejected import rejected_lately
from edge.settings.config import Settings
from edge.till.limits import MESSAGE_BYTES
from edge.till.messages import (
    Ack,
    BasketLine,
    Error,
    Health,
    Hello,
    IdChecked,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)
from edge.vision.faces import Faces
from tests.edge.lane.shop import CLOSE, OPEN, SCAN, Clock, Shop, records
from tests.edge.people import LIMIT, frame_at


def test_an_alert_is_repeated_until_it_is_confirmed(scanned: Shop) -> None:
    scanned.run(2.0)
    scanned.until(lambda: len(scanned.alerts()) >= 3)
    assert len({alert.alert_id for alert in scanned.alerts()}) == 1
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.open_record.alerts[0].received_at)
    before = len(scanned.alerts())
    scanned.run(20.0)
    assert len(scanned.alerts()) == before


def test_the_time_of_an_answer_is_measured_until_the_till_confirms_it(shop: Shop) -> None:
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


def test_without_a_camera_no_time_from_grab_to_ack_is_measured(scanned: Shop) -> None:
    assert "camera-lost" in scanned.alerts()[0].reasons
    scanned.confirm(scanned.alerts()[0])
    scanned.until(lambda: scanned.desk.unconfirmed_alerts == 0)
    assert set(scanned.desk.timings.percentiles()) == {"scan to ack"}


def test_unconfirmed_and_expired_alerts_are_counted(scanned: Shop) -> None:
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


def test_a_restricted_sale_leaves_one_record_and_any_other_sale_none(scanned: Shop) -> None:
    scanned.confirm(scanned.alerts()[0])
    scanned.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    scanned.ask(CLOSE)
    scanned.ask(SaleOpened(sale_id="sale-2"))
    scanned.ask(SaleClosed(sale_id="sale-2"))
    [record] = records(scanned)
    assert (record.sale_id, record.decision, record.check, record.cashier_id) == ("sale-1", "UNKNOWN", "passed", "anna")


def test_a_suspended_sale_survives_a_restart_and_its_alert_is_not_sent_again(scanned: Shop) -> None:
    scanned.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    scanned.ask(SaleSuspended(sale_id="sale-1"))
    scanned.stop()
    scanned.start()
    before = len(scanned.alerts())
    scanned.ask(Hello(till="till-1"))
    scanned.run(10.0)
    assert len(scanned.alerts()) == before
    scanned.ask(OPEN)
    scanned.run(1.0)
    scanned.until(lambda: len(scanned.alerts()) > before)
    scanned.ask(CLOSE)
    [record] = records(scanned)
    assert (record.ended, record.check, record.checks[0].cashier_id) == ("completed", "passed", "anna")
    assert record.alerts[0].expired


def test_a_scan_that_is_sent_again_after_a_restart_counts_once(shop: Shop) -> None:
    shop.ask(OPEN)
    shop.ask(SCAN, message_id="scan")
    shop.stop()
    shop.start()
    shop.send(SCAN, message_id="scan")
    shop.ask(CLOSE)
    assert [len(record.restricted) for record in records(shop)] == [1]


def test_two_tills_may_use_the_same_sale_id_at_the_same_time(shop: Shop) -> None:
    for till in ("till-1", "till-2"):
        for message in (OPEN, SCAN):
            shop.ask(message, till=till)
    shop.stop()
    shop.start()
    for till in ("till-1", "till-2"):
        shop.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id=f"of {till}"), till=till)
        shop.ask(CLOSE, till=till)
    assert [(record.till, record.cashier_id) for record in records(shop)] == [
        ("till-1", "of till-1"),
        ("till-2", "of till-2"),
    ]


def test_a_check_after_payment_is_a_second_record_also_after_a_restart(scanned: Shop) -> None:
    scanned.ask(CLOSE)
    scanned.stop()
    scanned.start()
    scanned.ask(IdChecked(sale_id="sale-1", outcome="passed", cashier_id="anna"))
    first, second = records(scanned)
    assert first.key == second.key
    assert [(record.revision, record.check) for record in (first, second)] == [(0, None), (1, "passed")]
    assert +scanned.desk.counts.sales == {}, "the sale was counted before the restart"


def test_training_is_recorded_and_counted_nowhere(shop: Shop) -> None:
    for message in (SaleOpened(sale_id="sale-1", training=True), SCAN):
        shop.ask(message)
    shop.run(1.0)
    [alert] = shop.until(shop.alerts)
    assert alert.training
    shop.ask(CLOSE)
    assert [record.training for record in records(shop)] == [True]
    assert +shop.desk.counts.sales == +shop.desk.counts.decisions == {}


def test_a_paid_sale_with_goods_that_were_never_reported_is_recorded(shop: Shop) -> None:
    shop.ask(OPEN)
    shop.ask(SaleClosed(sale_id="sale-1", cashier_id="anna", basket=(BasketLine(sku="beer", restricted=True),)))
    assert [(record.ended, record.cashier_id) for record in records(shop)] == [("not-asked", "anna")]
    assert +shop.desk.counts.sales == {"not-asked": 1}


def test_a_repeated_message_gets_the_same_reply_and_changes_nothing(scanned: Shop) -> None:
    for _ in range(3):
        scanned.ask(CLOSE, message_id="closing")
    scanned.until(lambda: sum(data == Ack(message_id="closing") for _, data in scanned.inbox["till-1"]) == 3)
    assert len(records(scanned)) == 1


def test_an_alert_is_sent_to_a_till_that_reconnects(scanned: Shop) -> None:
    scanned.vanish("till-1")
    scanned.run(5.0)
    scanned.ask(Hello(till="till-1"))
    again = scanned.until(scanned.alerts)
    assert again[0].sale_id == "sale-1"


def test_an_expired_alert_is_replaced_and_the_till_is_notified(scanned: Shop) -> None:
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


def test_a_till_is_notified_of_an_expired_alert_only_until_it_confirms(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.ask(CLOSE)
    scanned.ask(Hello(till="till-1"))
    scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    scanned.send(Ack(message_id="any", alert_id=missed))
    scanned.ask(Hello(till="till-1"))
    scanned.ask(Hello(till="till-1"))
    assert sum(isinstance(data, Error) for _, data in scanned.inbox["till-1"]) == 1


def test_an_open_sale_and_its_alert_survive_a_crash(scanned: Shop) -> None:
    alert_id = scanned.alerts()[0].alert_id
    scanned.stop()
    scanned.inbox["till-1"].clear()
    scanned.start()
    scanned.ask(Hello(till="till-1"))
    assert scanned.until(scanned.alerts)[0].alert_id == alert_id
    assert isinstance(scanned.ask(IdChecked(sale_id="sale-1", outcome="passed")), Ack)
    scanned.ask(CLOSE)
    assert [(record.sale_id, record.check) for record in records(scanned)] == [("sale-1", "passed")]


def test_a_till_receives_health_with_all_problems_every_second(scanned: Shop) -> None:
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
    scanned.until(lambda: any(message.agent != agent for message in health()))


def raw(kind: str) -> bytes:
    return json.dumps({"id": "1", "source": "x", "type": kind, "time": "2026-01-01T00:00:00Z", "data": {}}).encode()


def test_a_silent_till_is_forgotten_until_its_next_message(scanned: Shop) -> None:
    scanned.run(9.0)
    assert scanned.server.tills == (b"till-1",)
    scanned.run(3.0)
    assert not scanned.server.tills
    scanned.ask(Hello(till="till-1"))
    assert scanned.server.tills == (b"till-1",)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"rubbish", "malformed"),
        (b"{}", "malformed"),
        (raw("lane.dance"), "unknown-type"),
        (raw("lane.hello"), "malformed"),
        (raw("lane.alert"), "not-for-agent"),
        (raw("lane.hello") + b" " * MESSAGE_BYTES, "too-large"),
    ],
    ids=range(6),
)
def test_an_unusable_message_is_rejected_with_a_code_and_counted(shop: Shop, message: bytes, code: str) -> None:
    shop.socket("till-1").send(message)
    errors = shop.until(lambda: [data for _, data in shop.inbox["till-1"] if isinstance(data, Error)])
    assert [error.code for error in errors] == [code]
    assert shop.desk.rejections.counts == {code: 1}


def test_a_message_that_the_lane_cannot_use_is_counted_once_however_often_it_is_repeated(shop: Shop) -> None:
    for _ in range(3):
        shop.ask(SCAN, message_id="scan")
        shop.ask(Hello(till="till-2"), message_id="hello")
    assert shop.desk.rejections.counts == {"no-such-sale": 1, "another's name": 1}


def test_what_was_rejected_is_noted_for_the_doctor_now_and_then(shop: Shop) -> None:
    def noted() -> list[tuple[str, str, int]]:
        since = datetime(2026, 1, 1, tzinfo=timezone.utc)
        return [(note.client, note.reason, note.times) for note in rejected_lately(shop.state_dir, since)]

    shop.ask(SCAN)
    shop.run(1.0)
    assert noted() == [("till-1", "no-such-sale", 1)]
    for _ in range(3):
        shop.ask(SCAN)
    shop.run(NOTE_EVERY_S - 2.0)
    assert noted() == [("till-1", "no-such-sale", 1)]
    shop.run(2.0)
    assert noted() == [("till-1", "no-such-sale", 4)]


def test_another_message_with_an_id_that_was_used_before_is_no_repeat(shop: Shop) -> None:
    shop.ask(OPEN, message_id="1")
    shop.ask(CLOSE, message_id="2")
    shop.send(SaleOpened(sale_id="sale-2"), message_id="1")
    assert shop.until(lambda: shop.lane.open_sales)[0].sale_id == "sale-2"


def test_an_id_of_yesterday_names_another_message_today(shop: Shop) -> None:
    """Tills whose ids and receipt numbers begin anew every day."""
    for _ in range(2):
        shop.send(OPEN, message_id="1-open")
        shop.until(lambda: shop.lane.open_sales)
        shop.send(CLOSE, message_id="1-close")
        shop.until(lambda: not shop.lane.open_sales)
        shop.now_s += 24 * 3600


def test_a_till_that_was_restarted_may_greet_with_an_id_of_before(scanned: Shop) -> None:
    missed = scanned.alerts()[0].alert_id
    scanned.ask(Hello(till="till-1"), message_id="hello")
    scanned.vanish("till-1")
    scanned.run(31.0)
    scanned.send(Hello(till="till-1"), message_id="hello")
    found = scanned.until(lambda: [data for _, data in scanned.inbox["till-1"] if isinstance(data, Error)])
    assert [error.alert_id for error in found] == [missed]


def test_what_can_be_used_of_a_message_is_used_and_the_reply_names_the_rest(scanned: Shop) -> None:
    basket = [{"sku": ""}, *({"sku": "milk", "category": "", "price": ""} for _ in range(12))]
    data = {"sale_id": "sale-1", "cashier_id": "", "basket": basket}
    event = {"id": "closing", "type": "lane.sale.closed", "time": "noon", "data": data}
    for _ in range(2):
        scanned.socket("till-1").send(json.dumps(event).encode())
    scanned.until(lambda: sum(isinstance(data, Ack) and bool(data.dropped) for _, data in scanned.inbox["till-1"]) == 2)
    reply = scanned.reply_to("closing")
    assert isinstance(reply, Ack)
    assert reply.dropped[:4] == ("specversion", "source", "time", "cashier_id")
    assert (len(reply.dropped), reply.dropped[-1]) == (21, "9 more")
    assert [record.ended for record in records(scanned)] == ["completed"]
    assert scanned.desk.rejections.dropped == {"lane.sale.closed": 29}
    assert not scanned.desk.rejections.counts


def test_a_hello_with_another_name_than_its_connection_is_rejected(shop: Shop) -> None:
    reply = shop.ask(Hello(till="till-2"), till="till-1")
    assert isinstance(reply, Error)
    assert "use the same name" in reply.text
    assert shop.desk.rejections.counts == {"another's name": 1}


def test_a_till_with_an_invalid_name_is_rejected(shop: Shop) -> None:
    shop.send(Hello(till="x"), till="no good name")
    errors = shop.until(lambda: [data for _, data in shop.inbox["no good name"] if isinstance(data, Error)])
    assert "needs a name" in errors[0].text
    assert shop.desk.rejections.counts == {"no name": 1}


def test_a_second_agent_on_a_state_folder_is_rejected(shop: Shop) -> None:
    settings = Settings(mode="on-sale", state_dir=shop.state_dir)
    identity = Clock()
    lane = Lane(LaneRules(settings, {18: LIMIT}, "m"), identity)
    publisher = Publisher(settings, identity, EventLog(None), shop.server)
    with pytest.raises(UsageError, match="give each lane its own state_dir"):
        TillDesk(settings, lane, identity, publisher, shop.server, 0.0)
