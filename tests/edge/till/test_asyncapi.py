"""The AsyncAPI document: valid by the official schema, complete, and of one mind with the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator

from edge.decision.policy import Reason
from edge.till.asyncapi import document
from edge.till.limits import BURST, MESSAGE_BYTES, MESSAGES_A_SECOND, PENALTY_S, RECEIVED_BYTES, TILLS
from edge.till.meanings import ERROR_MEANINGS, REASON_MEANINGS
from edge.till.messages import FROM_TILLS, MESSAGES, ErrorCode
from edge.till.schemas import ASYNCAPI_FILE, SCHEMAS_FOLDER, asyncapi_text

OFFICIAL = Path(__file__).with_name("asyncapi-3.0.0.json")
PROTOCOL = (Path(__file__).parents[3] / "docs" / "till-protocol.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PROTOCOL, re.DOTALL)]
DOCUMENT = json.loads(asyncapi_text())


def table(header: str) -> list[list[str]]:
    """The rows of a table of the documentation."""
    [rows] = re.findall(rf"^{re.escape(header)}\n\|[-|]+\|\n((?:\|.*\|\n)+)", PROTOCOL, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    elif isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for item in part.values():
            yield from references(item)


def target(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def types_of(reference: str) -> str:
    """The type of the message that a reference to a message of a channel leads to."""
    return str(target(target(reference)["$ref"])["name"])


def test_the_published_document_matches_the_models() -> None:
    published = (SCHEMAS_FOLDER / ASYNCAPI_FILE).read_text(encoding="utf-8")
    assert published == asyncapi_text(), "write it again: python -m edge.till.schemas"


def test_the_document_is_valid_by_the_official_schema() -> None:
    official = Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))
    assert [f"{list(error.absolute_path)}: {error.message}" for error in official.iter_errors(DOCUMENT)] == []
    assert not official.is_valid({**DOCUMENT, "channels": []})


def test_every_reference_leads_somewhere() -> None:
    assert all(target(reference) for reference in references(DOCUMENT))


def test_every_message_is_sent_or_received_and_answered_as_the_protocol_says() -> None:
    replies: dict[str, set[str]] = {}
    actions: dict[str, set[str]] = {}
    for operation in DOCUMENT["operations"].values():
        for message in operation["messages"]:
            name = types_of(message["$ref"])
            actions.setdefault(name, set()).add(operation["action"])
            answers = operation.get("reply", {"messages": []})["messages"]
            replies.setdefault(name, set()).update(types_of(answer["$ref"]) for answer in answers)
    assert actions.keys() == MESSAGES.keys()
    assert {name for name, doing in actions.items() if "receive" in doing} == {data.type for data in FROM_TILLS}
    asked = {data.type for data in FROM_TILLS} - {"lane.ack"}
    assert {name for name, answers in replies.items() if "lane.error" in answers} == asked
    assert replies["lane.alert"] == replies["lane.health"] == {"lane.ack"}
    assert replies["lane.ack"] == replies["lane.offer"] == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_an_example_of_the_documentation_is_a_valid_payload(example: dict[str, Any]) -> None:
    payload = {**DOCUMENT["components"]["messages"][example["type"]]["payload"], "components": DOCUMENT["components"]}
    assert Draft7Validator(payload).is_valid(example)
    assert not Draft7Validator(payload).is_valid({**example, "data": []})


def test_the_table_of_error_codes_is_that_of_the_documentation() -> None:
    assert set(ERROR_MEANINGS) == set(get_args(ErrorCode))
    codes = document()["components"]["messages"]["lane.error"]["x-error-codes"]
    in_document = [[f"`{row['code']}`", row["meaning"], row["to-do"]] for row in codes]
    assert table("| code | what it means | what to do |") == in_document


def test_the_table_of_reasons_is_that_of_the_documentation() -> None:
    assert list(REASON_MEANINGS) == list(Reason)
    reasons = document()["components"]["messages"]["lane.alert"]["x-reasons"]
    assert table("| reason | what it means |") == [[f"`{row['reason']}`", row["meaning"]] for row in reasons]


def test_the_limits_are_those_of_the_documentation() -> None:
    text = " ".join(PROTOCOL.split())
    assert f"up to {TILLS} connections" in text
    assert f"{MESSAGES_A_SECOND:.0f} messages a second, and {BURST} at once" in text
    assert f"ignores a connection that sends more for {PENALTY_S:.0f} s" in text
    assert f"at most {MESSAGE_BYTES // 1024} KiB" in text
    assert f"above {RECEIVED_BYTES // 1024**2} MiB" in text
