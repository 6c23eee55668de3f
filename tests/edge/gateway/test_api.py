"""A till posts CloudEvents, and gets the lane's messages and what to show, by long poll."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.gateway.conftest import Lane
from tests.gateways import BATCHED, LIMIT_S, STRUCTURED, Answer, GatewayProcess, HttpTill, alerts_of, event, request

pytestmark = pytest.mark.slow

StartGateway = Callable[..., GatewayProcess]


def code_of(answer: Answer) -> str:
    """The code of a problem, which must be complete."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.body["status"] == answer.status
    assert answer.body["detail"]
    return str(answer.body["type"]).removeprefix("urn:edge-gateway:")


def test_a_sale_from_its_opening_to_its_close(till: HttpTill) -> None:
    sale_id = till.open()
    till.scan(sale_id)
    alert = till.alert(sale_id)
    assert alert["decision"] in ("CHALLENGE", "NO_CHALLENGE", "UNKNOWN")
    assert alert["till"] == "till-1"
    shown = till.poll_until(lambda news: news["screen"]["shows"] in ("alert", "ask"))
    assert shown["screen"]["sale_id"] == sale_id
    assert set(shown["screen"]["text"]) == {"ru", "en"}
    till.send(event("lane.id.checked", sale_id=sale_id, outcome="passed", cashier_id="anna", minimum_age=18))
    assert till.get("screen").body["screen"]["shows"] == "nothing"
    closed = event("lane.sale.closed", sale_id=sale_id, basket=[{"sku": "beer", "restricted": True}])
    till.send(closed)
    assert till.wait_for_answer(closed["id"])["type"] == "lane.ack"
    assert till.get("screen").body["screen"]["sale_id"] is None


def test_a_failed_check_forbids_the_sale_and_a_removed_item_ends_the_question(till: HttpTill) -> None:
    sale_id = till.open()
    till.scan(sale_id)
    till.send(event("lane.id.checked", sale_id=sale_id, outcome="failed"))
    assert till.get("screen").body["screen"]["shows"] == "do-not-sell"
    till.send(event("lane.sale.item_removed", sale_id=sale_id, sku="beer", remaining=[]))
    assert till.get("screen").body["screen"]["shows"] == "nothing"


def test_a_message_comes_until_the_next_poll_confirms_it(till: HttpTill) -> None:
    sale_id = till.open()
    till.scan(sale_id)
    alert = till.alert(sale_id)
    again = HttpTill(till.address).poll()
    assert [each["data"] for each in again["messages"]] == [alert]
    till.poll()
    assert HttpTill(till.address).poll()["messages"] == []


def test_a_poll_confirms_no_message_that_was_not_in_its_answer(till: HttpTill, tmp_path: Path) -> None:
    """The first alert is replaced before the till has collected it: nobody has seen it."""
    sale_id = till.open()
    till.scan(sale_id)
    till.poll_until(lambda news: news["screen"]["alert_id"])
    other = HttpTill(till.address)
    first = other.alert(sale_id)
    till.send(event("lane.sale.restricted_item", sale_id=sale_id, sku="vodka", minimum_age=21))
    end_s, ages, fresh = time.monotonic() + LIMIT_S, [18], other
    while ages != [21]:
        assert time.monotonic() < end_s, ages
        fresh = HttpTill(till.address)
        ages = [each["legal_age"] for each in alerts_of(fresh.poll(0.05), sale_id)]
    fresh.poll()
    database = sqlite3.connect(f"file:{tmp_path}/gateway/gateway.db?mode=ro", uri=True)
    confirmed = dict(database.execute("SELECT key, confirmed FROM message WHERE type = 'lane.alert'"))
    database.close()
    assert confirmed[first["alert_id"]] == 0


def test_a_message_can_be_confirmed_by_lane_ack(till: HttpTill) -> None:
    sale_id = till.open()
    till.scan(sale_id)
    (message,) = till.poll_until(lambda news: news["messages"])["messages"]
    till.send(event("lane.ack", message_id=message["id"], alert_id=message["data"]["alert_id"]))
    # On a busy machine a better alert may have come meanwhile.
    assert message["id"] not in {other["id"] for other in HttpTill(till.address).poll()["messages"]}


