"""Who gets in: with the token from the log, under the box's own name, and from the page alone."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.web.address import Address, bind
from edge.web.guard import Guard


async def _secret(_: Request) -> Response:
    return PlainTextResponse("secret")


@dataclass
class Door:
    """A guarded page that says "secret", and somebody who knocks. cookie: what was given to who came in."""

    guard: Guard
    port: int
    cookie: str = ""

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, str, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, ({"Cookie": self.cookie} if self.cookie else {}) | told)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer

    def enter(self, token: str) -> int:
        status, _, answer = self.ask(f"/?token={token}")
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        return status

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def door() -> Iterator[Door]:
    listening = bind(Address("127.0.0.1", 0))
    port = listening.getsockname()[1]
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/", _secret, methods=methods), Route("/lanes", _secret, methods=methods)])
    guard = Guard(app, Address("127.0.0.1", port), encrypted=False)
    server = uvicorn.Server(uvicorn.Config(guard, http="h11", ws="none", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield Door(guard, port)
    server.should_exit = True
    thread.join(20)
    listening.close()


@pytest.mark.parametrize(
    "path", ["/", "/lanes", "/page.css", "/../etc/passwd", "/?token=", "/?token=wrong", "/?token=%D1%8F"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "OPTIONS"])
def test_nobody_sees_anything_without_the_token(door: Door, path: str, method: str) -> None:
    status, text, _ = door.ask(path, method)
    assert status == 401
    assert "secret" not in text


def test_who_has_the_token_comes_in_and_the_address_bar_forgets_it(door: Door) -> None:
    status, _, answer = door.ask(f"/?token={door.guard.token}")
    assert (status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie, "it goes with the browser's session"
    door.cookie = cookie.partition(";")[0]
    assert door.ask("/lanes")[:2] == (200, "secret")


@pytest.mark.parametrize(
    "cookie", ["edge-agent-{port}=wrong", "edge-agent-{port}=", "edge-agent-1={token}", "{token}", "a=\xff"]
)
def test_a_wrong_cookie_opens_nothing(door: Door, cookie: str) -> None:
    door.cookie = cookie.format(port=door.port, token=door.guard.token)
    assert door.ask("/lanes")[0] == 401


def test_every_start_has_a_token_of_its_own(door: Door) -> None:
    other = Guard(door.guard, Address("127.0.0.1", 1), encrypted=False)
    assert other.token != door.guard.token
    assert len(other.token) == 24


def test_after_ten_wrong_tokens_even_the_right_one_waits(door: Door) -> None:
    assert [door.enter(f"wrong-{number}") for number in range(10)] == [401] * 10
    assert door.enter(door.guard.token) == 429


def test_who_is_in_stays_in_while_others_guess(door: Door) -> None:
    door.enter(door.guard.token)
    inside = door.cookie
    for number in range(12):
        door.enter(f"wrong-{number}")
    door.cookie = inside
    assert door.ask("/lanes")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "192.168.0.1:80"])
def test_a_name_that_was_made_to_lead_here_is_turned_away(door: Door, host: str) -> None:
    """DNS rebinding: the browser believes that it talks to the other page's own server."""
    door.enter(door.guard.token)
    assert door.ask("/lanes", Host=host)[0] == 421
    assert door.ask(f"/?token={door.guard.token}", Host=host)[0] == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9000", "[::1]:8080", "[::1]"])
def test_this_box_has_several_names_and_a_tunnel_any_port(door: Door, host: str) -> None:
    door.enter(door.guard.token)
    assert door.ask("/lanes", Host=host)[0] == 200


def test_only_the_page_itself_may_change_anything(door: Door) -> None:
    """Cross-site request forgery: another page makes the browser ask."""
    door.enter(door.guard.token)
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}):
        assert door.ask("/lanes", "PUT", "{}", **origin)[0] == 403
    assert door.ask("/lanes", "PUT", "{}", Origin=door.origin)[0] == 200


def test_more_than_there_can_be_to_say_is_not_read(door: Door) -> None:
    door.enter(door.guard.token)
    assert door.ask("/lanes", "PUT", "x" * 20_000, Origin=door.origin)[0] == 413
    assert door.ask("/lanes", "PUT", None, Origin=door.origin, Transfer_Encoding="chunked")[0] == 413


@pytest.mark.parametrize("path", ["/", "/lanes", "/nothing", "/?token=wrong"])
def test_every_answer_forbids_keeping_framing_and_loading_from_elsewhere(door: Door, path: str) -> None:
    door.enter(door.guard.token)
    headers = door.ask(path)[2].headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
