"""Metrics and health of a running agent, read over HTTP as Prometheus does."""

from __future__ import annotations

import json
import math
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.agents import AgentProcess, StartAgent, box_config
from tests.commands import EdgeAgent, Json
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

TILL_CLOCKS = "edge_agent_till_clock_skew_seconds"
DOCS = Path(__file__).parents[1] / "docs" / "metrics.md"


class Monitor:
    """The metrics and the health of a running agent, read over HTTP."""

    def __init__(self, agent: AgentProcess) -> None:
        self._address = agent.metrics_address()

    def healthz(self) -> tuple[int, Json]:
        """The HTTP status and the body of /healthz."""
        try:
            with urllib.request.urlopen(f"{self._address}/healthz", timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)

    def parts(self) -> dict[str, list[str]]:
        """The parts with a problem in each lane."""
        lanes = self.healthz()[1]["lanes"]
        return {lane["lane"]: [problem["part"] for problem in lane["problems"]] for lane in lanes}

    def text(self) -> str:
        """The body of /metrics."""
        with urllib.request.urlopen(f"{self._address}/metrics", timeout=30) as answer:
            body: bytes = answer.read()
        return body.decode()

    def read(self, name: str, **labels: str) -> float:
        """The sum of all samples with this name and these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the condition holds, for a minute at most."""
        end_s = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end_s, f"{what} did not come; now {self.healthz()}\n{self.text()}"
            time.sleep(0.1)


@pytest.fixture
def agent(long_clip: Path, start_agent: StartAgent) -> AgentProcess:
    """An agent whose camera shows a customer who stays."""
    return start_agent("--video", long_clip, "--store", "hill", "--box", "hill-03")


@pytest.fixture
def monitor(agent: AgentProcess) -> Monitor:
    return Monitor(agent)


@pytest.fixture
def till(agent: AgentProcess) -> Iterator[TillDriver]:
    till = TillDriver("till-7", agent.reliable)
    till.greet()
    yield till
    till.close()


def test_a_sale_can_be_followed_in_the_metrics(till: TillDriver, monitor: Monitor) -> None:
    sale_id = till.open()
    monitor.wait_for(lambda: monitor.read("edge_agent_faces_total", outcome="estimated") >= 3, "three samples")
    assert monitor.read("edge_agent_decisions_total") == 0
    till.scan(sale_id)
    alert = till.answer()
    till.finish(sale_id)
    monitor.wait_for(lambda: monitor.read("edge_agent_sales_total", ended="completed") == 1, "the end of the sale")

    decisions = monitor.read("edge_agent_decisions_total")
    assert decisions >= 1
    assert monitor.read("edge_agent_decisions_total", decision=alert.decision.value) >= 1
    for reason in alert.reasons:
        assert monitor.read("edge_agent_decision_reasons_total", decision=alert.decision.value, reason=reason) >= 1
    # On a busy machine a second decision may come when the sale is about to end.
    late = monitor.read("edge_agent_alerts_expired_total")
    assert monitor.read("edge_agent_grab_to_ack_seconds_count") == decisions - late
    assert monitor.read("edge_agent_grab_to_ack_seconds_sum") > 0
    assert monitor.read("edge_agent_scan_to_ack_seconds_count") == 1
    assert monitor.read("edge_agent_outbox_alerts") == 0
    till.greet()
    assert monitor.read("edge_agent_tills") == 1
    analysed = monitor.read("edge_agent_frames_total", outcome="analysed")
    for stage in ("detect", "track"):
        assert monitor.read("edge_agent_stage_seconds_count", stage=stage) >= analysed
    assert monitor.read("edge_agent_stage_seconds_count", stage="age") == monitor.read("edge_agent_age_batches_total")
    assert monitor.read("edge_agent_age_model_info", chosen="cpu") == 1


def test_no_label_has_a_value_of_one_customer(till: TillDriver, monitor: Monitor) -> None:
    """Labels are words from short lists: with a sale or a track in them the series would grow without end."""
    sale_id = till.open()
    till.scan(sale_id)
    monitor.wait_for(lambda: monitor.read("edge_agent_decisions_total") >= 1, "a decision")
    text = monitor.text()
    labels = {name for name, _ in re.findall(r'[{,](\w+)="([^"]*)"', text)}
    own = {"version", "implementation", "major", "minor", "patchlevel"}
    assert labels - own == {
        *("store", "box", "lane", "till", "part", "outcome", "reason", "stage", "decision", "ended", "type", "le"),
        *("model", "hash", "chosen", "backend"),
    }  # fmt: skip
    assert sale_id not in text
    named = {line.partition("{")[0] for line in text.splitlines() if "till-7" in line}
    assert named <= {TILL_CLOCKS}, "only the clocks of connected tills, which are few"


