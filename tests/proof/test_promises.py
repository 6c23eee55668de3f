"""No alert is lost, none is shown twice or in another sale, and the audit log stays valid, after any kill or cut.

These are short runs. `make proof` runs long ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import Json

pytestmark = [pytest.mark.slow, pytest.mark.alone]

KILLS = 60
DISTURBANCES = 6


def start(module: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"tests.proof.{module}", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2]
    )


def result(process: subprocess.Popen[str]) -> Json:
    out, _ = process.communicate(timeout=600)
    verdict: Json = json.loads(out.splitlines()[-1])
    print(verdict)
    return verdict


def test_killing_agent_till_or_gateway_at_any_instant_breaks_no_promise() -> None:
    running = [start("crash", "--kills", KILLS, "--victim", victim) for victim in ("agent", "till", "gateway")]
    of_agent, of_till, of_gateway = (result(process) for process in running)
    for verdict in (of_agent, of_till, of_gateway):
        assert verdict["broken"] == []
        assert verdict["till_ended"]
        assert verdict["kills"] == KILLS
        assert verdict["received"] + verdict["expired"] == verdict["alerts"]
    # The result means something only if sales went on between the kills.
    assert of_agent["received"] > KILLS / 8
    assert of_till["shown"] > KILLS / 8
    assert of_gateway["received"] > KILLS / 8


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("tc"), reason="network namespaces need root and iproute2")
def test_cutting_and_slowing_the_network_breaks_no_promise() -> None:
    verdict = result(start("network", "--disturbances", DISTURBANCES))
    assert verdict["broken"] == []
    assert verdict["till_ended"]
    assert verdict["received"] > DISTURBANCES / 2