def test_the_three_modes_of_the_http_binding(till: HttpTill) -> None:
    one = event("lane.sale.opened", sale_id="s-1")
    assert till.post(json.dumps(one).encode(), f"{STRUCTURED}; charset=utf-8").status == 202
    batch = [event("lane.sale.restricted_item", sale_id="s-1", sku=sku) for sku in ("beer", "wine")]
    accepted = till.post(json.dumps(batch).encode(), BATCHED)
    assert [each["id"] for each in accepted.body["accepted"]] == [each["id"] for each in batch]
    binary = till.post(
        b'{"sale_id": "s-1"}', "application/json", ce_specversion="1.0", ce_type="lane.sale.suspended", ce_id="b%201",
        ce_source="/till/till-1",
    )  # fmt: skip
    assert binary.body["accepted"][0]["id"] == "b 1"
    assert till.wait_for_answer("b%201")["data"]["message_id"] == "b 1"


def test_sending_an_event_again_changes_nothing_and_another_one_with_its_id_is_a_conflict(till: HttpTill) -> None:
    opened = event("lane.sale.opened", sale_id="s-1")
    first = till.send(opened)
    turned = dict(reversed(opened.items()))
    assert till.post(json.dumps(turned, indent=2).encode(), STRUCTURED).body == first.body
    other = till.send({**opened, "data": {"sale_id": "s-2"}})
    assert (other.status, code_of(other)) == (409, "conflict")
    assert till.get("screen").body["screen"]["sale_id"] == "s-1"
    assert till.wait_for_answer(opened["id"])["type"] == "lane.ack"


def test_one_bad_event_of_a_batch_means_that_none_is_stored(till: HttpTill) -> None:
    good, bad = event("lane.sale.opened", sale_id="s-1"), event("lane.sale.opened")
    answer = till.send(good, bad)
    assert (answer.status, code_of(answer)) == (400, "malformed")
    assert answer.body["detail"] == "event 1 of the batch: sale_id is missing"
    assert code_of(till.get(f"events/{good['id']}")) == "no-such-event"


def test_what_cannot_be_used_is_dropped_and_named(till: HttpTill) -> None:
    sale_id = till.open()
    odd = event("lane.sale.restricted_item", sale_id=sale_id, minimum_age="eighteen")
    assert till.send(odd).body["accepted"] == [{"id": odd["id"], "dropped": ["minimum_age"]}]
    # An age that cannot be read is sold to nobody unasked.
    assert till.alert(sale_id)["legal_age"] == 100


@pytest.mark.parametrize(
    ("kind", "body", "status", "code", "detail"),
    [
        (STRUCTURED, b'{"id": "e-1", ', 400, "malformed", "is not JSON: line 1, column 14"),
        (STRUCTURED, b"[]", 400, "malformed", "must be an object"),
        (STRUCTURED, b"\xff\xfe", 400, "malformed", "is not JSON"),
        (STRUCTURED, b'{"id": "e-1", "type": "lane.nope", "data": {}}', 422, "unknown-type", "'lane.nope'"),
        (STRUCTURED, b'{"id": "e-1", "type": "lane.alert", "data": {}}', 422, "not-for-agent", "lane.alert"),
        (STRUCTURED, json.dumps(event("lane.hello", till="till-2")).encode(), 403, "another-till", "'till-2'"),
        (STRUCTURED, json.dumps(event("lane.hello", till="till-1", role="display")).encode(), 422, "not-allowed",
         "role"),
        (STRUCTURED, b" " * (256 * 1024 + 1), 413, "too-large", "at most 256 KiB"),
        (BATCHED, b"{}", 400, "malformed", "must be a list"),
        (BATCHED, b" " * (1024 * 1024 + 1), 413, "too-large", "more than 1024 KiB"),
        (BATCHED, json.dumps([event("lane.ack", message_id="x")] * 101).encode(), 413, "too-large", "101 events"),
        ("text/plain", b"{}", 415, "unsupported-media-type", "'text/plain'"),
        ("application/json", b"{}", 415, "unsupported-media-type", "ce-id"),
    ],
)  # fmt: skip
def test_a_bad_request_is_answered_with_the_thing_the_value_and_the_fix(
    kind: str, body: bytes, status: int, code: str, detail: str, silent_till: HttpTill
) -> None:
    answer = silent_till.post(body, kind)
    assert (answer.status, code_of(answer)) == (status, code)
    assert detail in answer.body["detail"]


