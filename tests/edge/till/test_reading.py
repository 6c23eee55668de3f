"""What the agent reads of a till's message: everything that can be used, and the names of the parts that cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.till.limits import MESSAGE_BYTES
from edge.till.messages import (
    FROM_TILLS,
    PROMISED_LINES,
    STRICTEST_AGE,
    Ack,
    AgeRestrictedItem,
    BasketLine,
    Data,
    Error,
    IdChecked,
    ItemRemoved,
    ResumedSale,
    SaleClosed,
    SaleOpened,
)
from edge.till.reading import ReceivedMessage, read_message
from edge.till.tolerance import MOST_ITEMS

Json = dict[str, Any]

CLOSED: Json = {
    "sale_id": "sale-1",
    "completed": True,
    "cashier_id": "c-17",
    "basket": [
        {"sku": "beer", "category": "beer", "quantity": 2, "price": 99.9, "restricted": True},
        {"sku": "milk", "category": "dairy", "quantity": 1, "price": 94.9, "restricted": False},
    ],
    "offer": {"offer_id": "1", "outcome": "refused"},
}
BEER, MILK = (BasketLine(**line) for line in CLOSED["basket"])


def envelope(type: str, data: object, **changes: object) -> Json:
    event = {"specversion": "1.0", "id": "42", "source": "/till/1", "type": type, "time": "2026-03-01T12:00:00.250Z"}
    return {**event, "data": data} | changes


def read(type: str, data: object, **changes: object) -> ReceivedMessage | Error:
    return read_message(json.dumps(envelope(type, data, **changes)).encode())


def understood(type: str, data: object, **changes: object) -> tuple[Any, tuple[str, ...]]:
    message = read(type, data, **changes)
    assert isinstance(message, ReceivedMessage), message
    assert message.id == "42"
    return message.content, message.dropped


def closed(**changes: object) -> tuple[SaleClosed, tuple[str, ...]]:
    content, dropped = understood("lane.sale.closed", CLOSED | changes)
    assert isinstance(content, SaleClosed)
    assert content.sale_id == "sale-1"
    return content, dropped


def test_a_correct_message_loses_nothing() -> None:
    assert closed() == (SaleClosed(**CLOSED), ())
    with_charset = {"datacontenttype": "application/json; charset=utf-8"}
    assert understood("lane.sale.closed", CLOSED, **with_charset) == (SaleClosed(**CLOSED), ())


@pytest.mark.parametrize(
    ("name", "odd", "read_as"),
    [
        ("cashier_id", "", None),
        ("cashier_id", "x" * 129, None),
        ("completed", "hm", True),
        ("completed", [], True),
        ("basket", "milk", ()),
        ("basket", 7, ()),
        ("offer", "none", None),
        ("offer", {"offer_id": "1", "outcome": "eaten"}, None),
        ("offer", {"outcome": "taken"}, None),
        ("offer", {}, None),
    ],
)
def test_an_odd_part_of_a_closed_sale_is_dropped_and_named(name: str, odd: object, read_as: object) -> None:
    content, dropped = closed(**{name: odd})
    assert (getattr(content, name), dropped) == (read_as, (name,))


@pytest.mark.parametrize(
    ("odd", "read_as", "dropped"),
    [
        ({"sku": "", "restricted": True}, BasketLine(sku=None, restricted=True), "sku"),
        ({"sku": "x" * 129, "category": "beer"}, BasketLine(sku=None, category="beer"), "sku"),
        ({"sku": None}, BasketLine(sku=None), "sku"),
        ({}, BasketLine(sku=None), "sku"),
        ({"sku": 4.5}, BasketLine(sku=None), "sku"),
        ({"sku": True}, BasketLine(sku=None), "sku"),
        ({"sku": "a", "category": ""}, BasketLine(sku="a"), "category"),
        ({"sku": "a", "quantity": "two"}, BasketLine(sku="a"), "quantity"),
        ({"sku": "a", "price": {}}, BasketLine(sku="a"), "price"),
        ({"sku": "a", "price": float("nan")}, BasketLine(sku="a"), "price"),
        # What may be restricted counts as restricted.
        ({"sku": "a", "restricted": "да"}, BasketLine(sku="a", restricted=True), "restricted"),
        ([], BasketLine(sku=None, restricted=True), ""),
    ],
    ids=str,
)
def test_the_rest_of_an_odd_line_still_counts(odd: object, read_as: BasketLine, dropped: str) -> None:
    content, names = closed(basket=[*CLOSED["basket"], odd])
    assert content.basket == (BEER, MILK, read_as)
    assert names == (f"basket[2].{dropped}".removesuffix("."),)


@pytest.mark.parametrize(
    ("same", "read_as"),
    [
        ({"sku": 4600682000013}, BasketLine(sku="4600682000013")),
        ({"sku": 4600682000013.0}, BasketLine(sku="4600682000013")),
        ("4600682000013", BasketLine(sku="4600682000013")),
        (4600682000013, BasketLine(sku="4600682000013")),
        ({"sku": "a", "quantity": "2", "price": "99.9"}, BasketLine(sku="a", quantity=2, price=99.9)),
        ({"sku": "a", "quantity": "0,5", "price": "99,90"}, BasketLine(sku="a", quantity=0.5, price=99.9)),
        ({"sku": "a", "restricted": "false"}, BasketLine(sku="a")),
        ({"sku": "a", "category": None, "price": None, "quantity": None}, BasketLine(sku="a")),
    ],
    ids=str,
)
def test_another_form_of_the_same_value_is_used(same: object, read_as: BasketLine) -> None:
    assert closed(basket=[same]) == (SaleClosed(**CLOSED | {"basket": [read_as]}), ())


def test_a_null_is_a_value_that_was_left_out() -> None:
    content, dropped = closed(basket=None, cashier_id=None, completed=None, offer=None)
    assert (content, dropped) == (SaleClosed(sale_id="sale-1"), ())
    assert closed(basket=[None, CLOSED["basket"][0]])[0].basket == (BEER,)


def test_one_line_without_a_list_is_a_basket() -> None:
    assert closed(basket=CLOSED["basket"][0]) == (SaleClosed(**CLOSED | {"basket": [BEER]}), ())


def test_a_basket_may_be_longer_than_promised_and_no_restricted_line_of_it_is_lost() -> None:
    line = CLOSED["basket"][1]
    content, dropped = closed(basket=[line] * (PROMISED_LINES + 1))
    assert (len(content.basket), dropped) == (PROMISED_LINES + 1, ())
    content, dropped = closed(basket=[line] * (MOST_ITEMS + 9) + [CLOSED["basket"][0]])
    assert (content.basket[-1], len(content.basket), dropped) == (BEER, MOST_ITEMS, ("basket: 10 items",))


@pytest.mark.parametrize("odd", ["eighteen", "18+", 0, 101, -1, [], 17.5], ids=str)
def test_an_item_whose_minimum_age_cannot_be_read_is_sold_to_nobody_unasked(odd: object) -> None:
    content, dropped = understood("lane.sale.restricted_item", {"sale_id": "sale-1", "sku": "", "minimum_age": odd})
    assert (content.sku, content.minimum_age) == (None, STRICTEST_AGE)
    assert dropped == ("sku", "minimum_age")


def test_items_that_are_left_and_cannot_be_read_are_not_taken_for_removed() -> None:
    strictest = AgeRestrictedItem(minimum_age=STRICTEST_AGE)
    content, dropped = understood(
        "lane.sale.item_removed",
        {"sale_id": "sale-1", "remaining": ["beer", {"sku": "cider", "minimum_age": "x"}, []]},
    )
    assert content.remaining == (
        AgeRestrictedItem(sku="beer"),
        strictest.model_copy(update={"sku": "cider"}),
        strictest,
    )
    assert dropped == ("remaining[1].minimum_age", "remaining[2]")
    content, dropped = understood("lane.sale.item_removed", {"sale_id": "sale-1", "remaining": "beer"})
    assert (content, dropped) == (ItemRemoved(sale_id="sale-1", remaining=(strictest,)), ("remaining",))


@pytest.mark.parametrize(
    ("resumes", "read_as", "dropped"),
    [
        ({"sale_id": 7}, ResumedSale(sale_id="7"), ()),
        ({"sale_id": "7", "check": {"outcome": "hm"}}, ResumedSale(sale_id="7"), ("resumes.check",)),
        ({"sale_id": "7", "check": "passed"}, ResumedSale(sale_id="7"), ("resumes.check",)),
        # Of another lane or till: without this it would name another sale.
        ({"sale_id": "7", "lane": ""}, None, ("resumes",)),
        ({"sale_id": "7", "till": {}}, None, ("resumes",)),
        ({}, None, ("resumes",)),
    ],
    ids=str,
)
def test_a_reference_that_cannot_be_read_continues_no_sale(
    resumes: object, read_as: ResumedSale | None, dropped: tuple[str, ...]
) -> None:
    content, names = understood("lane.sale.opened", {"sale_id": "sale-1", "resumes": resumes})
    assert (content, names) == (SaleOpened(sale_id="sale-1", resumes=read_as), dropped)


@pytest.mark.parametrize("name", ["means", "cashier_id", "authorised_by", "minimum_age"])
def test_a_check_keeps_its_outcome(name: str) -> None:
    content, dropped = understood("lane.id.checked", {"sale_id": "sale-1", "outcome": "failed", name: {}})
    assert (content, dropped) == (IdChecked(sale_id="sale-1", outcome="failed"), (name,))


def test_an_unknown_role_is_that_of_a_till() -> None:
    content, dropped = understood("lane.hello", {"till": "till-1", "role": "boss"})
    assert (content.role, dropped) == ("till", ("role",))


@pytest.mark.parametrize(
    ("type", "data", "text"),
    [
        ("lane.hello", {}, "till is missing"),
        ("lane.sale.closed", CLOSED | {"sale_id": ""}, "sale_id must not be empty"),
        ("lane.sale.closed", CLOSED | {"sale_id": None}, "sale_id is missing"),
        ("lane.sale.closed", {"cashier_id": "", "sale_id": []}, "sale_id must be text"),
        ("lane.id.checked", {"sale_id": "1"}, "outcome is missing"),
        ("lane.id.checked", {"sale_id": "1", "outcome": "maybe", "means": 7}, "outcome must be 'passed', 'failed' or"),
        ("lane.id.checked", {"sale_id": "1", "outcome": "passed", "till": []}, "till must be text"),
        ("lane.sale.basket", {"sale_id": "1", "basket": None}, "basket is missing"),
        ("lane.sale.basket", {"sale_id": "1", "basket": 7}, "basket must be a list"),
    ],
)
def test_what_cannot_be_guessed_is_required_and_nothing_else_is_complained_about(
    type: str, data: Json, text: str
) -> None:
    error = read(type, data)
    assert isinstance(error, Error)
    assert (error.code, error.message_id) == ("malformed", "42")
    assert error.text.startswith(text)
    assert ";" not in error.text


@pytest.mark.parametrize(
    ("changes", "dropped"),
    [
        ({"time": "2026-03-01T12:00:00"}, "time"),
        ({"time": "noon"}, "time"),
        ({"time": "0001-01-01T00:00:00+03:00"}, "time"),
        ({"time": "9999-12-31T23:59:59-03:00"}, "time"),
        ({"time": None}, "time"),
        ({"source": None}, "source"),
        ({"source": ""}, "source"),
        ({"specversion": None}, "specversion"),
        ({"specversion": 1.0}, "specversion"),
        ({"datacontenttype": "text/xml; charset=utf-8"}, "datacontenttype"),
        ({"dataschema": 1.5}, "dataschema"),
        ({"dataschema": "urn:edge-agent:lane.hello:1"}, "dataschema"),
    ],
    ids=str,
)
def test_an_odd_envelope_is_no_reason_to_lose_its_data(changes: Json, dropped: str) -> None:
    assert understood("lane.sale.closed", CLOSED, **changes) == (SaleClosed(**CLOSED), (dropped,))


@pytest.mark.parametrize("name", [None, "https://example.com/schema", "urn:edge-agent:lane.sale.closed:1"])
def test_schemas_of_others_are_ignored(name: object) -> None:
    assert understood("lane.sale.closed", CLOSED, dataschema=name) == (SaleClosed(**CLOSED), ())


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"dataschema": "urn:edge-agent:lane.sale.closed:2"}, "unknown-version", "send version 1"),
        ({"type": "lane.dance"}, "unknown-type", "unknown type 'lane.dance': known are lane.hello, "),
        ({"type": "x" * 9999}, "unknown-type", "unknown type 'xxx"),
        ({"type": "lane.alert"}, "not-for-agent", "lane.alert is not a message for the agent"),
        ({"type": None}, "malformed", "type is missing"),
        ({"data": None}, "malformed", "data is missing"),
        ({"data": "sale-1"}, "malformed", "data must be an object"),
    ],
    ids=range(7),
)
def test_an_error_names_the_message_that_it_answers(changes: Json, code: str, text: str) -> None:
    error = read_message(json.dumps(envelope("lane.sale.closed", CLOSED) | changes).encode())
    assert isinstance(error, Error)
    assert (error.code, error.message_id) == (code, "42")
    assert text in error.text
    assert len(error.text) < 400


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": "42"}',
        b'{"id": 42, "hello": "there"}',
        b'{"id": "41", "type": "lane.hello", "id": "42"}',
        b'{"id": "42", "type": "lane.hello" "data"',
        b'{"data": {"id": "41", "x": [1, 2,, 3]}, "id": "42"}',
        b'{"id": "42", "data": ' + b"[" * 10_000,
        b'{"data": ' + b'{"id":' * 10_000 + b'"41"' + b"}" * 10_000 + b', "id": "42"}',
        b'{"id": "42", "data": "' + b"x" * MESSAGE_BYTES + b'"}',
        b'{"data": {"id": "41", "x": "' + b"x" * MESSAGE_BYTES + b'"}, "id": "42"}',
    ],
    ids=range(9),
)
def test_the_id_is_found_in_a_message_that_cannot_be_used(raw: bytes) -> None:
    error = read_message(raw)
    assert isinstance(error, Error)
    assert error.message_id == "42"


@pytest.mark.parametrize(
    "raw",
    [b"", b"hello", b"[]", b"7", b'{"id": ""}', b'{"id": {}}', b'{"data": {"id": "41"},, }', b'{"x": "\\"id\\": "7""}'],
)
def test_an_id_that_is_none_is_not_found(raw: bytes) -> None:
    error = read_message(raw)
    assert isinstance(error, Error)
    assert (error.code, error.message_id) == ("malformed", None)


def test_text_that_is_not_utf_8_costs_only_itself() -> None:
    data = {"sale_id": "sale-1", "cashier_id": "Анна", "basket": [{"sku": "пиво", "restricted": True}]}
    raw = json.dumps(envelope("lane.sale.closed", data), ensure_ascii=False)
    message = read_message(raw.encode("cp1251"))
    basket = (BasketLine(sku=None, restricted=True),)
    assert message == ReceivedMessage(
        "42", SaleClosed(sale_id="sale-1", basket=basket), ("cashier_id", "basket[0].sku")
    )
    error = read_message(raw.replace("sale-1", "чек").encode("cp1251"))
    assert isinstance(error, Error)
    assert (error.text, error.message_id) == ("sale_id must be text", "42")


@pytest.mark.parametrize(("before", "after"), [(b"\xef\xbb\xbf", b""), (b"", b"\0"), (b"", b"\r\n")])
def test_marks_around_the_json_are_ignored(before: bytes, after: bytes) -> None:
    raw = before + json.dumps(envelope("lane.sale.closed", CLOSED)).encode() + after
    assert read_message(raw) == ReceivedMessage("42", SaleClosed(**CLOSED))


def test_the_promised_basket_fits_into_the_promised_length() -> None:
    """Escaped as most JSON libraries do: six bytes for each Cyrillic letter."""
    line = {"sku": "4600682000013", "category": "ж" * 68, "quantity": 10.735, "price": 1290.55, "restricted": False}
    raw = json.dumps(envelope("lane.sale.closed", CLOSED | {"basket": [line] * PROMISED_LINES})).encode()
    assert 0.95 * MESSAGE_BYTES < len(raw) <= MESSAGE_BYTES
    assert isinstance(read_message(raw), ReceivedMessage)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["", "x" * 129]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value."""
