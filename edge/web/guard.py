"""Who may see the setup page: whoever came with the link from the log, under this box's own name, from this page."""

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

from edge.till.limits import Refusals
from edge.web.address import LOOPBACK_NAMES

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from edge.web.address import Address

_TOKEN_BYTES = 18
_WRONG, _WITHIN_S = 10, 60.0
"""So many wrong tokens in so many seconds; then none is looked at until some of them are that old."""
_MOST_BYTES = 16 * 1024
"""Of what the page sends: a zone of 64 corners has under 2 KB."""
_READING = ("GET", "HEAD")

_HEADERS = {
    # No picture may outlive the page, and nothing may be loaded from, sent to, or shown in anything but this page.
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

_KNOCK = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>edge-agent</title>
<h1>edge-agent</h1>
<p lang="ru">Откройте ссылку из журнала агента или введите ключ из неё.</p>
<p>Open the link from the agent's log, or enter the token that it ends with.</p>
<form action="/"><input name="token" autocomplete="off" aria-label="token"> <button>OK</button></form></html>
"""


class Guard:
    """ASGI middleware in front of everything. The token is made at every start, and is on no disk."""

    def __init__(self, app: ASGIApp, address: Address, *, encrypted: bool) -> None:
        self._app, self._address, self._encrypted = app, address, encrypted
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        # Browsers send cookies to every port of a host: two agents on one box must not take each other's for theirs.
        self._cookie = f"edge-agent-{address.port}"
        self._wrong_s: deque[float] = deque(maxlen=_WRONG)
        self._refusals = Refusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refused = self._refusal(Request(scope))
        await (refused or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        """What to answer instead of what was asked for; None when that is fine."""
        headers = request.headers
        if not self._is_our_name(headers.get("host", "")):
            return PlainTextResponse("this box has another name\n", 421)
        if "token" in request.query_params:
            return self._let_in(request.query_params["token"])
        cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        if cookie is None or not self._is_right(cookie.value):
            return HTMLResponse(_KNOCK, 401)
        return None if request.method in _READING else self._why_not_changed(headers)

    def _let_in(self, token: str) -> Response:
        if len(self._wrong_s) == _WRONG and time.monotonic() - self._wrong_s[0] < _WITHIN_S:
            return PlainTextResponse("too many wrong tokens: wait a minute\n", 429)
        if not self._is_right(token):
            return HTMLResponse(_KNOCK, 401)
        entered = RedirectResponse("/", 303)
        entered.set_cookie(self._cookie, token, secure=self._encrypted, httponly=True, samesite="strict")
        return entered

    def _is_right(self, token: str) -> bool:
        if hmac.compare_digest(token.encode(), self.token.encode()):
            return True
        self._wrong_s.append(time.monotonic())
        self._refusals.add("wrong token", "a browser", "its token for the setup page is none of this start's")
        return False

    def _why_not_changed(self, headers: Headers) -> Response | None:
        """What speaks against changing anything: another page that asks, or more than there can be to say."""
        if headers.get("origin") != f"{'https' if self._encrypted else 'http'}://{headers['host']}":
            return PlainTextResponse("only this page may ask for that\n", 403)
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            return PlainTextResponse("too much\n", 413)
        return None

    def _is_our_name(self, host: str) -> bool:
        """Against pages elsewhere whose name was made to lead here. Where other machines may come, under whichever
        name, the certificate tells."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        return self._address.is_public or name in (*LOOPBACK_NAMES, self._address.host)
