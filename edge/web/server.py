"""Serves the setup page from a thread of its own, which the agent starts."""

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

_MOST_CLIENTS = 32
_STOP_WITHIN_S = 1


class WebServer:
    """Made in one thread, it may run in another; `stop` may be called from any."""

    def __init__(
        self, lanes: Sequence[LaneLoop], origin: Origin, reload: Callable[[Sequence[Settings]], None] | None = None
    ) -> None:
        """Binds, and looks over the lanes' shoulders from now on. origin, reload: see `Application`.

        Raises UsageError for an address that is in use, or none, or public without a certificate.
        """
        settings = lanes[0].settings
        assert settings.web is not None
        if settings.replay:
            raise UsageError("a replay has no setup page: leave out --web or --replay")
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
        # A link on a line of its own can be clicked in a terminal.
        log.info("setup page: %s", f"\033[4m{self.link}\033[0m" if sys.stderr.isatty() else self.link)
        try:
            self._uvicorn.run([self._socket])
        except Exception as problem:  # the lanes go on without it
            log.error("the setup page has stopped: %s: %s", type(problem).__name__, problem)

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Let everything go, after `run` or instead of it."""
        self._socket.close()
        for lane in self._lanes.values():
            lane.close()


def _config(guard: Guard, encryption: ssl.SSLContext | None) -> uvicorn.Config:
    # Nothing that a client says of itself is believed, and no request is logged: links hold the token.
    config = uvicorn.Config(
        guard, http="h11", ws="none", interface="asgi3", lifespan="off", log_config=None, log_level="error",
        access_log=False, proxy_headers=False, server_header=False, limit_concurrency=_MOST_CLIENTS,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )  # fmt: skip
    if encryption:
        config.ssl_context_factory = lambda *_: encryption
    return config
