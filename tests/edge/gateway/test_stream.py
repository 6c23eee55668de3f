"""Server-Sent Events: each message once, the screen each second, and `Last-Event-ID` continues."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.gateways import LIMIT_S, HttpTill

pytestmark = pytest.mark.slow


def events(till: HttpTill, last: str = "") -> Iterator[dict[str, str]]:
    """The events of the stream, with their fields."""
    url = f"{till.address}/v1/tills/till-1/stream"
    asked = urllib.request.Request(url, headers={"Last-Event-ID": last} if last else {})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=LIMIT_S) as stream:
        found: dict[str, str] = {}
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                found[name] = value
            else:
                yield found
                found = {}


def test_a_message_comes_once_and_the_screen_each_second(till: HttpTill) -> None:
    sale_id = till.open()
    till.scan(sale_id)
    seen: list[dict[str, str]] = []
    for each in events(till):
        seen.append(each)
        if [one for one in seen if one.get("event") == "lane.alert"] and len(seen) > 5:
            break
    alert = next(each for each in seen if each.get("event") == "lane.alert")
    assert json.loads(alert["data"])["data"]["sale_id"] == sale_id
    identities = [each["id"] for each in seen if "id" in each]
    assert len(identities) == len(set(identities))
    screens = [json.loads(each["data"]) for each in seen if each.get("event") == "screen"]
    assert any(each["screen"]["sale_id"] == sale_id for each in screens)
    continued = events(till, identities[-1])
    assert next(continued) == {"retry": "500"}
    following = [next(continued) for _ in range(2)]
    assert identities[-1] not in [each.get("id") for each in following]
