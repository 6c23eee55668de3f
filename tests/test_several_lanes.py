"""Several lanes in one process, each with its own till, and one age model for all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import AgentProcess, StartAgent, box_config
from tests.commands import EdgeAgent

pytestmark = pytest.mark.slow

LANES = ("lane-1", "wine", "lane-3")


@pytest.fixture
def box(demo_clip: Path, tmp_path: Path, start_agent: StartAgent) -> AgentProcess:
    """An agent with three lanes, all on the drawn clip."""
    config = box_config(tmp_path, dict.fromkeys(LANES, f'video = "{demo_clip}"'), 'mode = "on-sale"')
    return start_agent("--config", config)


@pytest.fixture
def tills(box: AgentProcess) -> Iterator[dict[str, Till]]:
    """One till for each lane, greeted by its lane."""
    tills = {lane: Till(f"till-of-{lane}", f"ipc://{box.folder}/{lane}") for lane in LANES}
    for lane, till in tills.items():
        till.send(Hello(till=f"till-of-{lane}"))
    for till in tills.values():
        assert till.receive(60)
    yield tills
    for till in tills.values():
        till.close()


def first_alert(till: Till, seconds: float) -> Alert | None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        if isinstance(message := till.receive(left_s), Alert):
            return message
    return None


def test_every_lane_answers_its_own_till_about_its_own_sale(tills: dict[str, Till], box: AgentProcess) -> None:
    for lane, till in tills.items():
        till.send(SaleOpened(sale_id=f"sale-at-{lane}"))
    time.sleep(3)  # the customers walk up, and their ages are estimated
    for lane, till in tills.items():
        till.send(RestrictedItem(sale_id=f"sale-at-{lane}"))
    answers = {lane: first_alert(till, 3) for lane, till in tills.items()}
    for lane, till in tills.items():
        till.send(SaleClosed(sale_id=f"sale-at-{lane}"))
    for lane, answer in answers.items():
        assert answer, f"no alert from {lane}"
        assert (answer.lane, answer.sale_id) == (lane, f"sale-at-{lane}")
        assert answer.age, f"{lane} did not estimate the age of its customer"
    time.sleep(0.5)
    log = box.stop(within_s=20)
    assert sorted(path.name for path in box.state.iterdir()) == sorted(LANES)
    for lane in LANES:
        assert f"edge-agent: {lane}: " in log
    assert log.count("age model research") == 1


def test_the_agent_ends_when_all_recordings_have_ended(box: AgentProcess) -> None:
    log = box.wait()
    for lane in LANES:
        assert [line for line in log.splitlines() if line.startswith(f"edge-agent: {lane}: ") and "frames in" in line]


def test_a_lane_that_cannot_start_ends_the_agent_with_one_line(
    tmp_path: Path, demo_clip: Path, edge_agent: EdgeAgent
) -> None:
    config = box_config(tmp_path, dict.fromkeys(LANES[:2], f'video = "{demo_clip}"'))
    config.write_text(config.read_text(encoding="utf-8").replace('/wine"', '/no/such/folder"'), encoding="utf-8")
    run = edge_agent("run", "--config", config)
    assert run.code == 2
    assert "Traceback" not in run.err
    assert "no/such/folder" in run.err.splitlines()[-1]
