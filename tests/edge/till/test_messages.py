"""The messages between agent and till: CloudEvents in JSON, strict when sent, lenient when read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.till.envelope import parse, wrap
from edge.till.messages import (
    MESSAGES,
    Ack,
    AgeInterval,
    Alert,
    Data,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
)
from tests.edge.driver import drive
from tests.edge.people import Person

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)

ids = st.text(min_size=1, max_size=128)
messages = st.one_of(
    st.builds(Hello, till=ids),
    st.builds(SaleOpened, sale_id=ids),
    st.builds(RestrictedItem, sale_id=ids),
    st.builds(IdChecked, sale_id=ids, outcome=st.sampled_from(["passed", "failed", "not-shown"])),
    st.builds(SaleClosed, sale_id=ids),
    st.builds(Ack, message_id=ids, alert_id=st.none() | ids),
)


def envelope(**changes: object) -> bytes:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/till/1",
        "type": "lane.hello",
        "time": "2026-03-01T12:00:00.250Z",
        "data": {"till": "till-1", "role": "till"},
    }
    return json.dumps(event | changes).encode()


@pytest.fixture
def alert() -> Alert:
    lane = drive(mode="continuous")
    lane.show(Person(age=None), frames=15)
    [alert] = lane.alerts
    assert isinstance(alert, Alert)
    return alert


def test_a_message_is_a_complete_cloudevent() -> None:
    event = wrap(Hello(till="till-1"), id="42", source="/edge-agent/lane-1", time=NOON)
    assert json.loads(event.to_json()) == {
        "specversion": "1.0",
        "id": "42",
        "source": "/edge-agent/lane-1",
        "type": "lane.hello",
        "time": "2026-03-01T12:00:00.250Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:edge-agent:lane.hello:1",
        "data": {"till": "till-1", "role": "till"},
    }


@given(messages)
def test_a_sent_message_is_parsed_unchanged(message: Data) -> None:
    event = wrap(message, id="1", source="/x", time=NOON)
    assert parse(event.to_json().encode()) == event
    assert parse(event.to_json().encode()).content() == message


def test_a_sent_alert_is_parsed_unchanged(alert: Alert) -> None:
    raw = wrap(alert, id="1", source="/x", time=NOON).to_json()
    assert parse(raw.encode()).content() == alert


def test_an_alert_without_an_age_has_null_and_only_the_specified_fields(alert: Alert) -> None:
    data = json.loads(wrap(alert, id="1", source="/x", time=NOON).to_json())["data"]
    assert data["age"] is None
    assert data["p_under_legal"] is None
    assert set(data) == {
        "alert_id", "sale_id", "lane", "till", "decision", "reasons", "age", "p_under_legal", "max_p_under_legal",
        "legal_age", "threshold", "samples", "model", "text", "issued_at", "expires_at", "training", "grab_to_alert_ms",
    }  # fmt: skip


def test_times_in_an_alert_are_utc_with_milliseconds(alert: Alert) -> None:
    data = json.loads(wrap(alert, id="1", source="/x", time=NOON).to_json())["data"]
    assert data["issued_at"] == "2000-01-01T00:00:01.000Z"
    assert data["expires_at"] == "2000-01-01T00:00:31.000Z"


def test_a_time_of_another_zone_is_sent_in_utc() -> None:
    moscow = NOON.astimezone(timezone(timedelta(hours=3)))
    event = wrap(Hello(till="till-1"), id="1", source="/x", time=moscow)
    assert json.loads(event.to_json())["time"] == "2026-03-01T12:00:00.250Z"


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))
def test_every_time_can_be_read_again(time: datetime) -> None:
    event = wrap(Hello(till="till-1"), id="1", source="/x", time=time)
    assert abs(parse(event.to_json().encode()).time - time) < timedelta(milliseconds=1)


def test_a_time_that_was_written_without_the_zeros_of_its_year_is_read() -> None:
    text = wrap(Hello(till="till-1"), id="1", source="/x", time=NOON).to_json().replace("2026-", "323-")
    assert parse(text.encode()).time == NOON.replace(year=323)


@pytest.mark.parametrize(("mean", "years"), [(27.0, 27), (27.9, 27), (28.0, 28)])
def test_an_age_is_rounded_down_so_that_nobody_below_28_prints_as_28(mean: float, years: int) -> None:
    assert AgeInterval(mean=mean, low=17, high=41).completed_years == years


def test_unknown_fields_are_ignored() -> None:
    event = parse(envelope(traceparent="00-1-2-00", data={"till": "till-1", "colour": "red"}))
    assert event.content() == Hello(till="till-1")


def test_every_message_is_listed_under_its_own_type() -> None:
    assert all(MESSAGES[name].type == name for name in MESSAGES)
    assert {"lane.hello", "lane.sale.opened", "lane.sale.restricted_item", "lane.sale.closed", "lane.id.checked"} < set(
        MESSAGES
    )


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "message is not JSON: line 1, column 0"),
        (b"hello", "message is not JSON: line 1, column 1"),
        (b"\xff\xfe", "message is not JSON: line 1, column 1"),
        (b"[]", "message must be an object"),
        (envelope(specversion="0.3"), "specversion must be '1.0'"),
        (envelope(id=""), "id must not be empty"),
        (envelope(id="x" * 129), "id must have at most 128 characters"),
        (envelope(time="noon"), "time must be a date and time with its zone, such as 2026-11-30T18:00:00Z"),
        (envelope(time="2026-03-01T12:00:00"), "time must be a date and time with its zone, such as"),
        (envelope(datacontenttype="text/xml"), "datacontenttype must be 'application/json'"),
        (envelope(data="till-1"), "data must be an object"),
    ],
)
def test_an_invalid_cloudevent_gives_a_one_line_error_that_names_the_field(raw: bytes, named: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(raw)
    assert str(error.value).startswith(named)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8 "]
)
def test_json_may_name_its_charset(kind: str) -> None:
    assert parse(envelope(datacontenttype=kind)).datacontenttype == "application/json"


def test_a_text_of_a_program_in_c_ends_with_a_nul() -> None:
    assert parse(envelope() + b"\0") == parse(envelope())


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r" (is|must) "):
        parse(raw)


def test_an_unknown_type_gives_an_error_that_lists_the_known_types() -> None:
    with pytest.raises(ValueError, match=r"unknown type 'lane\.dance': known are lane\.hello, "):
        parse(envelope(type="lane.dance")).content()


@pytest.mark.parametrize(
    ("type", "data", "named"),
    [
        ("lane.hello", {}, "till is missing"),
        ("lane.sale.opened", {"sale_id": 7}, "sale_id must be text"),
        ("lane.id.checked", {"sale_id": "1", "outcome": "maybe"}, "outcome must be 'passed', 'failed' or"),
    ],
)
def test_invalid_data_gives_an_error_that_names_the_field(type: str, data: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse(envelope(type=type, data=data)).content()
