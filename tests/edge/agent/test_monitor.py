"""The HTTP server of /metrics and /healthz."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from edge.agent.monitor import Monitor
from edge.errors import UsageError
from edge.lane.health import LaneHealth, health_report
from edge.settings.sections import MetricsSettings
from tests.commands import Json


class Box:
    """A monitor that runs in a thread of its own, and the health that it reports."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.health = LaneHealth()
        registry = CollectorRegistry()
        Gauge("answer", "To everything", registry=registry).set(42)
        self.monitor = Monitor(MetricsSettings(listen=listen), registry, lambda: health_report({"lane-1": self.health}))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.monitor.work, args=(self._stopping,))
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.monitor.close()

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        """Status, content type and text of a response."""
        request = urllib.request.Request(self.monitor.address + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers["Content-Type"], answer.read().decode()

    def healthz(self) -> tuple[int, Json]:
        status, kind, text = self.get("/healthz")
        assert kind == "application/json"
        return status, json.loads(text)


@pytest.fixture
def box() -> Iterator[Box]:
    box = Box()
    yield box
    box.close()


def test_prometheus_reads_the_metrics(box: Box) -> None:
    status, kind, text = box.get("/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert "answer 42.0" in text.splitlines()


def test_healthz_is_200_without_problems_and_503_with_them(box: Box) -> None:
    assert box.healthz() == (200, health_report({"lane-1": LaneHealth()}))
    box.health = box.health.with_problem("camera", "the picture is black")
    status, body = box.healthz()
    assert status == 503
    assert body["lanes"][0]["problems"] == [{"part": "camera", "text": "the picture is black"}]
    box.health = LaneHealth()
    assert box.healthz()[0] == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/healthz/..", "/etc/passwd", "/metricsx"])
def test_other_paths_are_404(box: Box, path: str) -> None:
    assert box.get(path) == (404, "text/plain; charset=utf-8", "not found: use /metrics or /healthz\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_get_is_allowed(box: Box, method: str) -> None:
    assert box.get("/metrics", method)[0] == 405


@pytest.mark.parametrize("sent", [b"", b"\x00\xff\r\n\r\n", b"GET", b"GET /metrics HTTP/9.9\r\n\r\n", b"A" * 70_000])
def test_invalid_requests_and_disconnects_do_not_disturb_other_clients(
    box: Box, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = box.monitor.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(sent)
    assert box.get("/metrics")[0] == 200
    assert capfd.readouterr().err == ""


def test_a_silent_client_delays_the_next_by_at_most_two_seconds(box: Box) -> None:
    host, port = box.monitor.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert box.get("/metrics")[0] == 200


def test_an_address_in_use_is_reported_with_the_fix(box: Box) -> None:
    address = box.monitor.address.removeprefix("http://")
    with pytest.raises(UsageError, match=f"metrics.listen = '{address}'.*in use.*choose another port"):
        Monitor(MetricsSettings(listen=address), CollectorRegistry(), dict)


def test_an_ipv6_address_works() -> None:
    try:
        box = Box("[::1]:0")
    except UsageError as problem:
        pytest.skip(f"this machine has no IPv6: {problem}")
    assert box.monitor.address.startswith("http://[::1]:")
    assert box.get("/metrics")[0] == 200
    box.close()
