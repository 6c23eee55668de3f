"""Several lanes in one process, each with its own till, and one age model for all."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agents import StartAgent, box_config
from tests.commands import EdgeAgent
from tests.screens import wait_for_customer
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

LANES = ("lane-1", "wine", "lane-3")


def config_of(clip: Path, folder: Path) -> Path:
    """Settings of three lanes, all on this clip."""
    return box_config(folder, dict.fromkeys(LANES, f'video = "{clip}"'), 'mode = "on-sale"')


def test_every_lane_answers_its_own_till_about_its_own_sale(
    long_clip: Path, tmp_path: Path, start_agent: StartAgent
) -> None:
    box = start_agent("--config", config_of(long_clip, tmp_path))
    with ExitStack() as opened:
        tills = {lane: TillDriver(f"till-of-{lane}", f"ipc://{tmp_path}/{lane}") for lane in LANES}
        for till in tills.values():
            opened.callback(till.close)
            till.greet()
        sales = {lane: till.open() for lane, till in tills.items()}
        for lane in LANES:
            wait_for_customer(f"ipc://{tmp_path}/{lane}-live", lane)
        for lane, till in tills.items():
            till.scan(sales[lane])
        answers = {lane: till.answer() for lane, till in tills.items()}
        for lane, till in tills.items():
            till.finish(sales[lane])
    for lane, answer in answers.items():
        assert (answer.lane, answer.sale_id) == (lane, sales[lane])
        assert answer.age, f"{lane} did not estimate the age of its customer"
    log = box.stop()
    assert sorted(path.name for path in box.state.iterdir()) == sorted(LANES)
    for lane in LANES:
        assert f" INFO {lane}: tills connect to" in log
        assert f"{lane}: lane {lane}" not in log
    assert log.count("age model research") == 1


def test_the_agent_ends_when_all_recordings_have_ended(moment: Path, tmp_path: Path, start_agent: StartAgent) -> None:
    log = start_agent("--config", config_of(moment, tmp_path)).wait()
    for lane in LANES:
        assert [line for line in log.splitlines() if f" INFO {lane}: " in line and "frames in" in line]


def test_a_lane_that_cannot_start_ends_the_agent_with_one_line(
    tmp_path: Path, moment: Path, edge_agent: EdgeAgent
) -> None:
    config = box_config(tmp_path, dict.fromkeys(LANES[:2], f'video = "{moment}"'))
    config.write_text(config.read_text(encoding="utf-8").replace('/wine"', '/no/such/folder"'), encoding="utf-8")
    run = edge_agent("run", "--config", config)
    assert run.code == 2
    assert "Traceback" not in run.err
    assert "no/such/folder" in run.err.splitlines()[-1]
