"""Access control of the setup page: a token of each role, the box's own host name, and changes from the page only."""

from __future__ import annotations

import time
from collections import deque
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from edge.service.listener import client_of
from edge.till.rejections import Rejections
from edge.web.address import LOOPBACK_NAMES
from edge.web.roles import READ_METHODS, ROLES, forbidden
from edge.web.token_page import STYLE_HASH, first_language, token_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from edge.web.address import Address
    from edge.web.roles import PageAccess, Role
    from edge.web.token_page import Reason

_WRONG_TOKENS, _WITHIN_S = 10, 60.0
"""After this many wrong tokens of a client within this many seconds, it gets no form for further ones. The right token
always works: nobody guesses 144 bits, and a lock would only keep the installer out."""
_CLIENTS = 256
"""Whose wrong tokens are counted."""
_MAX_REQUEST_BYTES = 16 * 1024
"""Size of a request's body. A zone of 64 corners has under 2 KB."""

_HEADERS = {
    # Browsers keep no picture; nothing is loaded from or sent to another origin, and no other page may embed this one.
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; style-src 'self' '{STYLE_HASH}'; "
        "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware in front of all routes."""

    def __init__(
        self, app: ASGIApp, address: Address, accesses: Mapping[Role, PageAccess], *, encrypted: bool
    ) -> None:  # fmt: skip
        """accesses: of every role. The routes find the role of a request in its scope, as `role`."""
        self._app, self._address, self._encrypted, self._accesses = app, address, encrypted, accesses
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
        role = self._role_of(cookie.value, request) if cookie else None
        if role is None:
            return self._token_page(request, cookie.value if cookie else None)
        request.scope["role"] = role
        if request.method in READ_METHODS:
            return None
        return forbidden() if role == "viewer" else self._rejected_change(headers)

    def _log_in(self, request: Request, token: str) -> Response:
        if self._role_of(token, request) is None:
            if self._guesses_much(request):
                return self._token_page(request, token, too_many=True)
            return self._token_page(request, token)
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, token, secure=self._encrypted, httponly=True, samesite="strict")
        return response

    def _role_of(self, token: str, request: Request) -> Role | None:
        """Whose token it is; None, which is logged, for a token of nobody."""
        # All are compared, so that the time tells nothing.
        right = [role for role in ROLES if self._accesses[role].tokens.is_right(token)]
        if right:
            return right[0]
        old = self._role_of_old(token)
        file = self._accesses[old or "installer"].link_file
        self._refusals.add(
            "wrong token",
            f"a browser at {_client(request)}",
            f"{'an old' if old else 'a wrong'} token for the setup page: its link is in {file}",
        )
        return None

    def _role_of_old(self, token: str) -> Role | None:
        """Whose token it once was."""
        return next((role for role in ROLES if self._accesses[role].tokens.was_right(token)), None)

    def _token_page(self, request: Request, token: str | None, *, too_many: bool = False) -> Response:
        """Why this token does not open the page. token: None when there is none."""
        old = None if token is None else self._role_of_old(token)
        reason: Reason = "none" if token is None else "old" if old else "wrong"
        language = first_language(request.headers.get("accept-language", ""))
        files = {role: self._accesses[role].link_file for role in ROLES if old in (role, None)}
        page = token_page("many" if too_many else reason, files, language)
        return HTMLResponse(page, 429 if too_many else 401)

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
