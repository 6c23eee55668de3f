"""The HTTP server of /metrics and /healthz."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry, Gauge, Metric

from edge.agent.monitor import Monitor
from edge.errors import UsageError
from edge.lane.health import LaneHealth, health_report
from edge.settings.sections import MetricsSettings
from tests.commands import Json
from tests.http_clients import WITHIN_S, client_that_sent, close, trickle, waits

OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"


def report_of(lanes: dict[str, LaneHealth]) -> Json:
    return health_report("hill", "hill-03", lanes)


def wait_for(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {WITHIN_S:.0f} s"
        time.sleep(0.05)


class Box:
    """A monitor that runs in a thread of its own, and the health that it reports."""

    def __init__(self, listen: str = "127.0.0.1:0", more: int = 0) -> None:
        """more: number of further metrics."""
        self.health = LaneHealth()
        self.registry = CollectorRegistry()
        Gauge("answer", "To everything", registry=self.registry).set(42)
        several = Gauge("several", "A large answer", ["number"], registry=self.registry)
        for number in range(more):
            several.labels(f"{number:0200}").set(1)
        self.monitor = Monitor(
            MetricsSettings(listen=listen), self.registry, lambda: report_of({"lane-1": self.health})
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.monitor.work, args=(self._stopping,))
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.monitor.close()

    def connect(self, sent: bytes) -> socket.socket:
        """A client that has sent these bytes."""
        host, port = self.monitor.address.removeprefix("http://").split(":")
        return client_that_sent((host, int(port)), sent)

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        """Status, content type and text of a response."""
        request = urllib.request.Request(self.monitor.address + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
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
    assert box.healthz() == (200, report_of({"lane-1": LaneHealth()}))
    box.health = box.health.with_problem("camera", "the picture is black")
    status, body = box.healthz()
    assert status == 503
    assert body["lanes"][0]["problems"] == [{"part": "camera", "text": "the picture is black"}]
    box.health = LaneHealth()
    assert box.healthz()[0] == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/healthz/..", "/etc/passwd", "/metricsx"])
def test_other_paths_are_404(box: Box, path: str) -> None:
    assert box.get(path) == (404, "text/plain; charset=utf-8", "not found: use /metrics or /healthz\n")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/healthz?now", "/gone"])
def test_head_gives_the_same_answer_without_its_text(box: Box, path: str) -> None:
    status, kind, text = box.get(path)
    assert text
    assert box.get(path, "HEAD") == (status, kind, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_is_allowed(box: Box, method: str) -> None:
    assert box.get("/metrics", method)[0] == 405


@pytest.mark.parametrize("sent", [b"", b"\x00\xff\r\n\r\n", b"GET", b"GET /metrics HTTP/9.9\r\n\r\n", b"A" * 70_000])
def test_invalid_requests_and_disconnects_do_not_disturb_other_clients(
    box: Box, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    box.connect(sent).close()
    assert box.get("/metrics")[0] == 200
    assert capfd.readouterr().err == ""


HALF = [b"", b"G", b"GET /healthz HTTP/1.1\r\n", b"GET /metrics HTTP/1.1\r\nHost: box\r\nX: " + b"x" * 10_000]


@pytest.mark.parametrize("sent", HALF)
def test_half_requests_of_a_hundred_clients_delay_nobody(
    box: Box, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers do not wait until those clients have had their time: it never ends."""
    monkeypatch.setattr("edge.agent.monitor._CLIENT_S", 3600)
    clients = [box.connect(sent) for _ in range(100)]
    assert box.healthz()[0] == 200
    assert box.get("/metrics")[0] == 200
    assert waits(clients[-1])
    assert not waits(clients[0]), "the oldest connections make room"
    close(*clients)


@pytest.mark.parametrize("sent", HALF)
def test_a_client_that_sends_no_whole_request_is_disconnected(
    box: Box, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.agent.monitor._CLIENT_S", 0.1)
    client = box.connect(sent)
    with suppress(ConnectionResetError):
        assert client.recv(1) == b""
    client.close()


def test_a_request_that_trickles_gets_no_more_time(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agent.monitor._CLIENT_S", 0.5)
    client = box.connect(b"GET /healthz HTTP/1.1\r\n")

    with pytest.raises(ConnectionError):
        trickle(client)
    client.close()


def test_clients_that_do_not_read_their_answer_delay_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agent.monitor._CLIENT_S", 3600)
    box = Box(more=20_000)
    clients = [box.connect(b"GET /metrics HTTP/1.1\r\n\r\n") for _ in range(8)]
    assert box.healthz()[0] == 200
    close(*clients)
    box.close()


def test_health_does_not_wait_for_the_metrics_of_others() -> None:
    """Collecting the metrics takes long here, and many clients request them at once."""
    may_go_on = threading.Event()

    class Slow:
        def collect(self) -> Iterator[Metric]:
            may_go_on.wait(0.05)
            yield from ()

    box = Box()
    box.registry.register(Slow())
    clients = [box.connect(b"GET /metrics HTTP/1.1\r\n\r\n") for _ in range(20)]
    assert box.healthz()[0] == 200
    assert waits(clients[-1]), "its turn has not come"
    may_go_on.set()
    assert clients[-1].recv(12) == b"HTTP/1.1 200"
    close(*clients)
    box.close()


def test_stopping_while_clients_wait_is_silent(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    requests = (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET", b"")
    clients = [box.connect(sent) for sent in requests for _ in range(6)]
    assert box.healthz()[0] == 200
    box.close()
    close(*clients)
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def test_the_metrics_have_the_form_that_prometheus_accepts(box: Box) -> None:
    request = urllib.request.Request(box.monitor.address + "/metrics", headers={"Accept": OPEN_METRICS})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        assert answer.read().endswith(b"# EOF\n")


def test_an_address_in_use_is_reported_with_the_fix(box: Box) -> None:
    address = box.monitor.address.removeprefix("http://")
    with pytest.raises(UsageError, match=f"metrics.listen = '{address}'.*in use.*choose another port"):
        Monitor(MetricsSettings(listen=address), CollectorRegistry(), dict)


def test_an_address_in_use_is_tried_until_it_is_free(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    address, stopping = box.monitor.address.removeprefix("http://"), threading.Event()
    waiting = Monitor(MetricsSettings(listen=address), box.registry, lambda: report_of({}), patient=True)
    assert waiting.address == ""
    assert waiting.problem.startswith(f"the page of metrics and health cannot be served: metrics.listen = '{address}'")
    thread = threading.Thread(target=waiting.work, args=(stopping,))
    thread.start()
    box.close()
    wait_for(lambda: waiting.problem == "")
    with urllib.request.urlopen(f"http://{address}/healthz", timeout=30) as answer:
        assert json.loads(answer.read()) == report_of({})
    assert caplog.text.count("cannot be served") == 1
    stopping.set()
    thread.join()
    waiting.close()


def test_an_ipv6_address_works() -> None:
    try:
        box = Box("[::1]:0")
    except UsageError as problem:
        pytest.skip(f"this machine has no IPv6: {problem}")
    assert box.monitor.address.startswith("http://[::1]:")
    assert box.get("/metrics")[0] == 200
    box.close()
