"""Runs the gateway: the HTTP server, the thread of its core, the webhooks, and notifications to systemd."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn
from starlette.middleware.cors import CORSMiddleware

from edge.commands import shown
from edge.errors import RunError, UsageError
from edge.gateway.access import Access, encryption
from edge.gateway.application import application
from edge.gateway.gateway import Gateway
from edge.gateway.guard import GatewayGuard
from edge.gateway.metrics import GatewayMetrics
from edge.gateway.webhook import Webhook
from edge.language.system import system_words
from edge.language.words import words
from edge.records.lock import StateLock
from edge.service.listener import LimitedListener
from edge.service.protocol import PageConfig
from edge.service.systemd import Service

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from edge.gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

_TURN_S = 0.2
"""How often the server looks whether everything still runs."""
_STOP_S = 5.0


class GatewayServer:
    """A gateway that is ready to run."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Reads tokens and keys, and opens the database, the connections and the address. Raises UsageError and
        StoreError."""
        access, context = Access(settings.till), encryption(settings)
        try:
            self._lock = StateLock(settings.state_dir)
        except UsageError as problem:
            raise UsageError(
                words("{problem}; a gateway has a state_dir of its own", problem=problem)
            ) from None  # fmt: skip
        self._listener = LimitedListener(_bound(settings))
        try:
            self._gateway = Gateway(settings)
        except BaseException:
            self._listener.close()
            raise
        self._metrics = GatewayMetrics()
        failures = self._metrics.webhook_failures
        self._webhooks = [
            Webhook(entry, self._gateway, lambda till: failures.labels(till).inc())
            for entry in settings.till
            if entry.webhook
        ]
        app: ASGIApp = application(self._gateway, access, self._metrics)
        if settings.origins:
            app = CORSMiddleware(app, allow_origins=settings.origins, allow_methods=["*"], allow_headers=["*"])
        guard = GatewayGuard(app, on_this_box=settings.on_this_box)
        self._server = _QuietServer(PageConfig(guard, self._listener, context))
        self._stopping = threading.Event()
        scheme, (host, port) = "https" if context else "http", self._listener.getsockname()[:2]
        self.address = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises RunError when a part of it fails."""
        core = threading.Thread(target=self._work, name="core")
        core.start()
        try:
            asyncio.run(self._serve())
        finally:
            self._stopping.set()
            self._gateway.core.wake()
            core.join(_STOP_S)
        if self._crashed:
            raise RunError(words("the gateway has failed: the log says why"))

    _crashed = False

    def _work(self) -> None:
        try:
            self._gateway.core.work(self._stopping)
        except Exception:
            log.exception("the gateway's thread has failed")
            self._crashed = True

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._gateway.enter(loop)
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self._stopping.set)
        serving = asyncio.create_task(self._server.serve([self._listener]))
        webhooks = [asyncio.create_task(each.run()) for each in self._webhooks]
        log.info("tills connect to %s", self.address)
        service = Service()
        while not (self._stopping.is_set() or self._crashed or any(each.done() for each in (serving, *webhooks))):
            service.progress([self._gateway.core.turned_s], time.monotonic())
            service.status(await self._status())
            await asyncio.sleep(_TURN_S)
        service.stopping()
        for webhook in webhooks:
            webhook.cancel()
        ended = await asyncio.gather(*webhooks, return_exceptions=True)
        self._crashed = self._crashed or any(isinstance(each, Exception) for each in ended)
        self._server.should_exit = True
        await serving

    async def _status(self) -> str:
        """The line that `systemctl status` shows."""
        if self._crashed:
            return "failed"
        counts = await self._gateway.counts()
        return ", ".join(f"{till}: agent {each.agent}, {each.waiting} waiting" for till, each in counts.items())


class _QuietServer(uvicorn.Server):
    """Signals are handled by the gateway, which stops more than the server."""

    def install_signal_handlers(self) -> None:
        pass


def _bound(settings: GatewaySettings) -> socket.socket:
    host, port = settings.address
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as problem:
        in_use = problem.errno == errno.EADDRINUSE
        stop = words("stop the other program, or choose another port")
        fix = stop if in_use else words("use an address of this box")
        reason = system_words(os.strerror(problem.errno)) if problem.errno else words("there is no such address")
        raise UsageError(
            words("listen = {listen}: {reason}: {fix}", listen=shown(settings.listen), reason=reason, fix=fix)
        ) from None