def test_every_series_names_the_store_and_the_box(monitor: Monitor) -> None:
    monitor.wait_for(lambda: monitor.read("edge_agent_frame_age_seconds"), "the first frame")
    samples = [sample for family in text_string_to_metric_families(monitor.text()) for sample in family.samples]
    assert {sample.name for sample in samples} > {"process_start_time_seconds", "edge_agent_build_info"}
    assert {(sample.labels.get("store"), sample.labels.get("box")) for sample in samples} == {("hill", "hill-03")}


def test_the_manual_lists_every_metric_and_each_is_there_before_its_first_event(monitor: Monitor) -> None:
    """A rate over a series that begins with its first event would not see that event."""
    listed = re.findall(r"^\| `(edge_agent_\w+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    monitor.wait_for(lambda: monitor.read("edge_agent_frame_age_seconds"), "the first frame")
    text = monitor.text()
    assert listed
    missing = [name for name in listed if not re.search(rf"^{name}(_count)?[ {{]", text, re.MULTILINE)]
    assert missing == [TILL_CLOCKS], "no till is connected"
    exposed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ") and "edge_agent" in line}
    assert set(listed) == exposed


def test_a_healthy_agent_reports_ok(monitor: Monitor) -> None:
    lanes = [{"lane": "lane-1", "status": "ok", "problems": []}]
    ok = {"status": "ok", "store": "hill", "box": "hill-03", "lanes": lanes}

    def says_ok() -> bool:
        code, page = monitor.healthz()
        agent = page.pop("agent")
        return (code, page) == (200, ok) and agent["pid"] > 0 and agent["rejected"] == ""

    monitor.wait_for(says_ok, "health")
    monitor.wait_for(lambda: monitor.read("edge_agent_problem") == 0, "a metric without a problem")
    assert 0 <= monitor.read("edge_agent_frame_age_seconds") < math.inf


def test_a_missing_camera_is_a_problem_of_its_lane_alone(
    long_clip: Path, tmp_path: Path, start_agent: StartAgent
) -> None:
    sources = {"lane-1": f'video = "{long_clip}"', "wine": 'camera = "/dev/no-such-camera"'}
    monitor = Monitor(start_agent("--config", box_config(tmp_path, sources)))
    monitor.wait_for(lambda: monitor.parts() == {"lane-1": [], "wine": ["camera"]}, "the lanes' health")
    status, health = monitor.healthz()
    assert (status, health["status"]) == (503, "degraded")
    blind = health["lanes"][1]
    assert (blind["lane"], blind["status"]) == ("wine", "degraded")
    assert blind["problems"][0]["text"]
    assert monitor.read("edge_agent_problem", lane="wine", part="camera") == 1
    monitor.wait_for(lambda: monitor.read("edge_agent_problem") == 1, "a single problem")


def test_a_state_folder_that_cannot_be_written_is_a_problem(
    long_clip: Path, tmp_path: Path, start_agent: StartAgent
) -> None:
    (tmp_path / "state").write_text("not a folder")
    monitor = Monitor(start_agent("--video", long_clip, "--keys-dir", tmp_path / "keys"))
    monitor.wait_for(lambda: monitor.parts() == {"lane-1": ["record"]}, "the lane's health")
    assert monitor.healthz()[0] == 503
    assert monitor.read("edge_agent_problem", part="record") == 1


def test_metrics_can_be_switched_off(moment: Path, start_agent: StartAgent) -> None:
    assert "metrics on" not in start_agent("--video", moment, "--metrics.listen", "off").wait()


def test_a_public_address_for_metrics_is_rejected(moment: Path, edge_agent: EdgeAgent, tmp_path: Path) -> None:
    sockets = ("--till.reliable", f"ipc://{tmp_path}/reliable", "--till.live", f"ipc://{tmp_path}/live")
    own = ("--video", moment, *sockets, "--state-dir", tmp_path / "state")
    run = edge_agent("run", *own, "--metrics.listen", "0.0.0.0:9464")
    assert run.code == 2
    [line] = run.err.splitlines()
    assert "can be read from other machines: use 127.0.0.1:PORT" in line
