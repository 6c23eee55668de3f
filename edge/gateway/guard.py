"""In front of all routes: the host name of a request, and a limit on the time that a client takes to read an answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from edge.commands import shown
from edge.gateway.problems import HttpProblem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

READ_WITHIN_S = 30.0
"""A client that reads nothing of an answer for this long is disconnected."""
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_API_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class GatewayGuard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, on_this_box: bool) -> None:
        """on_this_box: whether only programs of this box can connect."""
        self._app, self._on_this_box = app, on_this_box

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_API_HEADERS)
            await asyncio.wait_for(send(message), READ_WITHIN_S)

        host = Request(scope).headers.get("host", "")
        if not self._is_own_name(host):
            problem = HttpProblem("wrong-host", f"host = {shown(host)} is not this box: use 127.0.0.1")
            await problem.response(scope, receive, send_in_time)
        else:
            await self._app(scope, receive, send_in_time)

    def _is_own_name(self, host: str) -> bool:
        """Whether the Host header names this box, against DNS rebinding by pages in its browser. On the network the
        certificate proves which machine it is."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        return not self._on_this_box or name in _LOOPBACK_NAMES
