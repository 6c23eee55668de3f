"""The HTTP server of the setup page. The agent runs it in a thread of its own."""

from __future__ import annotations

import logging
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from edge.errors import RunError, UsageError
from edge.settings.files import replacing
from edge.web import address
from edge.web.application import Application
from edge.web.guard import Guard
from edge.web.lane import WatchedLane
from edge.web.listener import LimitedListener
from edge.web.protocol import PageConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.lane.loop import LaneLoop
    from edge.settings.config import Settings
    from edge.settings.lanes import Origin

log = logging.getLogger(__name__)

LINK_FILE = "setup-page.link"
"""Holds the link with the token, in the state folder of the first lane, readable for this user and root only."""


class WebServer:
    """Can be created in one thread and run in another; `stop` is safe from any thread."""

    def __init__(
        self, lanes: Sequence[LaneLoop], origin: Origin, reload: Callable[[Sequence[Settings]], None] | None = None
    ) -> None:
        """Bind the address and become the observer of the lanes. origin, reload: see `Application`.

        Raises UsageError when the address is in use or invalid, or is public without a certificate, and RunError when
        the link cannot be written into the state folder.
        """
        settings = lanes[0].settings
        assert settings.web is not None
        if settings.replay:
            raise UsageError("a replay has no setup page: drop --web or --replay")
        wanted = address.parse(settings.web)
        encryption = address.encryption(settings, wanted)
        self._listener = LimitedListener(address.bind(wanted))
        self._lanes = {lane.settings.lane: WatchedLane(lane) for lane in lanes}
        bound = address.Address(wanted.host, self._listener.getsockname()[1])
        guard = Guard(Application(self._lanes, origin, reload).asgi, bound, encrypted=encryption is not None)
        name = socket.gethostname() if bound.is_everywhere else bound.host
        self._page = f"{'https' if encryption else 'http'}://{name}:{bound.port}/"
        self._link = f"{self._page}?token={guard.token}"
        self._link_file = settings.state_dir / LINK_FILE
        self._write_link()
        self._uvicorn = uvicorn.Server(PageConfig(guard, self._listener, encryption))

    def run(self) -> None:
        """Serve until `stop` is called."""
        log.info("setup page on %s, its link is in %s", self._page, self._link_file)
        if sys.stderr.isatty():
            # Not logged, because others may read the log. Underlined, it stands out.
            print(f"\033[4m{self._link}\033[0m", file=sys.stderr)
        try:
            self._uvicorn.run([self._listener])
        except Exception as crash:  # the lanes keep running without the page
            log.error("the setup page has stopped: %s: %s", type(crash).__name__, crash)

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Release the socket and the painters, and delete the link, after `run` or instead of it."""
        self._listener.close()
        with suppress(OSError):
            self._link_file.unlink()
        for lane in self._lanes.values():
            lane.close()

    def _write_link(self) -> None:
        try:
            with replacing(self._link_file, mode=0o600) as draft:
                draft.write_text(self._link + "\n", encoding="utf-8")
        except OSError as problem:
            raise RunError(f"cannot write {self._link_file}: {problem.strerror}") from None
