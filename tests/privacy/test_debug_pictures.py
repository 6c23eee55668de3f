"""Pictures are kept only when a flag says so, and then the health and the log say so, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.till.messages import Alert, Health, Hello, RestrictedItem, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import StartAgent

pytestmark = pytest.mark.slow


def test_the_flag_marks_the_health_and_every_line_of_the_log(
    long_clip: Path, tmp_path: Path, start_agent: StartAgent
) -> None:
    agent = start_agent("--video", long_clip, "--debug-pictures", tmp_path / "kept")
    till = Till("till-1", agent.reliable)
    for message in (Hello(till="till-1"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
        till.send(message)
    received = [till.receive(60)]
    while not {Alert, Health} <= {type(message) for message in received}:
        received.append(till.receive(60))
    till.close()
    lines = agent.stop().splitlines()
    (health, *_) = (message for message in received if isinstance(message, Health))
    assert "the picture behind every answer is kept on the disk" in health.problems
    assert len(lines) > 3
    assert all(re.match(r"\S+ [A-Z]+ PICTURES KEPT: ", line) for line in lines)
    (alert, *_) = (message for message in received if isinstance(message, Alert))
    assert [file.name for file in tmp_path.glob("kept/lane-1/*.jpg") if alert.alert_id in file.name]
