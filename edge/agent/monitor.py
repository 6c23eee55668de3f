"""The one page that machines read: Prometheus's /metrics, and /healthz for whoever asks whether the box is well."""

from __future__ import annotations

import json
import socket
import socketserver
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from edge.errors import UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from typing import Any
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from prometheus_client import CollectorRegistry

    from edge.settings.sections import MetricsSettings

_LISTEN_S = 0.2
"""How long it takes at most until the server notices that it is to stop."""


class Monitor:
    """Binds when it is made, answers while somebody is in `work`, one question at a time."""

    def __init__(
        self, settings: MetricsSettings, metrics: CollectorRegistry, health: Callable[[], dict[str, Any]]
    ) -> None:
        """health: as `edge.lane.health.report` gives it. Raises UsageError when the address cannot be had."""
        self._health = health
        self._metrics: WSGIApplication = make_wsgi_app(metrics)
        try:
            self._server = _Server(settings.address, _MonitorRequest)
        except OSError as problem:
            mend = "stop the other program, choose another port, or set it to off"
            raise UsageError(f"metrics.listen = {settings.listen!r}: {problem.strerror}: {mend}") from None
        self._server.set_app(self._answer)
        self._server.timeout = _LISTEN_S

    @property
    def address(self) -> str:
        """Where it listens, with the port that a 0 got: http://HOST:PORT."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def work(self, stopping: threading.Event) -> None:
        """Answer until `stopping` is set; to be run in a thread of its own."""
        while not stopping.is_set():
            self._server.handle_request()

    def close(self) -> None:
        self._server.server_close()

    def _answer(self, request: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = request.get("PATH_INFO", "")
        if request["REQUEST_METHOD"] != "GET":
            return _text(start, "405 Method Not Allowed", "only to be read: use GET\n")
        if path == "/metrics":
            return self._metrics(request, start)
        if path == "/healthz":
            health = self._health()
            status = "200 OK" if health["status"] == "ok" else "503 Service Unavailable"
            return _text(start, status, json.dumps(health, indent=2) + "\n", "application/json")
        return _text(start, "404 Not Found", "there are /metrics and /healthz\n")


def _text(start: StartResponse, status: str, text: str, kind: str = "text/plain; charset=utf-8") -> list[bytes]:
    start(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
    return [text.encode()]


class _Server(WSGIServer):
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """As the base class does, but without asking the network for the box's own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up, or says nothing, is no news."""


class _MonitorRequest(WSGIRequestHandler):
    timeout = 2.0
    """Seconds that a client may be silent; the next one waits for so long."""

    def log_message(self, format: str, *args: object) -> None:
        """Who reads is no news."""