fields = st.dictionaries(st.sampled_from([*CLOSED, "sku", "outcome", "minimum_age", "resumes", "till"]), anything)
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)


@given(
    id=ids,
    type=st.sampled_from([data.type for data in FROM_TILLS]) | anything,
    data=fields | anything,
    others=st.dictionaries(st.sampled_from(["time", "source", "specversion", "dataschema"]), anything),
)
def test_a_json_object_with_an_id_is_read_or_answered_with_an_error_for_this_id(
    id: str, type: object, data: object, others: Json
) -> None:
    message = read_message(json.dumps({**others, "type": type, "data": data, "id": id}).encode())
    assert id == (message.id if isinstance(message, ReceivedMessage) else message.message_id)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_answered_with_an_error(raw: bytes) -> None:
    assert isinstance(read_message(raw), ReceivedMessage | Error)


def places(value: object, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [place, *(deeper for step, part in inner for deeper in places(part, (*place, step)))]


@given(place=st.sampled_from([place for place in places(CLOSED) if place not in ((), ("sale_id",))]), odd=anything)
def test_a_closed_sale_survives_any_change_in_one_place(place: tuple[str | int, ...], odd: object) -> None:
    data = json.loads(json.dumps(CLOSED))
    holder = data
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = odd
    message = read("lane.sale.closed", data)
    assert isinstance(message, ReceivedMessage)
    assert isinstance(message.content, SaleClosed)
    assert message.content.sale_id == "sale-1"
    # Whatever is wrong with one line, beer in the others stays beer.
    if place[:2] != ("basket", 0) and place != ("basket",):
        assert BEER in message.content.basket
    if place[0] != "basket":
        assert message.content.basket == (BEER, MILK)


@given(st.sampled_from(FROM_TILLS), fields)
def test_what_is_read_is_valid_by_the_model(model: type[Data], data: Json) -> None:
    message = read(model.type, data)
    if isinstance(message, ReceivedMessage) and not isinstance(message.content, Ack):
        assert model.model_validate(message.content.model_dump()) == message.content
