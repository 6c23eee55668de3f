"""Nothing leaves the store through the gateway: it connects to the agents and the webhooks in its settings only."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.edge.gateway.conftest import ROOT
from tests.gateways import GatewayProcess, HttpTill
from tests.ports import free_port
from tests.privacy.test_sockets import families, internet_calls

pytestmark = pytest.mark.slow


@pytest.fixture
def webhook() -> Iterator[tuple[int, threading.Event]]:
    """The port of a till's server that redirects to another machine, and whether it was asked."""
    asked = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.set()
            self.send_response(307)
            self.send_header("Location", "http://192.0.2.1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def test_the_gateway_connects_to_its_agent_and_its_webhook_only(
    webhook: tuple[int, threading.Event], tmp_path: Path
) -> None:  # fmt: skip
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    hook, asked = webhook
    agent, own = free_port(), free_port()
    secret, config, trace = tmp_path / "secret", tmp_path / "gateway.toml", tmp_path / "trace"
    secret.write_text(base64.b64encode(bytes(32)).decode())
    secret.chmod(0o600)
    config.write_text(
        f'agent = "tcp://127.0.0.1:{agent}"\n[[till]]\nname = "till-1"\n'
        f'webhook = "http://localhost:{hook}/"\nwebhook_secret_file = "{secret}"\n'
    )
    strace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(trace)]
    lane = subprocess.Popen([sys.executable, "-m", "tests.proof.lane", tmp_path, f"tcp://127.0.0.1:{agent}"], cwd=ROOT)
    gateway = GatewayProcess(tmp_path, "--config", config, wrapper=strace, port=own)
    try:
        till = HttpTill(gateway.address)
        sale_id = till.open()
        till.scan(sale_id)
        till.alert(sale_id)
        assert asked.wait(120)
        gateway.stop()
    finally:
        gateway.kill()
        lane.kill()
        lane.wait()
    text = trace.read_text(encoding="utf-8", errors="replace")
    calls = {call for call in internet_calls(text) if call[1:] != (0, "::1")}
    assert {(port, host) for call, port, host in calls if call == "connect"} <= {
        (agent, "127.0.0.1"),
        (hook, "127.0.0.1"),
        (hook, "::1"),
    }
    assert {(port, host) for call, port, host in calls if call == "bind" and port} == {(own, "127.0.0.1")}
    assert families(text) <= {"INET", "INET6", "NETLINK", "UNIX"}
