"""Access to the page: only with the token of the installer or of the viewer, only under the box's own name, and changes
by the installer only, and only from the page itself."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.service.listener import LimitedListener
from edge.service.protocol import PageConfig
from edge.web.address import Address, bind
from edge.web.guard import Guard
from edge.web.roles import PageAccess, Role
from edge.web.tokens import Tokens, new_token

OLD = "the-token-of-yesterday--"
VIEWERS_OLD = "viewer's-token-yesterday"
LINK_FILE = Path("/var/lib/edge-agent/setup-page.link")
VIEWER_LINK_FILE = Path("/var/lib/edge-agent/setup-page-viewer.link")


async def _secret(_: Request) -> Response:
    return PlainTextResponse("secret")


@dataclass
class GuardedPage:
    """A guarded page with the text "secret", and a client of it. token, viewer: of the installer and the viewer.
    cookie: what the client got when it logged in."""

    token: str
    viewer: str
    port: int
    cookie: str = ""

    def request(
        self, path: str, method: str = "GET", body: str | None = None, client: str = "127.0.0.1", **headers: str
    ) -> tuple[int, str, http.client.HTTPResponse]:
        """client: the address from which the request comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(client, 0))
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, ({"Cookie": self.cookie} if self.cookie else {}) | given)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text, response

    def log_in(self, token: str) -> int:
        status, _, response = self.request(f"/?token={token}")
        self.cookie = (response.headers["Set-Cookie"] or "").partition(";")[0]
        return status

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def tokens_after(old: str) -> Tokens:
    return Tokens(new_token(), (hashlib.sha256(old.encode()).hexdigest(),))


@pytest.fixture
def page() -> Iterator[GuardedPage]:
    listener = LimitedListener(bind(Address("127.0.0.1", 0)))
    port = listener.getsockname()[1]
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/", _secret, methods=methods), Route("/lanes", _secret, methods=methods)])
    accesses: dict[Role, PageAccess] = {
        "installer": PageAccess(tokens_after(OLD), LINK_FILE),
        "viewer": PageAccess(tokens_after(VIEWERS_OLD), VIEWER_LINK_FILE),
    }
    guard = Guard(app, Address("127.0.0.1", port), accesses, encrypted=False)
    server = uvicorn.Server(PageConfig(guard, listener))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield GuardedPage(accesses["installer"].tokens.token, accesses["viewer"].tokens.token, port)
    server.should_exit = True
    thread.join(60)
    listener.close()


@pytest.mark.parametrize(
    "path", ["/", "/lanes", "/page.css", "/../etc/passwd", "/?token=", "/?token=wrong", "/?token=%D1%8F"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "OPTIONS"])
def test_every_request_without_the_token_is_rejected(page: GuardedPage, path: str, method: str) -> None:
    status, text, _ = page.request(path, method)
    assert status == 401
    assert "secret" not in text


