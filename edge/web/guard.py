"""Access control of the setup page: a token, the box's own host name, and changes from the page only."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from edge.till.rejections import Rejections
from edge.web.address import LOOPBACK_NAMES
from edge.web.listener import client_of

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from edge.web.address import Address

_TOKEN_BYTES = 18
_WRONG_TOKENS, _WITHIN_S = 10, 60.0
"""After this many wrong tokens of a client within this many seconds, it gets no form for further ones. The right token
always works: nobody guesses 144 bits, and a lock would only keep the installer out."""
_CLIENTS = 256
"""Whose wrong tokens are counted."""
_MAX_REQUEST_BYTES = 16 * 1024
"""Size of a request's body. A zone of 64 corners has under 2 KB."""
_READ_METHODS = ("GET", "HEAD")

_HEADERS = {
    # Browsers keep no picture; nothing is loaded from or sent to another origin, and no other page may embed this one.
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_TOKEN_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>edge-agent</title>
<h1>edge-agent</h1>
<p lang="ru">Откройте ссылку из файла, который назван в журнале агента, или введите код, которым она заканчивается.</p>
<p>Open the link from the file that the agent's log names, or enter the token at its end.</p>
<form action="/"><input name="token" autocomplete="off" aria-label="token"> <button>OK</button></form></html>
"""


class Guard:
    """ASGI middleware in front of all routes. The token is new at every start."""

    def __init__(self, app: ASGIApp, address: Address, *, encrypted: bool) -> None:
        self._app, self._address, self._encrypted = app, address, encrypted
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        # Browsers send a cookie to every port of a host, so the name keeps two agents on one box apart.
        self._cookie = f"edge-agent-{address.port}"
        self._wrong_tokens_s: dict[str, deque[float]] = {}
        self._refusals = Rejections()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        rejection = self._rejection(Request(scope))
        await (rejection or self._app)(scope, receive, send_guarded)

    def _rejection(self, request: Request) -> Response | None:
        """The response that ends the request here; None when the request may pass."""
        headers = request.headers
        if not self._is_own_name(headers.get("host", "")):
            return PlainTextResponse("wrong host name\n", 421)
        if "token" in request.query_params:
            return self._log_in(request, request.query_params["token"])
        cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        if cookie is None or not self._is_right(cookie.value, request):
            return HTMLResponse(_TOKEN_PAGE, 401)
        return None if request.method in _READ_METHODS else self._rejected_change(headers)

    def _log_in(self, request: Request, token: str) -> Response:
        if not self._is_right(token, request):
            if self._guesses_much(request):
                return PlainTextResponse("too many wrong tokens: open the link with the right one\n", 429)
            return HTMLResponse(_TOKEN_PAGE, 401)
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, token, secure=self._encrypted, httponly=True, samesite="strict")
        return response

    def _is_right(self, token: str, request: Request) -> bool:
        if hmac.compare_digest(token.encode(), self.token.encode()):
            return True
        self._refusals.add(
            "wrong token",
            f"a browser at {_client(request)}",
            "wrong token for the setup page: it is new at every start",
        )
        return False

    def _guesses_much(self, request: Request) -> bool:
        """Whether this wrong token is one too many of its client."""
        client, now_s = _client(request), time.monotonic()
        times_s = self._wrong_tokens_s.pop(client, None) or deque(maxlen=_WRONG_TOKENS)
        many = len(times_s) == _WRONG_TOKENS and now_s - times_s[0] < _WITHIN_S
        times_s.append(now_s)
        # It is now the last of the dictionary; the first one has been silent for longest.
        self._wrong_tokens_s[client] = times_s
        if len(self._wrong_tokens_s) > _CLIENTS:
            del self._wrong_tokens_s[next(iter(self._wrong_tokens_s))]
        return many

    def _rejected_change(self, headers: Headers) -> Response | None:
        """The rejection of a change from another page, or with too large a body; None when it may pass."""
        if headers.get("origin") != f"{'https' if self._encrypted else 'http'}://{headers['host']}":
            return PlainTextResponse("only the setup page may send this request\n", 403)
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_REQUEST_BYTES:
            return PlainTextResponse("request too large\n", 413)
        return None

    def _is_own_name(self, host: str) -> bool:
        """Whether the Host header names this box, against DNS rebinding. A public address may be reached under any
        name: there the certificate proves which machine it is."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        return self._address.is_public or name in (*LOOPBACK_NAMES, self._address.host)


def _client(request: Request) -> str:
    return client_of(request.client.host) if request.client else "?"
