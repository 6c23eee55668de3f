"""The `source` of a lane's events: no two lanes of a chain have the same."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from edge.lane.events import EventLog
from edge.lane.publisher import Publisher, source_of
from edge.settings.config import Settings
from edge.till.identity import ReplayIdentity
from edge.till.messages import Hello


def test_an_event_names_the_store_the_box_and_the_lane() -> None:
    settings = Settings(store="hill", box="hill-03", lane="wine")
    event = Publisher(settings, ReplayIdentity(), EventLog(None)).wrap(Hello(till="till-1"), 0.0)
    assert event.source == "/edge-agent/hill/hill-03/wine"


@pytest.mark.parametrize("store", ["Магазин 12", "a/b", "50% off?#", "//hill"])
def test_any_name_of_a_store_is_one_part_of_a_uri(store: str) -> None:
    source = source_of(Settings(store=store, box="hill-03", lane="wine"))
    assert source.isascii()
    empty, agent, part, box, lane = source.split("/")
    assert (empty, agent, unquote(part), box, lane) == ("", "edge-agent", store, "hill-03", "wine")
