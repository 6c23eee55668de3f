"""Clients of the setup page that send no whole request: they are disconnected, and keep nobody out."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from edge.service.listener import CONNECTIONS_OF_A_CLIENT, LimitedListener
from edge.service.protocol import PageConfig
from edge.web.address import Address, bind
from tests.http_clients import client_that_sent, close, trickle, waits

HALF = {
    "nothing": b"",
    "a part of the first line": b"GET /",
    "a part of the headers": b"GET / HTTP/1.1\r\nHost: box\r\n",
    "a part of the body": b"POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 9\r\n\r\nhalf",
}
half_requests = pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
CLIENTS = 3 * CONNECTIONS_OF_A_CLIENT


class SmallPage:
    """A server as the setup page has it, in a thread. `/slow` answers when `may_answer` is set, other paths at once."""

    def __init__(self, encryption: ssl.SSLContext | None = None) -> None:
        self.may_answer = threading.Event()
        listener = LimitedListener(bind(Address("127.0.0.1", 0)))
        self.address = listener.getsockname()
        self._server = uvicorn.Server(PageConfig(self._respond, listener, encryption))
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with suppress(ClientDisconnect):
            await request.body()
            while request.url.path == "/slow" and not self.may_answer.is_set():
                await asyncio.sleep(0.01)
            await PlainTextResponse("seen")(scope, receive, send)

    def connect(self, sent: bytes) -> socket.socket:
        """A client that has sent these bytes."""
        return client_that_sent(self.address, sent)

    def get(self, encryption: ssl.SSLContext | None = None) -> tuple[int, bytes]:
        kind, more = (HTTPSConnection, {"context": encryption}) if encryption else (HTTPConnection, {})
        with closing(kind(*self.address, timeout=60, **more)) as connection:
            return answer_on(connection)

    def close(self) -> None:
        self.may_answer.set()
        self._server.should_exit = True
        self._thread.join(60)


@pytest.fixture
def page() -> Iterator[SmallPage]:
    page = SmallPage()
    yield page
    page.close()


def answer_on(connection: HTTPConnection) -> tuple[int, bytes]:
    connection.request("GET", "/")
    response = connection.getresponse()
    return response.status, response.read()


@half_requests
def test_half_requests_keep_nobody_out(page: SmallPage, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page answers while they wait: their time never ends here."""
    monkeypatch.setattr("edge.service.protocol._REQUEST_S", 3600)
    clients = [page.connect(sent) for _ in range(CLIENTS)]
    assert [page.get() for _ in range(3)] == [(200, b"seen")] * 3
    assert waits(clients[-1])
    close(*clients)


@half_requests
def test_a_client_that_sends_no_whole_request_is_disconnected(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.protocol._REQUEST_S", 0.1)
    page = SmallPage()
    client = page.connect(sent)
    with suppress(ConnectionResetError):
        assert client.recv(1) == b""
    client.close()
    page.close()


def test_a_request_that_trickles_gets_no_more_time(page: SmallPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.protocol._REQUEST_S", 0.5)
    client = page.connect(b"GET / HTTP/1.1\r\nHost: box\r\n")

    with pytest.raises(ConnectionError):
        trickle(client)
    client.close()


def test_the_time_of_a_request_is_not_that_of_its_answer(page: SmallPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page waits up to eight seconds for the till's next screen."""
    monkeypatch.setattr("edge.service.protocol._REQUEST_S", 2)
    client = page.connect(b"GET /slow HTTP/1.1\r\nHost: box\r\n\r\n")
    time.sleep(2.5)
    crowd = [page.connect(b"GET /slow") for _ in range(CLIENTS)]
    page.may_answer.set()
    assert client.recv(15) == b"HTTP/1.1 200 OK"
    close(client, *crowd)


def test_a_connection_serves_several_requests_with_pauses(page: SmallPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.service.protocol._REQUEST_S", 2)
    with closing(HTTPConnection(*page.address, timeout=60)) as connection:
        assert answer_on(connection) == (200, b"seen")
        time.sleep(2.5)
        assert answer_on(connection) == (200, b"seen")


def test_half_handshakes_keep_nobody_out(certificate: tuple[Path, Path]) -> None:
    """Clients that connect to the page of a box with HTTPS, and begin no encryption."""
    chain, key = certificate
    encryption = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    encryption.load_cert_chain(chain, key)
    page = SmallPage(encryption)
    clients = [page.connect(b"\x16\x03\x01") for _ in range(CLIENTS)]
    trusting = ssl.create_default_context(cafile=str(chain))
    trusting.check_hostname = False
    assert page.get(trusting) == (200, b"seen")
    assert waits(clients[-1])
    close(*clients)
    page.close()
