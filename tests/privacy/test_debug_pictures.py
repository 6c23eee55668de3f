"""Pictures are kept only where a flag asks for them, and then whoever looks at the agent is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edge.till.messages import Alert, Health, Hello, RestrictedItem, SaleOpened
from edge.till.reference.dealer import Till


def test_the_flag_marks_the_health_and_every_line_of_the_log(demo_clip: Path, tmp_path: Path) -> None:
    reliable = f"ipc://{tmp_path}/reliable"
    flags = ["--till.reliable", reliable, "--till.live", f"ipc://{tmp_path}/live", "--state-dir", f"{tmp_path}/state"]
    command = [sys.executable, "-m", "edge", "run", "--video", str(demo_clip), *flags]
    with subprocess.Popen(
        [*command, "--debug-pictures", f"{tmp_path}/kept"], stderr=subprocess.PIPE, text=True
    ) as agent:
        till = Till("till-1", reliable)
        for message in (Hello(till="till-1"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
            till.send(message)
        heard = [till.receive(60)]
        while not {Alert, Health} <= {type(one) for one in heard}:
            heard.append(till.receive(60))
        till.close()
        agent.terminate()
        lines = agent.communicate(timeout=60)[1].splitlines()
    assert agent.returncode == 0
    (health, *_) = (one for one in heard if isinstance(one, Health))
    assert "the picture behind every answer is kept on the disk" in health.problems
    assert len(lines) > 3
    assert all(line.startswith("edge-agent: PICTURES KEPT: ") for line in lines)
    (alert, *_) = (one for one in heard if isinstance(one, Alert))
    assert [file.name for file in tmp_path.glob("kept/lane-1/*.jpg") if alert.alert_id in file.name]
