"""The HTTP server of the setup page. The agent runs it in a thread of its own."""

from __future__ import annotations

import logging
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from edge.errors import UsageError
from edge.web import address
from edge.web.application import Application
from edge.web.guard import Guard
from edge.web.lane import WatchedLane

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from edge.lane.loop import LaneLoop
    from edge.settings.config import Settings
    from edge.settings.lanes import Origin

log = logging.getLogger(__name__)

_MAX_CLIENTS = 32
_STOP_WITHIN_S = 1


class WebServer:
    """Can be created in one thread and run in another; `stop` is safe from any thread."""

    def __init__(
        self, lanes: Sequence[LaneLoop], origin: Origin, reload: Callable[[Sequence[Settings]], None] | None = None
    ) -> None:
        """Bind the address and become the observer of the lanes. origin, reload: see `Application`.

        Raises UsageError when the address is in use or invalid, or is public without a certificate.
        """
        settings = lanes[0].settings
        assert settings.web is not None
        if settings.replay:
            raise UsageError("a replay has no setup page: drop --web or --replay")
        wanted = address.parse(settings.web)
        encryption = address.encryption(settings, wanted)
        self._socket = address.bind(wanted)
        self._lanes = {lane.settings.lane: WatchedLane(lane) for lane in lanes}
        bound = address.Address(wanted.host, self._socket.getsockname()[1])
        guard = Guard(Application(self._lanes, origin, reload).asgi, bound, encrypted=encryption is not None)
        name = socket.gethostname() if bound.is_everywhere else bound.host
        self.link = f"{'https' if encryption else 'http'}://{name}:{bound.port}/?token={guard.token}"
        self._uvicorn = uvicorn.Server(_config(guard, encryption))

    def run(self) -> None:
        """Serve until `stop` is called."""
        # Underlined, the link stands out in a terminal.
        log.info("setup page: %s", f"\033[4m{self.link}\033[0m" if sys.stderr.isatty() else self.link)
        try:
            self._uvicorn.run([self._socket])
        except Exception as crash:  # the lanes keep running without the page
            log.error("the setup page has stopped: %s: %s", type(crash).__name__, crash)

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Release the socket and the painters, after `run` or instead of it."""
        self._socket.close()
        for lane in self._lanes.values():
            lane.close()


def _config(guard: Guard, encryption: ssl.SSLContext | None) -> uvicorn.Config:
    # Headers of proxies are not trusted. Requests are not logged: their links contain the token.
    config = uvicorn.Config(
        guard, http="h11", ws="none", interface="asgi3", lifespan="off", log_config=None, log_level="error",
        access_log=False, proxy_headers=False, server_header=False, limit_concurrency=_MAX_CLIENTS,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )  # fmt: skip
    if encryption:
        config.ssl_context_factory = lambda *_: encryption
    return config
