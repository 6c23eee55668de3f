"""The published schemas, the models and the examples in the documentation agree."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import ValidationError as ModelError

from edge.decision.policy import Decision, Reason
from edge.lane.outgoing import alert_record
from edge.till.envelope import parse, wrap
from edge.till.message_schemas import schema
from edge.till.messages import (
    MESSAGES,
    Ack,
    AgeInterval,
    AgeRestrictedItem,
    Alert,
    AlertWithdrawn,
    BasketLine,
    CheckMeans,
    CheckOutcome,
    CheckResult,
    Data,
    Error,
    Health,
    Hello,
    IdChecked,
    ItemRemoved,
    Offer,
    OfferReply,
    RestrictedItem,
    ResumedSale,
    Role,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    SaleReference,
    SaleSuspended,
    State,
    Text,
)
from edge.till.schemas import ASYNCAPI_FILE, SCHEMAS_FOLDER, as_text

PROTOCOL = Path(__file__).parents[3] / "docs" / "till-protocol.md"
Json = dict[str, Any]
"""A message in JSON."""

EXAMPLES: list[Json] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", PROTOCOL.read_text(encoding="utf-8"), re.DOTALL)
]
SCHEMAS = {name: Draft202012Validator(schema(data)) for name, data in MESSAGES.items()}

ids, text, count = st.text(min_size=1, max_size=128), st.text(max_size=50), st.integers(0, 10**6)
number = st.floats(0, 150)
age = st.none() | st.builds(AgeInterval, mean=number, low=number, high=number)
reasons = st.lists(st.sampled_from(Reason), max_size=3).map(tuple)
moments = st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))
lines = st.builds(
    BasketLine,
    sku=ids,
    category=st.none() | ids,
    quantity=st.floats(allow_nan=False, allow_infinity=False),
    price=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    restricted=st.booleans(),
)
minimum_age = st.none() | st.integers(1, 100)
items = st.builds(AgeRestrictedItem, sku=st.none() | ids, minimum_age=minimum_age)
checked: dict[str, st.SearchStrategy[object]] = {
    "outcome": st.sampled_from(get_args(CheckOutcome)),
    "cashier_id": st.none() | ids,
    "means": st.none() | st.sampled_from(get_args(CheckMeans)),
    "authorised_by": st.none() | ids,
    "minimum_age": minimum_age,
}
# One strategy per message type.
STRATEGIES: dict[str, st.SearchStrategy[Data]] = {
    "lane.hello": st.builds(Hello, till=ids, role=st.sampled_from(get_args(Role))),
    "lane.sale.opened": st.builds(
        SaleOpened,
        sale_id=ids,
        cashier_id=st.none() | ids,
        training=st.booleans(),
        resumes=st.none() | st.builds(ResumedSale, sale_id=ids, check=st.none() | st.builds(CheckResult, **checked)),
    ),
    "lane.sale.restricted_item": st.builds(RestrictedItem, sale_id=ids, sku=st.none() | ids, minimum_age=minimum_age),
    "lane.sale.item_removed": st.builds(
        ItemRemoved, sale_id=ids, sku=st.none() | ids, remaining=st.none() | st.lists(items, max_size=3).map(tuple)
    ),
    "lane.sale.suspended": st.builds(
        SaleSuspended,
        sale_id=ids,
        cashier_id=st.none() | ids,
        resumed_as=st.none() | st.builds(SaleReference, sale_id=ids),
    ),
    "lane.id.checked": st.builds(IdChecked, sale_id=ids, till=st.none() | ids, **checked),
    "lane.sale.closed": st.builds(
        SaleClosed,
        sale_id=ids,
        completed=st.booleans(),
        cashier_id=st.none() | ids,
        basket=st.lists(lines, max_size=5).map(tuple),
        offer=st.none()
        | st.builds(OfferReply, offer_id=ids, outcome=st.sampled_from(["taken", "refused", "shown", "not-shown"])),
    ),
    "lane.sale.basket": st.builds(SaleBasket, sale_id=ids, basket=st.lists(lines, max_size=5).map(tuple)),
    "lane.offer": st.builds(
        Offer,
        offer_id=ids,
        sale_id=ids,
        lane=text,
        category=st.none() | text,
        sku=st.none() | text,
        text=st.builds(Text, ru=text, en=text),
        issued_at=moments,
    ),
    "lane.ack": st.builds(Ack, message_id=ids, alert_id=st.none() | ids),
    "lane.error": st.builds(
        Error,
        code=st.sampled_from(["malformed", "expired"]),
        text=text,
        message_id=st.none() | text,
        alert_id=st.none() | ids,
        sale_id=st.none() | ids,
    ),
    "lane.alert": st.builds(
        Alert,
        alert_id=ids,
        sale_id=ids,
        lane=text,
        decision=st.sampled_from(Decision),
        reasons=reasons,
        age=age,
        p_under_legal=st.none() | st.floats(0, 1),
        threshold=count,
        samples=count,
        model=text,
        text=st.builds(Text, ru=text, en=text),
        issued_at=moments,
        expires_at=moments,
        grab_to_alert_ms=st.none() | number,
    ),
    "lane.alert.withdrawn": st.builds(AlertWithdrawn, sale_id=ids, lane=text, till=st.none() | ids, issued_at=moments),
    "lane.health": st.builds(
        Health,
        lane=text,
        agent=ids,
        status=st.sampled_from(["ok", "degraded"]),
        problems=st.lists(text, max_size=3).map(tuple),
    ),
    "lane.state": st.builds(
        State,
        lane=text,
        frame=count,
        people=count,
        customer=st.none() | count,
        age=age,
        decision=st.none() | st.sampled_from(Decision),
        reasons=reasons,
        analysing=st.booleans(),
    ),
}


def validity(event: Json) -> tuple[bool, bool]:
    """Whether a message is valid by its schema, and by its model."""
    try:
        parse(json.dumps(event).encode()).content()
    except ValueError:
        return SCHEMAS[event["type"]].is_valid(event), False
    return SCHEMAS[event["type"]].is_valid(event), True


@pytest.mark.parametrize("name", MESSAGES)
def test_the_published_schema_matches_the_model(name: str) -> None:
    file = SCHEMAS_FOLDER / f"{name}.json"
    assert file.read_text(encoding="utf-8") == as_text(MESSAGES[name]), "write it again: python -m edge.till.schemas"


def test_only_the_schemas_of_messages_are_published() -> None:
    assert {file.name for file in SCHEMAS_FOLDER.iterdir()} == {ASYNCAPI_FILE, *(f"{name}.json" for name in MESSAGES)}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_schema_is_valid_and_names_its_version(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name].schema)
    assert SCHEMAS[name].schema["$id"] == f"urn:edge-agent:{name}:1"


@pytest.mark.parametrize("name", STRATEGIES)
@given(st.data())
def test_every_message_matches_its_schema(name: str, data: st.DataObject) -> None:
    message = data.draw(STRATEGIES[name])
    event = wrap(message, id="1", source="/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))
    try:
        SCHEMAS[name].validate(json.loads(event.to_json()))
    except ValidationError as problem:
        pytest.fail(problem.message)
    assert parse(event.to_json().encode()).content().type == name


def test_every_message_type_has_a_strategy() -> None:
    assert set(STRATEGIES) == set(MESSAGES)


def test_the_documentation_has_an_example_of_every_message() -> None:
    assert sorted(example["type"] for example in EXAMPLES) == sorted(MESSAGES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_an_example_matches_its_schema_and_its_model_and_is_parsed_unchanged(example: Json) -> None:
    assert validity(example) == (True, True)
    event = parse(json.dumps(example).encode())
    assert event.content().model_dump(mode="json", include=set(example["data"])) == example["data"]
    assert json.loads(event.to_json())["time"] == example["time"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_unknown_fields_are_allowed(example: Json) -> None:
    newer = {**example, "traceparent": "00-1-2-00", "data": {**example["data"], "colour": "red"}}
    assert validity(newer) == (True, True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_schema_and_model_require_the_same_fields(example: Json) -> None:
    for name in example["data"]:
        shorter = {**example, "data": {key: value for key, value in example["data"].items() if key != name}}
        assert validity(shorter) in ((True, True), (False, False)), name
    for name in ("id", "source", "time", "data"):
        assert validity({key: value for key, value in example.items() if key != name}) == (False, False), name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
@pytest.mark.parametrize("wrong", [{}, [], [{}], "", "x" * 129, -1, 1e9], ids=str)
def test_the_model_accepts_what_the_schema_allows(wrong: object, example: Json) -> None:
    for name in example["data"]:
        by_schema, by_model = validity({**example, "data": {**example["data"], name: wrong}})
        # The schema does not check the format of times.
        if name not in ("issued_at", "expires_at"):
            assert by_model or not by_schema, name


def test_a_message_matches_the_schema_of_its_own_type_only() -> None:
    for example in EXAMPLES:
        assert [name for name, validator in SCHEMAS.items() if validator.is_valid(example)] == [example["type"]]


def test_reasons_and_error_codes_of_newer_agents_are_read() -> None:
    for example in EXAMPLES:
        unknown: dict[str, Json] = {"lane.alert": {"reasons": ["fog", "small"]}, "lane.error": {"code": "teapot"}}
        data = unknown.get(example["type"], {})
        assert validity({**example, "data": {**example["data"], **data}}) == (True, True)


def test_a_decision_of_a_newer_agent_is_read_as_unknown() -> None:
    [alert] = [example for example in EXAMPLES if example["type"] == "lane.alert"]
    content = parse(json.dumps({**alert, "data": {**alert["data"], "decision": "MAYBE"}}).encode()).content()
    assert isinstance(content, Alert)
    assert content.decision is Decision.UNKNOWN


def test_the_agents_own_records_keep_only_known_reasons() -> None:
    [example] = [example for example in EXAMPLES if example["type"] == "lane.alert"]
    alert = parse(json.dumps({**example, "data": {**example["data"], "reasons": ["fog"]}}).encode()).content()
    assert isinstance(alert, Alert)
    with pytest.raises(ModelError, match=r"reasons\.0"):
        alert_record(alert)
