"""What a running agent tells those who watch over it, read over HTTP as Prometheus does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.commands import EdgeAgent

DOCS = Path(__file__).parents[1] / "docs" / "metrics.md"


class Box:
    """A running agent, seen from outside."""

    def __init__(self, address: str) -> None:
        self._address = address

    def healthz(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"{self._address}/healthz", timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)

    def text(self) -> str:
        with urllib.request.urlopen(f"{self._address}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def read(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name with these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def until(self, found: Callable[[], Any], what: str) -> None:
        give_up_s = time.monotonic() + 30
        while not found():
            assert time.monotonic() < give_up_s, f"{what} did not come; now {self.healthz()}\n{self.text()}"
            time.sleep(0.1)


@contextmanager
def running(*flags: object) -> Iterator[Box]:
    command = [sys.executable, "-m", "edge", "run", *map(str, flags)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        assert agent.stderr
        try:
            said = ""
            for line in agent.stderr:
                said += line
                if address := re.search(r"metrics on (http://127\.0\.0\.1:\d+)/metrics, health on \1/healthz", line):
                    yield Box(address[1])
                    break
            else:
                pytest.fail(f"the agent did not start: {said}")
        finally:
            agent.terminate()
            agent.communicate(timeout=30)


def lane_flags(clip: Path, folder: Path) -> list[object]:
    sockets = ["--till.reliable", f"ipc://{folder}/reliable", "--till.live", f"ipc://{folder}/live"]
    return ["--video", clip, *sockets, "--state-dir", folder / "state"]


def test_a_sale_can_be_followed_in_the_metrics(demo_clip: Path, tmp_path: Path) -> None:
    with running(*lane_flags(demo_clip, tmp_path)) as box:
        till = Till("till-7", f"ipc://{tmp_path}/reliable")
        for message in (Hello(till="till-7"), SaleOpened(sale_id="s-1")):
            till.send(message)
        box.until(lambda: box.read("edge_agent_faces_total", outcome="estimated") >= 3, "three looks")
        assert box.read("edge_agent_decisions_total") == 0
        till.send(RestrictedItem(sale_id="s-1"))
        while not isinstance(answer := till.receive(30), Alert):
            pass
        till.send(SaleClosed(sale_id="s-1"))
        box.until(lambda: box.read("edge_agent_sales_total", ended="completed") == 1, "the end of the sale")

        told = box.read("edge_agent_decisions_total")
        assert told >= 1
        assert box.read("edge_agent_decisions_total", decision=answer.decision.value) >= 1
        for reason in answer.reasons:
            assert box.read("edge_agent_decision_reasons_total", decision=answer.decision.value, reason=reason) >= 1
        assert box.read("edge_agent_grab_to_ack_seconds_count") == told
        assert 0 < box.read("edge_agent_grab_to_ack_seconds_sum") < 5 * told
        assert box.read("edge_agent_scan_to_ack_seconds_count") == 1
        assert box.read("edge_agent_outbox_alerts") == box.read("edge_agent_alerts_expired_total") == 0
        assert box.read("edge_agent_tills") == 1
        analysed = box.read("edge_agent_frames_total", outcome="analysed")
        for stage in ("detect", "track"):
            assert box.read("edge_agent_stage_seconds_count", stage=stage) >= analysed
        assert box.read("edge_agent_stage_seconds_count", stage="age") == box.read("edge_agent_age_batches_total")
        assert box.read("edge_agent_age_model_info", chosen="cpu") == 1
        till.close()


def test_no_two_samples_differ_by_what_only_one_customer_has(demo_clip: Path, tmp_path: Path) -> None:
    """Labels are words from short lists: a sale, a till or a track among them would grow without end."""
    with running(*lane_flags(demo_clip, tmp_path)) as box:
        till = Till("till-7", f"ipc://{tmp_path}/reliable")
        for message in (Hello(till="till-7"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
            till.send(message)
        box.until(lambda: box.read("edge_agent_decisions_total") >= 1, "an answer")
        text = box.text()
        till.close()
    labels = {name for name, _ in re.findall(r'[{,](\w+)="([^"]*)"', text)}
    own = {"version", "implementation", "major", "minor", "patchlevel"}
    assert labels - own == {
        *("lane", "part", "outcome", "reason", "stage", "decision", "ended", "le"),
        *("model", "hash", "chosen", "backend"),
    }  # fmt: skip
    assert "s-1" not in text
    assert "till-7" not in text


def test_all_that_the_manual_lists_is_there_before_anything_has_happened(demo_clip: Path, tmp_path: Path) -> None:
    """A rate over a series that begins with its first event does not see that event."""
    listed = re.findall(r"^\| `(edge_agent_\w+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    with running(*lane_flags(demo_clip, tmp_path)) as box:
        box.until(lambda: box.read("edge_agent_frame_age_seconds"), "the first frame")
        text = box.text()
    assert listed
    assert [name for name in listed if not re.search(rf"^{name}(_count)?[ {{]", text, re.MULTILINE)] == []


def test_a_box_that_is_well_says_so(demo_clip: Path, tmp_path: Path) -> None:
    with running(*lane_flags(demo_clip, tmp_path)) as box:
        box.until(lambda: box.healthz()[0] == 200, "health")
        well = {"status": "ok", "lanes": [{"lane": "lane-1", "status": "ok", "problems": []}]}
        assert box.healthz() == (200, well)
        assert box.read("edge_agent_problem") == 0
        assert 0 <= box.read("edge_agent_frame_age_seconds") < 5


def test_a_box_with_one_lane_whose_camera_is_not_there_says_which_and_why(demo_clip: Path, tmp_path: Path) -> None:
    sources = {"lane-1": f'video = "{demo_clip}"', "wine": 'camera = "/dev/no-such-camera"'}
    config = f'state_dir = "{tmp_path}/state"\n' + "".join(
        f'[[lane]]\nname = "{lane}"\n{source}\ntill.reliable = "ipc://{tmp_path}/{lane}"\n'
        f'till.live = "ipc://{tmp_path}/{lane}-live"\n'
        for lane, source in sources.items()
    )
    (tmp_path / "box.toml").write_text(config, encoding="utf-8")
    with running("--config", tmp_path / "box.toml") as box:
        box.until(lambda: box.read("edge_agent_problem", lane="lane-1") == 0, "a lane that is well")
        status, health = box.healthz()
        assert (status, health["status"]) == (503, "degraded")
        well, ailing = health["lanes"]
        assert (well["lane"], well["status"], well["problems"]) == ("lane-1", "ok", [])
        assert (ailing["lane"], ailing["status"]) == ("wine", "degraded")
        assert [problem["part"] for problem in ailing["problems"]] == ["camera"]
        assert ailing["problems"][0]["text"]
        assert box.read("edge_agent_problem", lane="wine", part="camera") == 1
        assert box.read("edge_agent_problem", lane="wine") == 1


def test_a_record_that_cannot_be_kept_shows(demo_clip: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with running(*lane_flags(demo_clip, tmp_path), "--keys-dir", tmp_path / "keys") as box:
        box.until(lambda: box.read("edge_agent_problem", part="camera") == 0, "a picture")
        status, health = box.healthz()
        assert status == 503
        assert [problem["part"] for problem in health["lanes"][0]["problems"]] == ["record"]
        assert box.read("edge_agent_problem", part="record") == 1


def test_the_manual_names_every_metric_and_no_other(demo_clip: Path, tmp_path: Path) -> None:
    with running(*lane_flags(demo_clip, tmp_path)) as box:
        exposed = {
            line.split()[2] for line in box.text().splitlines() if line.startswith("# TYPE ") and "edge_agent" in line
        }
    manual = set(re.findall(r"^\| `(edge_agent_\w+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert manual == exposed


def test_metrics_can_be_switched_off(moment: Path, edge_agent: EdgeAgent, tmp_path: Path) -> None:
    run = edge_agent("run", *lane_flags(moment, tmp_path), "--metrics.listen", "off")
    assert run.code == 0
    assert "metrics on" not in run.err


def test_an_address_that_others_can_reach_has_to_be_meant(moment: Path, edge_agent: EdgeAgent, tmp_path: Path) -> None:
    run = edge_agent("run", *lane_flags(moment, tmp_path), "--metrics.listen", "0.0.0.0:9464")
    assert run.code == 2
    [line] = run.err.splitlines()
    assert "can be read from other machines: use 127.0.0.1:PORT" in line
