"""What machines read over HTTP: /metrics and /healthz, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge

from edge.agent.monitor import Monitor
from edge.errors import UsageError
from edge.lane.health import LaneHealth, report
from edge.settings.sections import MetricsSettings


class Box:
    """A monitor that answers in a thread of its own, and the health that it tells of."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.health = LaneHealth()
        registry = CollectorRegistry()
        Gauge("answer", "To everything", registry=registry).set(42)
        self.monitor = Monitor(MetricsSettings(listen=listen), registry, lambda: report({"lane-1": self.health}))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.monitor.work, args=(self._stopping,))
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.monitor.close()

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        """Status, type and text of an answer."""
        request = urllib.request.Request(self.monitor.address + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers["Content-Type"], answer.read().decode()

    def healthz(self) -> tuple[int, dict[str, Any]]:
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


def test_a_box_that_is_well_says_200_and_one_that_ails_503_with_what_ails_it(box: Box) -> None:
    assert box.healthz() == (200, report({"lane-1": LaneHealth()}))
    box.health = box.health.with_problem("camera", "the picture is black")
    status, told = box.healthz()
    assert status == 503
    assert told["lanes"][0]["problems"] == [{"part": "camera", "text": "the picture is black"}]
    box.health = LaneHealth()
    assert box.healthz()[0] == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/healthz/..", "/etc/passwd", "/metricsx"])
def test_nothing_else_is_there(box: Box, path: str) -> None:
    assert box.get(path) == (404, "text/plain; charset=utf-8", "there are /metrics and /healthz\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_it_is_only_to_be_read(box: Box, method: str) -> None:
    assert box.get("/metrics", method)[0] == 405


@pytest.mark.parametrize("said", [b"", b"\x00\xff\r\n\r\n", b"GET", b"GET /metrics HTTP/9.9\r\n\r\n", b"A" * 70_000])
def test_who_talks_rubbish_or_hangs_up_spoils_it_for_nobody(
    box: Box, said: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = box.monitor.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(said)
    assert box.get("/metrics")[0] == 200
    assert capfd.readouterr().err == ""


def test_who_says_nothing_keeps_the_next_one_waiting_for_two_seconds_at_most(box: Box) -> None:
    host, port = box.monitor.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert box.get("/metrics")[0] == 200


def test_an_address_in_use_is_named_with_the_mend(box: Box) -> None:
    address = box.monitor.address.removeprefix("http://")
    with pytest.raises(UsageError, match=f"metrics.listen = '{address}'.*in use.*choose another port"):
        Monitor(MetricsSettings(listen=address), CollectorRegistry(), dict)


def test_the_newer_kind_of_address_will_do() -> None:
    try:
        box = Box("[::1]:0")
    except UsageError as problem:
        pytest.skip(f"this machine has no IPv6: {problem}")
    assert box.monitor.address.startswith("http://[::1]:")
    assert box.get("/metrics")[0] == 200
    box.close()
