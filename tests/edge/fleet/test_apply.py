"""`edge-agent apply` with a real agent: a change is taken over, or the version before is back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.settings.lanes import load_lanes
from tests.agents import AgentProcess
from tests.commands import run_edge_agent
from tests.edge.fleet.conftest import Box
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

CHANGED = "policy.challenge_age = 40"
TAKEN_OVER = r"now with settings \w+ \(policy changed\)"
LIMIT_S = 180.0


def start_apply(box: Box, *words: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "edge", "apply", "--config", box.config, *words]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, env=os.environ | box.variables)


def text_of(box: Box) -> str:
    return box.config.read_text(encoding="utf-8")


def test_a_change_is_taken_over_and_the_version_before_is_kept(box: Box) -> None:
    before, agent = text_of(box), box.run()
    done = box.apply(box.settings(CHANGED))
    assert (done.code, done.err) == (0, "")
    assert done.out == "settings: in place, and every lane is healthy; the version before is lane.toml.before\n"
    assert CHANGED in text_of(box)
    assert box.config.with_name("lane.toml.before").read_text() == before
    agent.wait_for_log(TAKEN_OVER)
    # The record of changes says who it was.
    said = run_edge_agent("report", "changes", "--config", box.config, "--since", "1h", **box.variables)
    assert "policy.challenge_age" in said.out
    assert "apply" in said.out
    # Again, as a timer would.
    assert box.apply(box.settings(CHANGED)).out == "settings: nothing has changed\n"
    # What needs a restart is not done by halves.
    done = box.apply(box.settings(CHANGED + '\nlog_level = "debug"'))
    assert (done.code, done.err) == (
        1,
        "edge: needs a restart: log_level of lane-1; nothing was changed: add --restart\n",
    )
    assert "log_level" not in text_of(box)
    agent.stop()


def test_without_an_agent_the_change_is_in_place_for_its_next_start(box: Box) -> None:
    done = box.apply(box.settings(CHANGED))
    assert (done.code, done.out) == (0, "settings: in place; no agent runs, its next start uses it\n")
    agent = box.run()
    assert load_lanes([], box.config)[0].policy.challenge_age == 40
    agent.stop()


def test_the_version_before_is_put_back_when_the_agent_dies(box: Box) -> None:
    before, agent = text_of(box), box.run()
    applying = start_apply(box, box.settings(CHANGED), "--healthy-within", 10)
    agent.wait_for_log(TAKEN_OVER)
    agent.kill()
    assert applying.wait(LIMIT_S) == 1
    assert text_of(box) == before


def test_a_change_waits_for_the_end_of_an_open_sale(box: Box) -> None:
    agent = box.run()
    till = TillDriver("till-1", agent.reliable)
    till.greet()
    sale = till.open()
    applying = start_apply(box, box.settings(CHANGED))
    agent.wait_for_log("the new settings apply after the open sale")
    assert applying.poll() is None
    till.finish(sale)
    assert applying.wait(LIMIT_S) == 0
    agent.wait_for_log(TAKEN_OVER)
    # A sale that stays open for too long: the change is undone.
    till.open()
    done = box.apply(box.settings(), "--quiet-within", 3)
    assert done.code == 1
    assert "did not use it within 3 s: a sale stays open; the version before is in place again" in done.err
    assert CHANGED in text_of(box)
    till.close()


def test_an_interrupted_change_is_put_back(box: Box) -> None:
    before, agent = text_of(box), box.run()
    new = box.settings(CHANGED)
    # A stop puts it back at once.
    applying = start_apply(box, new, "--healthy-within", 120)
    agent.wait_for_log(TAKEN_OVER)
    applying.terminate()
    assert applying.wait(LIMIT_S) == 130
    assert text_of(box) == before
    agent.wait_for_log(TAKEN_OVER, times=2)
    # A kill, or a power cut, leaves it: the unit puts it back at the next start, and so does the next apply.
    applying = start_apply(box, new, "--healthy-within", 120)
    agent.wait_for_log(TAKEN_OVER, times=3)
    other = box.apply(box.settings())
    assert (other.code, other.err) == (1, f"edge: another edge-agent apply changes {box.config}: wait until it ends\n")
    applying.kill()
    applying.wait(LIMIT_S)
    assert CHANGED in text_of(box)
    done = box.apply("--put-back")
    assert (done.code, done.out) == (
        0,
        f"{box.config}: a change was interrupted; the version before is in place again\n",
    )
    assert text_of(box) == before
    agent.wait_for_log(TAKEN_OVER, times=4)
    agent.stop()


def test_a_model_is_taken_over_and_one_that_fails_its_self_test_is_put_back(
    box: Box, bundle: Path, bad_bundle: Path
) -> None:
    agent = box.run()
    packed = box.folder / "model.tar.gz"
    subprocess.run(["tar", "-czf", packed, "-C", bundle.parent, bundle.name], check=True)
    done = box.apply(packed)
    assert (
        done.out == "model research 9.9: in place, and every lane is healthy; the version before is lane.toml.before\n"
    )
    agent.wait_for_log(r"\(model changed\)")
    (lane,) = load_lanes([], box.config)
    assert lane.model
    assert lane.model.parent == box.folder / "state" / "models"
    assert box.apply(packed).out == "model research 9.9: nothing has changed\n"
    done = box.apply(bad_bundle)
    assert done.code == 1
    assert "its self-test failed; the version before is in place again" in done.err
    assert load_lanes([], box.config) == (lane,)
    agent.stop()


def test_an_agent_that_does_not_answer_is_never_changed(box: Box) -> None:
    before, agent = text_of(box), box.run()
    os.kill(agent.pid, signal.SIGSTOP)
    done = box.apply(box.settings(CHANGED))
    os.kill(agent.pid, signal.SIGCONT)
    assert done.code == 1
    assert f"an agent runs, but does not answer at metrics.listen = {box.address}: restart it first" in done.err
    assert text_of(box) == before
    agent.stop()


def test_another_agents_page_is_no_proof_of_health(box: Box) -> None:
    other = box.folder / "other"
    other.mkdir()
    theirs = Box(other, box.address, box.start)
    theirs.config.parent.mkdir()
    theirs.settings(name="etc/lane.toml")
    agent: AgentProcess = box.start("--config", theirs.config, folder=other, variables=box.variables)
    agent.wait_until_serving()
    done = box.apply(box.settings(CHANGED))
    assert done.code == 1
    assert f"runs with {theirs.config}, not with {box.config}: name its settings with --config" in done.err
    agent.stop()
