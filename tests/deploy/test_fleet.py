"""The playbook and the units of docs/fleet.md, run as far as one machine can run them."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.fleet.signing import settings
from edge.settings.lanes import load_lanes
from tests.agents import StartAgent
from tests.deploy.debian import REPOSITORY
from tests.ports import free_port

FLEET = REPOSITORY / "deploy" / "fleet"
EDGE_AGENT = f"{sys.executable} -m edge"
TAKEN_OVER = r"now with settings \w+ \(policy changed\)"

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with the keys of a chain and its signed settings."""
    folder = tmp_path / "office"
    folder.mkdir()
    settings(["new-key", "--out", str(folder / "chain")])
    sign(folder, 40)
    return folder


def sign(office: Path, challenge_age: int) -> None:
    (office / "shared.toml").write_text(f"policy.challenge_age = {challenge_age}\n")
    words = ["sign", office / "shared.toml", "--key", office / "chain.key_secret", "--out", office / "chain.toml"]
    settings([str(word) for word in words])


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The settings of a box."""
    config = tmp_path / "box" / "lane.toml"
    config.parent.mkdir()
    config.write_text(
        f'camera = "test:"\nstate_dir = "{tmp_path}/state"\n'
        f'till.reliable = "ipc://{tmp_path}/reliable"\ntill.live = "ipc://{tmp_path}/live"\n'
    )
    return config


@pytest.mark.skipif(
    shutil.which("ansible-playbook") is None, reason="no ansible-playbook here: apt-get install ansible"
)
def test_the_playbook_brings_signed_settings_to_a_running_box(office: Path, box: Path, start_agent: StartAgent) -> None:
    address = {"EDGE_METRICS__LISTEN": f"127.0.0.1:{free_port()}"}
    agent = start_agent("--config", box, variables=address)
    agent.wait_until_serving()
    variables = {"files": office, "folder": box.parent, "edge_agent": EDGE_AGENT, "root": "false"}
    command = [
        "ansible-playbook", "--connection", "local", "--inventory", "localhost,", FLEET / "playbook.yml",
        *(word for name, value in variables.items() for word in ("--extra-vars", f"{name}='{value}'")),
    ]  # fmt: skip

    def run() -> dict[str, int]:
        """The counts of the recap."""
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, timeout=300, check=False,
            env=os.environ | address | {"ANSIBLE_NOCOWS": "1", "ANSIBLE_LOCAL_TEMP": str(box.parent / "ansible")},
        )  # fmt: skip
        counts = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", done.stdout)}
        print(done.stdout, done.stderr)
        assert counts
        return counts

    found = run()
    assert (found["failed"], found["changed"]) == (0, 6)
    agent.wait_for_log(TAKEN_OVER)
    assert load_lanes([], box)[0].policy.challenge_age == 40
    found = run()
    assert (found["failed"], found["changed"]) == (0, 0)
    agent.stop()


@pytest.fixture
def server(office: Path) -> Iterator[str]:
    """The address of a web server for the office's folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(office))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


def pull(server: str, box: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the commands of the unit, with this box's settings instead of the usual ones."""
    unit = (FLEET / "edge-agent-pull.service").read_text()
    commands = [line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart=")]
    script = "set -e\n" + "\n".join(line.replace("%t/edge-agent-pull", str(folder)) for line in commands)
    script = script.replace("exec edge-agent apply", f"exec {EDGE_AGENT} apply --config {box}")
    environment = os.environ | {"URL": server, "EDGE_METRICS__LISTEN": f"127.0.0.1:{free_port()}"}
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=180, check=False, env=environment
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_unit_fetches_and_applies_what_the_server_has(server: str, office: Path, box: Path, tmp_path: Path) -> None:
    shutil.copy(office / "chain.key", box.parent)
    box.write_text(
        'include = "chain.toml"\ninclude_key = "chain.key"\nstore = "hill"\nbox = "lane-3"\n' + box.read_text()
    )
    shutil.copy(office / "chain.toml", box.parent)
    sign(office, 45)
    (office / "share").write_text("10%\n")
    assert "not for this box: hill/lane-3" in pull(server, box, tmp_path).stdout
    (office / "share").write_text("100%\n")
    assert "shared settings: in place" in pull(server, box, tmp_path).stdout
    assert load_lanes([], box)[0].policy.challenge_age == 45
    # A server that somebody has taken over can send nothing of its own, and no file is half a file.
    (office / "chain.toml").write_text("policy.challenge_age = 18\n")
    assert pull(server, box, tmp_path).returncode == 2
    (office / "chain.toml").unlink()
    assert "404" in pull(server, box, tmp_path).stderr
    assert load_lanes([], box)[0].policy.challenge_age == 45


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in ("edge-agent-pull.service", "edge-agent-pull.timer"):
        shutil.copy(FLEET / name, tmp_path)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "edge-agent-pull.timer")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if "edge-agent" in line] == []
