"""The health check of the containers: it fails when the agent hangs or has ended, and for nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.agents import AgentProcess
from tests.deploy.debian import REPOSITORY
from tests.ports import free_port

ALIVE = REPOSITORY / "deploy" / "containers" / "alive.py"


def check(address: str) -> tuple[int, str]:
    """Exit code and message of the check in a container whose agent has this address of metrics."""
    command = [sys.executable, str(ALIVE)]
    variables = os.environ | {"EDGE_METRICS__LISTEN": address}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=180, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr.strip()


@contextmanager
def answering(text: str) -> Iterator[str]:
    """A server that gives this text as its health; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def health(*parts: str) -> str:
    problems = [{"part": part, "text": "..."} for part in parts]
    return json.dumps({"status": "degraded", "lanes": [{"lane": "wine", "status": "degraded", "problems": problems}]})


def test_a_loop_that_does_not_turn_is_named() -> None:
    with answering(health("camera", "loop")) as address:
        assert check(address) == (1, "the loop does not turn: wine")


def test_other_problems_do_not_count() -> None:
    with answering(health("camera", "record", "clock")) as address:
        assert check(address) == (0, "")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}"])
def test_an_answer_that_is_no_health_is_a_failure(text: str) -> None:
    with answering(text) as address:
        code, message = check(address)
    assert code == 1
    assert message.startswith(f"no answer on {address}: ")


def test_without_an_agent_it_fails() -> None:
    address = f"127.0.0.1:{free_port()}"
    code, message = check(address)
    assert code == 1
    assert message == f"no answer on {address}: [Errno 111] Connection refused"


@pytest.mark.slow
def test_an_agent_without_a_camera_is_alive_until_it_hangs(tmp_path: Path) -> None:
    (tmp_path / "lane.toml").write_text(
        f'camera = "/dev/nowhere"\nstate_dir = "{tmp_path}"\n'
        f'till.reliable = "ipc://{tmp_path}/reliable"\ntill.live = "ipc://{tmp_path}/live"\n'
    )
    agent = AgentProcess(tmp_path, "--config", tmp_path / "lane.toml")
    agent.wait_until_serving()
    address = agent.metrics_address().removeprefix("http://")
    assert check(address) == (0, "")
    os.killpg(agent.pid, signal.SIGSTOP)
    assert check(address)[0] == 1
    os.killpg(agent.pid, signal.SIGCONT)
    agent.stop()
    assert check(address)[0] == 1