def test_the_token_becomes_a_session_cookie_and_leaves_the_address_bar(page: GuardedPage) -> None:
    status, _, response = page.request(f"/?token={page.token}")
    assert (status, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie, "it goes with the browser's session"
    page.cookie = cookie.partition(";")[0]
    assert page.request("/lanes")[:2] == (200, "secret")


def test_head_gives_the_same_answer_without_its_text(page: GuardedPage) -> None:
    assert page.request("/lanes", "HEAD")[:2] == (401, "")
    page.log_in(page.token)
    assert page.request("/lanes")[:2] == (200, "secret")
    assert page.request("/lanes", "HEAD")[:2] == (200, "")


@pytest.mark.parametrize(
    "cookie", ["edge-agent-{port}=wrong", "edge-agent-{port}=", "edge-agent-1={token}", "{token}", "a=\xff"]
)
def test_a_wrong_cookie_is_rejected(page: GuardedPage, cookie: str) -> None:
    page.cookie = cookie.format(port=page.port, token=page.token)
    assert page.request("/lanes")[0] == 401


def test_wrong_tokens_never_keep_the_right_one_out(page: GuardedPage) -> None:
    assert [page.log_in(f"wrong-{number}") for number in range(12)] == [401] * 10 + [429] * 2
    assert page.log_in(page.token) == 303
    assert page.request("/lanes")[0] == 200


def test_a_browser_with_the_token_of_an_earlier_start_can_log_in_again(page: GuardedPage) -> None:
    """Its scripts go on asking with the old cookie."""
    page.cookie = f"edge-agent-{page.port}=old"
    assert [page.request("/lanes")[0] for _ in range(12)] == [401] * 12, "with the form for the token"
    assert page.log_in(page.token) == 303


@pytest.mark.parametrize(
    ("path", "cookie", "why"),
    [
        ("/", "", ("This page opens with its own link only", "открывается только по своей ссылке")),
        (f"/?token={OLD}", "", ("This link is old", "Эта ссылка устарела")),
        ("/lanes", OLD, ("This link is old", "Эта ссылка устарела")),
        ("/?token=wrong", "", ("The token in this link is wrong", "В этой ссылке неверный код")),
        ("/", "wrong", ("The token in this link is wrong", "В этой ссылке неверный код")),
    ],
)
def test_without_the_right_token_the_page_says_why_and_which_command_shows_the_link(
    page: GuardedPage, path: str, cookie: str, why: tuple[str, str]
) -> None:
    page.cookie = f"edge-agent-{page.port}={cookie}" if cookie else ""
    status, text, _ = page.request(path)
    assert status == 401
    assert all(words in text for words in why)
    assert text.count(f"<pre>sudo cat {LINK_FILE}</pre>") == 2, "in both languages"
    known = OLD in path or cookie == OLD
    assert text.count(f"<pre>sudo cat {VIEWER_LINK_FILE}</pre>") == (0 if known else 2), "an old link says whose it was"
    assert page.token not in text
    assert page.viewer not in text


def test_the_old_link_of_a_viewer_says_which_command_shows_the_new_one(page: GuardedPage) -> None:
    status, text, _ = page.request(f"/?token={VIEWERS_OLD}")
    assert (status, "This link is old" in text) == (401, True)
    assert (text.count(f"sudo cat {VIEWER_LINK_FILE}"), text.count(f"sudo cat {LINK_FILE}<")) == (2, 0)


@pytest.mark.parametrize(
    ("accepted", "first"), [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("en-GB,ru;q=0.5", "en"), ("", "en")]
)
def test_the_language_of_the_browser_stands_first(page: GuardedPage, accepted: str, first: str) -> None:
    text = page.request("/", Accept_Language=accepted)[1]
    assert f'<html lang="{first}">' in text
    assert re.findall(r'<section lang="(\w+)">', text)[0] == first


def test_wrong_tokens_of_one_client_do_not_count_for_another(page: GuardedPage) -> None:
    for number in range(12):
        page.log_in(f"wrong-{number}")
    assert [page.log_in("wrong"), page.request("/?token=wrong", client="127.0.0.2")[0]] == [429, 401]


def test_a_logged_in_browser_stays_so_while_others_guess(page: GuardedPage) -> None:
    page.log_in(page.token)
    inside = page.cookie
    for number in range(12):
        page.log_in(f"wrong-{number}")
    page.cookie = inside
    assert page.request("/lanes")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "192.168.0.1:80"])
def test_another_host_name_is_rejected(page: GuardedPage, host: str) -> None:
    """DNS rebinding: another page makes its own host name resolve to this box."""
    page.log_in(page.token)
    assert page.request("/lanes", Host=host)[0] == 421
    assert page.request(f"/?token={page.token}", Host=host)[0] == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9000", "[::1]:8080", "[::1]"])
def test_every_loopback_name_is_accepted_with_any_port(page: GuardedPage, host: str) -> None:
    page.log_in(page.token)
    assert page.request("/lanes", Host=host)[0] == 200


def test_changes_are_accepted_from_the_page_only(page: GuardedPage) -> None:
    """Cross-site request forgery: another page makes the browser send the request."""
    page.log_in(page.token)
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}):
        assert page.request("/lanes", "PUT", "{}", **origin)[0] == 403
    assert page.request("/lanes", "PUT", "{}", Origin=page.origin)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/lanes", "/nothing"])
def test_a_viewer_changes_nothing(page: GuardedPage, path: str, method: str) -> None:
    assert page.log_in(page.viewer) == 303
    assert page.request("/lanes")[:2] == (200, "secret")
    status, text, _ = page.request(path, method, "{}", Origin=page.origin)
    assert status == 403
    assert json.loads(text)["problem"]["en"] == "This link is only for looking: changes need the installer's link."
    assert "secret" not in text


def test_the_newest_link_that_a_browser_opened_counts(page: GuardedPage) -> None:
    for token, allowed in ((page.viewer, 403), (page.token, 200), (page.viewer, 403)):
        page.log_in(token)
        assert page.request("/lanes", "PUT", "{}", Origin=page.origin)[0] == allowed


def test_too_large_a_request_is_not_read(page: GuardedPage) -> None:
    page.log_in(page.token)
    assert page.request("/lanes", "PUT", "x" * 20_000, Origin=page.origin)[0] == 413
    assert page.request("/lanes", "PUT", None, Origin=page.origin, Transfer_Encoding="chunked")[0] == 413


@pytest.mark.parametrize("path", ["/", "/lanes", "/nothing", "/?token=wrong"])
def test_every_response_forbids_caching_framing_and_other_origins(page: GuardedPage, path: str) -> None:
    page.log_in(page.token)
    headers = page.request(path)[2].headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
