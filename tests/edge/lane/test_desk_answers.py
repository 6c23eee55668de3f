"""Whatever a till sends with a readable id is answered exactly once, over real sockets."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.till.messages import FROM_TILLS, Ack, Error, Hello
from tests.edge.lane.shop import Shop

numbers = itertools.count()
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""
types = st.sampled_from([data.type for data in FROM_TILLS if data is not Ack] + ["lane.alert", "lane.dance"]) | anything
fields = st.dictionaries(
    st.sampled_from(["sale_id", "basket", "outcome", "till", "role", "sku", "minimum_age", "remaining", "resumes"]),
    st.sampled_from(["sale-1", "sale-2", "till-1", "passed", "display"]) | anything,
)


@pytest.fixture(scope="module")
def only_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    yield shop
    shop.close()


# An agent accepts 200 messages at once, and then 50 a second.
@settings(max_examples=80)
@given(
    event=st.dictionaries(st.sampled_from(["time", "source", "other"]), anything), type=types, data=fields | anything
)
def test_a_json_object_with_an_id_gets_exactly_one_answer(
    event: dict[str, Any], type: object, data: object, only_shop: Shop
) -> None:
    number = next(numbers)
    only_shop.socket("till-1").send(json.dumps({**event, "type": type, "data": data, "id": f"odd-{number}"}).encode())
    # The agent answers in order, so this answer is the later one.
    only_shop.ask(Hello(till="till-1"), message_id=f"hello-{number}")
    answers = [answer for _, answer in only_shop.inbox["till-1"] if isinstance(answer, Ack | Error)]
    assert [answer.message_id for answer in answers].count(f"odd-{number}") == 1
