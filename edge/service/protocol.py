"""uvicorn's HTTP protocol with a deadline for requests. uvicorn waits for the rest of a request without limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.service.listener import BACKLOG, LimitedListener

if TYPE_CHECKING:
    import asyncio
    import ssl

    from starlette.types import ASGIApp

_REQUEST_S = 5.0
"""Time for a whole request: its headers and its body, which has 16 KiB at most."""
_STOP_WITHIN_S = 1


class PageConfig(uvicorn.Config):
    def __init__(self, app: ASGIApp, listener: LimitedListener, encryption: ssl.SSLContext | None = None) -> None:
        # Headers of proxies are not trusted. Requests are not logged: their links contain the token.
        super().__init__(
            app, http=PageProtocol, ws="none", interface="asgi3", lifespan="off", log_config=None, log_level="error",
            access_log=False, proxy_headers=False, server_header=False, backlog=BACKLOG,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
        )  # fmt: skip
        self.listener = listener
        if encryption:
            self.ssl_context_factory = lambda *_: encryption


class PageProtocol(H11Protocol):
    """One connection. It is closed when a request takes too long to come, however slowly it trickles."""

    config: PageConfig
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._follow()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._follow()

    def on_response_complete(self) -> None:
        # uvicorn's own timeout ends a connection without a next request.
        self._stop_deadline()
        super().on_response_complete()
        self._follow(arriving=self.conn.their_state is h11.SEND_BODY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def _follow(self, *, arriving: bool = True) -> None:
        """Note where the connection stands. arriving: False if a request need not come yet."""
        whole = self.cycle is not None and self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
        if whole or not arriving:
            self._stop_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(_REQUEST_S, self.transport.abort)
        if self.client:
            self.config.listener.answering(self.client, answering=whole and not self.cycle.response_complete)

    def _stop_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
