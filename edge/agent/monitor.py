"""The HTTP server of /metrics, for Prometheus, and /healthz, which says whether every lane of the box is well.

/healthz is answered as soon as its request is there, whatever other clients do: each connection waits by itself, and
metrics are collected for one client at a time, with pauses.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from io import BytesIO
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder

from edge.commands import shown
from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.service.listener import BACKLOG, LimitedListener
from edge.settings.outputs import RETRY_S, OptionalOutput

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from typing import Any

    from prometheus_client import CollectorRegistry

    from edge.settings.sections import MetricsSettings

_MONITOR_POLL_S = 0.2
"""How often the server checks whether it should stop."""
_CLIENT_S = 2.0
"""Time for a client to send its request, and again to read the answer."""
_REQUEST_BYTES = 16 * 1024
_HEAD_END = b"\r\n\r\n"
_PAUSE_TIMES = 4
"""After metrics were collected, so many times as long passes before they are again, so that a flood of requests takes a
fifth of one core at most."""


class Monitor:
    """Binds its address in the constructor; answers while `work` runs."""

    def __init__(
        self, settings: MetricsSettings, metrics: CollectorRegistry, health: Callable[[], dict[str, Any]], *,
        patient: bool = False,
    ) -> None:  # fmt: skip
        """health: gives the JSON of `health_report`. patient: try an address that is not available again and again;
        otherwise raise UsageError."""
        self._settings, self._health, self._metrics = settings, health, metrics
        self._output = OptionalOutput("the page of metrics and health", verb="served")
        self._listener: LimitedListener | None = None
        with self._output.opening(patient=patient):
            self._listener = self._listen()

    @property
    def problem(self) -> str:
        """Why the page cannot be read, in one sentence; empty while it can."""
        return self._output.problem

    @property
    def address(self) -> str:
        """The URL, http://HOST:PORT; empty while it does not listen. If the settings say port 0, PORT is the port that
        the system chose."""
        if self._listener is None:
            return ""
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def work(self, stopping: threading.Event) -> None:
        """Answer requests until `stopping` is set. Run it in a thread of its own. When the server fails, or could not
        listen yet, it is tried again: the lanes do not depend on it."""
        while not stopping.is_set():
            try:
                self._listener = self._listener or self._listen()
                self._output.works()
                asyncio.run(self._serve(self._listener, stopping))
            except UsageError as problem:
                self._output.fail(str(problem))
            except Exception as crash:
                self._output.fail(f"it has ended with {type(crash).__name__}, and starts again")
                self.close()
            stopping.wait(RETRY_S)

    def close(self) -> None:
        if self._listener:
            self._listener.close()
        self._listener = None

    def _listen(self) -> LimitedListener:
        host, port = self._settings.address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return LimitedListener(socket.create_server((host, port), family=family))
        except OSError as problem:
            raise UsageError(
                words(
                    "{setting} = {address}: {reason}: {fix}",
                    setting="metrics.listen",
                    address=shown(self._settings.listen),
                    reason=system_words(os.strerror(problem.errno))
                    if problem.errno
                    else words("it is no address of this box"),
                    fix=words("stop the other program, choose another port, or set it to off"),
                )
            ) from None

    async def _serve(self, listener: LimitedListener, stopping: threading.Event) -> None:
        self._collecting, self._next_s = asyncio.Lock(), 0.0
        server = await asyncio.start_server(self._handle, sock=listener, limit=_REQUEST_BYTES, backlog=BACKLOG)
        while not stopping.is_set():
            await asyncio.sleep(_MONITOR_POLL_S)
        server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection. Clients that disconnect, send nothing or do not read are not logged."""
        try:
            request = await asyncio.wait_for(reader.readuntil(_HEAD_END), _CLIENT_S)
            writer.write(await self._answer(request))
            await asyncio.wait_for(_finish(writer), _CLIENT_S)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            # At the stop. Raised further, asyncio would log it.
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, request: bytes) -> bytes:
        line, _, headers = request.partition(b"\r\n")
        words = line.split(b" ")
        try:
            accept = parse_headers(BytesIO(headers)).get("Accept", "")
        except HTTPException:
            words = []
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST, "not a request of HTTP/1.1\n")
        if words[0] not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, "read-only: use GET\n")
        answer = await self._page(words[1].partition(b"?")[0], accept)
        return answer if words[0] == b"GET" else answer[: answer.index(_HEAD_END) + len(_HEAD_END)]

    async def _page(self, path: bytes, accept: str) -> bytes:
        if path == b"/healthz":
            health = self._health()
            status = HTTPStatus.OK if health["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
            return _response(status, json.dumps(health, indent=2) + "\n", "application/json")
        if path == b"/metrics":
            return await self._collected(accept)
        return _response(HTTPStatus.NOT_FOUND, "not found: use /metrics or /healthz\n")

    async def _collected(self, accept: str) -> bytes:
        encode, kind = choose_encoder(accept)
        async with self._collecting:
            await asyncio.sleep(max(0.0, self._next_s - time.monotonic()))
            began_s = time.monotonic()
            text = encode(self._metrics).decode()
            ended_s = time.monotonic()
            self._next_s = ended_s + _PAUSE_TIMES * (ended_s - began_s)
        return _response(HTTPStatus.OK, text, kind)


async def _finish(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


def _response(status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    body = text.encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
