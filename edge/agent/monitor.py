"""The HTTP server of /metrics, for Prometheus, and /healthz, which says whether every lane of the box is well."""

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

_MONITOR_POLL_S = 0.2
"""How often the server checks whether it should stop."""


class Monitor:
    """Binds its address in the constructor; answers one request at a time while `work` runs."""

    def __init__(
        self, settings: MetricsSettings, metrics: CollectorRegistry, health: Callable[[], dict[str, Any]]
    ) -> None:
        """health: gives the JSON of `health_report`. Raises UsageError if the address is not available."""
        self._health = health
        self._metrics: WSGIApplication = make_wsgi_app(metrics)
        try:
            self._server = _Server(settings.address, _MonitorRequest)
        except OSError as problem:
            fix = "stop the other program, choose another port, or set it to off"
            raise UsageError(f"metrics.listen = {settings.listen!r}: {problem.strerror}: {fix}") from None
        self._server.set_app(self._answer)
        self._server.timeout = _MONITOR_POLL_S

    @property
    def address(self) -> str:
        """The URL, http://HOST:PORT. If the settings say port 0, PORT is the port that the system chose."""
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def work(self, stopping: threading.Event) -> None:
        """Answer requests until `stopping` is set. Run it in a thread of its own."""
        while not stopping.is_set():
            self._server.handle_request()

    def close(self) -> None:
        self._server.server_close()

    def _answer(self, request: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = request.get("PATH_INFO", "")
        if request["REQUEST_METHOD"] != "GET":
            return _text(start, "405 Method Not Allowed", "read-only: use GET\n")
        if path == "/metrics":
            return self._metrics(request, start)
        if path == "/healthz":
            health = self._health()
            status = "200 OK" if health["status"] == "ok" else "503 Service Unavailable"
            return _text(start, status, json.dumps(health, indent=2) + "\n", "application/json")
        return _text(start, "404 Not Found", "not found: use /metrics or /healthz\n")


def _text(start: StartResponse, status: str, text: str, kind: str = "text/plain; charset=utf-8") -> list[bytes]:
    start(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
    return [text.encode()]


class _Server(WSGIServer):
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Like the base class, but without a DNS query for the box's own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Do not log clients that disconnect or send nothing."""


class _MonitorRequest(WSGIRequestHandler):
    timeout = 2.0
    """Seconds that a client may be silent. The next client waits that long."""

    def log_message(self, format: str, *args: object) -> None:
        """Do not log requests."""
