"""No alert is lost, none is shown twice or in another sale, and the audit log holds, whatever breaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

KILLS = 200
TROUBLES = 12

Start = Callable[..., "subprocess.Popen[str]"]


def start(module: str, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"tests.proof.{module}", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate(timeout=600)
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    print(found)
    return found


def test_killing_the_agent_or_the_till_at_any_instant_breaks_no_promise(capsys: pytest.CaptureFixture[str]) -> None:
    running = [start("crash", "--kills", KILLS, "--victim", victim) for victim in ("agent", "till")]
    with capsys.disabled():
        by_agent, by_till = (result(process) for process in running)
    for found in (by_agent, by_till):
        assert found["broken"] == []
        assert found["till_ended"]
        assert found["kills"] == KILLS
        assert found["received"] + found["expired"] == found["alerts"]
    # The experiment means something only if sales went on between the kills.
    assert by_agent["received"] > KILLS / 8
    assert by_till["shown"] > KILLS / 8


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("tc"), reason="network namespaces need root and iproute2")
def test_cutting_and_slowing_the_network_breaks_no_promise(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        found = result(start("network", "--troubles", TROUBLES))
    assert found["broken"] == []
    assert found["till_ended"]
    assert found["received"] > TROUBLES / 2