@pytest.fixture(scope="module")
def silent_till(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A till at a gateway whose agent does not run."""
    folder = tmp_path_factory.mktemp("silent")
    gateway = GatewayProcess(folder, "--till", "till-1", "--agent", f"ipc://{folder}/nobody")
    yield HttpTill(gateway.address)
    gateway.stop()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/tills/till-9/screen", 404, "no-such-till"),
        ("GET", "/nowhere", 404, "no-such-page"),
        ("DELETE", "/v1/tills/till-1/screen", 405, "method-not-allowed"),
        ("GET", "/v1/tills/till-1/messages?wait=99", 400, "malformed"),
        ("GET", "/v1/tills/till-1/messages?wait=soon", 400, "malformed"),
        ("GET", "/v1/tills/till-1/events/none", 404, "no-such-event"),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    method: str, path: str, status: int, code: str, silent_till: HttpTill
) -> None:  # fmt: skip
    answer = request(silent_till.address + path, method=method)
    assert (answer.status, code_of(answer)) == (status, code)


def test_a_page_of_another_host_name_is_rejected(silent_till: HttpTill) -> None:
    url = f"{silent_till.address}/v1/tills/till-1/screen"
    answer = request(url, headers={"Host": "evil.example"})
    assert (answer.status, code_of(answer)) == (421, "wrong-host")


def test_a_cursor_of_another_gateway_reads_from_the_start(silent_till: HttpTill) -> None:
    for cursor in ("0badf00d-7-00000000", "nonsense", "0badf00d--", "-", "%00", "9" * 400, "0badf00d-1.2-00000000"):
        assert silent_till.get(f"messages?after={cursor}").status == 200


def test_without_an_agent_the_till_asks_everyone(silent_till: HttpTill) -> None:
    found = silent_till.poll_until(lambda news: news["agent"]["state"] == "silent")
    assert found["screen"]["shows"] == "ask-everyone"
    sale_id = silent_till.open()
    silent_till.scan(sale_id)
    assert silent_till.get("screen").body["screen"]["shows"] == "ask-everyone"
    health = request(f"{silent_till.address}/healthz")
    assert (health.status, health.body["status"]) == (503, "degraded")
    assert health.body["tills"]["till-1"]["waiting"] == 2
    metrics = request(f"{silent_till.address}/metrics").text
    assert 'edge_gateway_events_waiting{till="till-1"} 2.0' in metrics


def test_events_wait_for_an_agent_that_is_away_and_survive_a_kill_of_the_gateway(
    start_lane: Callable[[], Lane], start_gateway: StartGateway
) -> None:
    gateway = start_gateway("--till", "till-1")
    till = HttpTill(gateway.address)
    sale_id = till.open()
    scanned = event("lane.sale.restricted_item", sale_id=sale_id, sku="beer")
    till.send(scanned)
    gateway.kill()
    till.address = start_gateway("--till", "till-1").address
    assert till.get(f"events/{scanned['id']}").body["state"] == "waiting"
    start_lane()
    assert till.wait_for_answer(scanned["id"])["type"] == "lane.ack"
    assert till.alert(sale_id)["sale_id"] == sale_id


def test_an_alert_that_was_not_confirmed_survives_a_kill_of_the_gateway(
    start_lane: Callable[[], Lane], start_gateway: StartGateway
) -> None:
    start_lane()
    gateway = start_gateway("--till", "till-1")
    till = HttpTill(gateway.address)
    sale_id = till.open()
    till.scan(sale_id)
    till.alert(sale_id)
    gateway.kill()
    # On a busy machine it is not the same alert, but the better one that has replaced it.
    assert HttpTill(start_gateway("--till", "till-1").address).alert(sale_id)["sale_id"] == sale_id


def test_a_restarted_agent_gets_the_open_sale_again(
    start_lane: Callable[[], Lane], start_gateway: StartGateway, tmp_path: Path
) -> None:
    lane = start_lane()
    till = HttpTill(start_gateway("--till", "till-1").address)
    sale_id = till.open()
    till.poll_until(lambda news: news["agent"]["state"] != "silent" and news["agent"]["lane"])
    lane.kill()
    lane.wait()
    till.poll_until(lambda news: news["agent"]["state"] == "silent")
    till.scan(sale_id)
    start_lane()
    assert till.alert(sale_id)["sale_id"] == sale_id


def test_the_tills_of_a_gateway_see_nothing_of_each_other(
    start_lane: Callable[[], Lane], start_gateway: StartGateway
) -> None:  # fmt: skip
    start_lane()
    address = start_gateway("--till", "till-1", "till-2").address
    one, two = HttpTill(address, "till-1"), HttpTill(address, "till-2")
    sale_id = one.open()
    one.scan(sale_id)
    one.alert(sale_id)
    assert two.poll()["messages"] == []
    assert two.get("screen").body["screen"]["sale_id"] is None
