"""The HTTP server of the setup page. The agent runs it in a thread of its own."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from edge.errors import EdgeError, RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.service.listener import LimitedListener
from edge.service.protocol import PageConfig
from edge.settings.files import replacing
from edge.settings.outputs import RETRY_S, OptionalOutput
from edge.web import address
from edge.web.application import Application
from edge.web.guard import Guard
from edge.web.lane import WatchedLane
from edge.web.roles import ROLES, PageAccess, Role
from edge.web.tokens import TOKEN_FILE, VIEWER_TOKEN_FILE, kept_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.lane.loop import LaneLoop
    from edge.settings.author import Author
    from edge.settings.config import Settings
    from edge.settings.lanes import Origin

log = logging.getLogger(__name__)

LINK_FILE, VIEWER_LINK_FILE = "setup-page.link", "setup-page-viewer.link"
"""Hold the links with the tokens, in the state folder of the first lane, readable for this user and root only."""
_FILES: dict[Role, tuple[str, str]] = {
    "installer": (TOKEN_FILE, LINK_FILE),
    "viewer": (VIEWER_TOKEN_FILE, VIEWER_LINK_FILE),
}


class WebServer:
    """Can be created in one thread and run in another; `stop` is safe from any thread."""

    def __init__(
        self, lanes: Sequence[LaneLoop], origin: Origin,
        reload: Callable[[Sequence[Settings], Author], object] | None = None, *, patient: bool = False,
    ) -> None:  # fmt: skip
        """Bind the address and become the observer of the lanes. origin, reload: see `Application`. patient: try an
        address that is not available, or links that cannot be written, again and again; otherwise raise.

        Raises UsageError when the address is in use or invalid, or is public without a certificate, and RunError when
        a link cannot be written into the state folder.
        """
        settings = lanes[0].settings
        assert settings.web is not None
        if settings.replay:
            raise UsageError(words("a replay has no setup page: drop --web or --replay"))
        self._address = address.parse(settings.web)
        self._encryption = address.encryption(settings, self._address)
        self._folder = settings.state_dir
        self._accesses: dict[Role, PageAccess] = {}
        self._output = OptionalOutput("the setup page", verb="served")
        self._stopping = threading.Event()
        self._listener: LimitedListener | None = None
        self._server: uvicorn.Server | None = None
        self._lanes = {lane.settings.lane: WatchedLane(lane) for lane in lanes}
        self._application = Application(self._lanes, origin, reload)
        try:
            self._listen()
        except EdgeError as problem:
            self._stop_listening()
            if not patient:
                self.close()
                raise
            self._output.fail(str(problem))

    @property
    def problem(self) -> str:
        """Why the page cannot be opened, in one sentence; empty while it can. Safe from any thread."""
        return self._output.problem

    def run(self) -> None:
        """Serve until `stop` is called. When the server fails, or could not listen yet, it is tried again: the lanes do
        not depend on it."""
        while not self._stopping.is_set():
            try:
                self._serve()
            except EdgeError as problem:
                self._output.fail(str(problem))
            except Exception as crash:
                self._output.fail(f"it has ended with {type(crash).__name__}, and starts again")
            self._stop_listening()
            self._stopping.wait(RETRY_S)

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()
        self._stopping.set()
        if self._server:
            self._server.should_exit = True

    def close(self) -> None:
        """Release the socket and the painters, and delete the links, after `run` or instead of it."""
        self._stop_listening()
        for lane in self._lanes.values():
            lane.close()

    def _listen(self) -> None:
        """Bind the address, and write the links for it."""
        if not self._accesses:
            self._accesses = {role: self._access(*_FILES[role]) for role in ROLES}
        self._listener = LimitedListener(address.bind(self._address))
        bound = address.Address(self._address.host, self._listener.getsockname()[1])
        encrypted = self._encryption is not None
        guard = Guard(self._application.asgi, bound, self._accesses, encrypted=encrypted)
        name = socket.gethostname() if bound.is_everywhere else bound.host
        self._page = f"{'https' if encrypted else 'http'}://{name}:{bound.port}/"
        for access in self._accesses.values():
            self._write_link(access)
        self._server = uvicorn.Server(PageConfig(guard, self._listener, self._encryption))

    def _serve(self) -> None:
        if self._server is None:
            self._listen()
        assert self._server
        assert self._listener
        self._output.works()
        installer, viewer = self._accesses["installer"], self._accesses["viewer"]
        log.info("setup page on %s, its link is in %s and for viewers in %s", self._page, installer.link_file,
                 viewer.link_file)  # fmt: skip
        if sys.stderr.isatty():
            # Not logged, because others may read the log. Underlined, it stands out.
            print(f"\033[4m{self._link(installer)}\033[0m", file=sys.stderr)
        if not self._stopping.is_set():
            self._server.run([self._listener])

    def _stop_listening(self) -> None:
        if self._listener:
            self._listener.close()
            for access in self._accesses.values():
                with suppress(OSError):
                    access.link_file.unlink()
        self._listener = self._server = None

    def _access(self, token_file: str, link_file: str) -> PageAccess:
        file = self._folder / token_file
        try:
            return PageAccess(kept_tokens(file), self._folder / link_file)
        except OSError as problem:
            raise RunError(words("cannot write {file}: {reason}", file=file, reason=system_words(problem))) from None

    def _link(self, access: PageAccess) -> str:
        return f"{self._page}?token={access.tokens.token}"

    def _write_link(self, access: PageAccess) -> None:
        try:
            with replacing(access.link_file, mode=0o600) as draft:
                draft.write_text(self._link(access) + "\n", encoding="utf-8")
        except OSError as problem:
            raise RunError(
                words("cannot write {file}: {reason}", file=access.link_file, reason=system_words(problem))
            ) from None
