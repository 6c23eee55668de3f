"""Several lanes in one process, as a box in a shop runs them: each with its own till, one age model for all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till

LANES = ("lane-1", "wine", "lane-3")


@pytest.fixture
def box(demo_clip: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An agent with three lanes, all on the drawn clip."""
    tables = (
        f'[[lane]]\nname = "{lane}"\ntill.reliable = "ipc://{tmp_path}/{lane}"\ntill.live = "ipc://{tmp_path}/{lane}-live"\n'
        for lane in LANES
    )
    config = f'video = "{demo_clip}"\nstate_dir = "{tmp_path}/state"\nmode = "on-sale"\n' + "".join(tables)
    (tmp_path / "box.toml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "edge", "run", "--config", str(tmp_path / "box.toml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        yield agent
        agent.kill()


@pytest.fixture
def tills(box: subprocess.Popen[str], tmp_path: Path) -> Iterator[dict[str, Till]]:
    found = {lane: Till(f"till-of-{lane}", f"ipc://{tmp_path}/{lane}") for lane in LANES}
    for lane, till in found.items():
        till.send(Hello(till=f"till-of-{lane}"))
    for till in found.values():
        assert till.receive(60)
    yield found
    for till in found.values():
        till.close()


def first_alert(till: Till, seconds: float) -> Alert | None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        if isinstance(message := till.receive(left_s), Alert):
            return message
    return None


def test_every_lane_answers_its_own_till_about_its_own_sale_at_once(
    tills: dict[str, Till], box: subprocess.Popen[str], tmp_path: Path
) -> None:
    for lane, till in tills.items():
        till.send(SaleOpened(sale_id=f"sale-at-{lane}"))
    time.sleep(3)  # the customers walk up, and are looked at
    for lane, till in tills.items():
        till.send(RestrictedItem(sale_id=f"sale-at-{lane}"))
    answers = {lane: first_alert(till, 3) for lane, till in tills.items()}
    for lane, till in tills.items():
        till.send(SaleClosed(sale_id=f"sale-at-{lane}"))
    for lane, answer in answers.items():
        assert answer, f"{lane} said nothing"
        assert (answer.lane, answer.sale_id) == (lane, f"sale-at-{lane}")
        assert answer.age, f"{lane} did not look at its customer"
    time.sleep(0.5)
    box.send_signal(signal.SIGTERM)
    _, log = box.communicate(timeout=20)
    assert box.returncode == 0, log
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == sorted(LANES)
    for lane in LANES:
        assert f"edge-agent: {lane}: " in log
    assert log.count("age model research") == 1


def test_the_lanes_end_together_and_well_when_their_recordings_do(box: subprocess.Popen[str]) -> None:
    _, log = box.communicate(timeout=60)
    assert box.returncode == 0, log
    for lane in LANES:
        assert [line for line in log.splitlines() if line.startswith(f"edge-agent: {lane}: ") and "frames in" in line]


def test_a_lane_that_cannot_start_is_one_line_and_leaves_nothing_running(tmp_path: Path, demo_clip: Path) -> None:
    config = f'video = "{demo_clip}"\nstate_dir = "{tmp_path}/state"\n' + "".join(
        f'[[lane]]\nname = "{lane}"\ntill.reliable = "ipc://{tmp_path}/{where}"\ntill.live = "ipc://{tmp_path}/{lane}-l"\n'
        for lane, where in (("lane-1", "lane-1"), ("wine", "no/such/folder"))
    )
    (tmp_path / "box.toml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "edge", "run", "--config", str(tmp_path / "box.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "no/such/folder" in ended.stderr.splitlines()[-1]
