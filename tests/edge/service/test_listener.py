"""The listening socket: who gets a place when too many clients connect. Clients come from addresses of loopback."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from edge.service.listener import CONNECTIONS, CONNECTIONS_OF_A_CLIENT, LimitedListener, client_of

GREEDY, OTHER, THIRD, LAST = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"


class Door:
    """A listener whose connections are accepted as they come, and its clients."""

    def __init__(self) -> None:
        self.listener = LimitedListener(socket.create_server(("127.0.0.1", 0)))
        self.listener.setblocking(False)
        self.accepted: dict[socket.socket, socket.socket] = {}
        self._opened = ExitStack()
        self._opened.enter_context(self.listener)

    def connect(self, host: str) -> socket.socket:
        """A client from this address. It is in `accepted` if the listener has given it a place."""
        client = socket.create_connection(self.listener.getsockname(), source_address=(host, 0))
        self._opened.enter_context(client)
        # A busy kernel may need a moment.
        assert select.select([self.listener], [], [], 60)[0]
        try:
            accepted, address = self.listener.accept()
        except BlockingIOError:
            return client
        assert address == client.getsockname()
        self.accepted[client] = self._opened.enter_context(accepted)
        return client

    def has_place(self, client: socket.socket) -> bool:
        """Whether the server's side of the connection may still receive a request."""
        side = self.accepted.get(client)
        if side is None:
            return False
        side.setblocking(False)
        try:
            return bool(side.recv(1))
        except BlockingIOError:
            return True

    def answer(self, client: socket.socket) -> None:
        """The request of this client is being answered."""
        self.listener.answering(client.getsockname(), answering=True)

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


def test_one_more_connection_of_a_client_pushes_out_its_oldest(door: Door) -> None:
    other = door.connect(OTHER)
    clients = [door.connect(GREEDY) for _ in range(CONNECTIONS_OF_A_CLIENT + 3)]
    assert [door.has_place(client) for client in clients] == [False] * 3 + [True] * CONNECTIONS_OF_A_CLIENT
    assert door.has_place(other)


def test_a_connection_that_is_being_answered_stays(door: Door) -> None:
    answered, waiting, *others = (door.connect(GREEDY) for _ in range(CONNECTIONS_OF_A_CLIENT))
    door.answer(answered)
    newest = door.connect(GREEDY)
    assert [door.has_place(client) for client in (answered, waiting, newest)] == [True, False, True]
    for client in (*others, newest):
        door.answer(client)
    assert not door.has_place(door.connect(GREEDY)), "all others are being answered"
    door.listener.answering(answered.getsockname(), answering=False)
    assert door.has_place(door.connect(GREEDY))


def test_when_all_places_are_taken_the_client_with_most_of_them_gives_one(door: Door) -> None:
    greedy = [door.connect(GREEDY) for _ in range(CONNECTIONS_OF_A_CLIENT)]
    others = [door.connect(host) for host in (OTHER, THIRD) for _ in range((CONNECTIONS - len(greedy)) // 2)]
    assert all(map(door.has_place, (*greedy, *others)))
    assert door.has_place(door.connect(LAST))
    assert [door.has_place(client) for client in greedy] == [False] + [True] * (len(greedy) - 1)
    assert all(map(door.has_place, others))


def test_a_closed_connection_leaves_its_place(door: Door) -> None:
    clients = [door.connect(GREEDY) for _ in range(CONNECTIONS_OF_A_CLIENT)]
    door.accepted[clients[5]].close()
    door.connect(GREEDY)
    assert door.has_place(clients[0])


def test_a_request_that_has_come_is_still_read(door: Door) -> None:
    early = door.connect(GREEDY)
    early.sendall(b"GET / HTTP/1.1\r\n\r\n")
    for _ in range(CONNECTIONS_OF_A_CLIENT):
        door.connect(GREEDY)
    side = door.accepted[early]
    assert (side.recv(100), side.recv(100)) == (b"GET / HTTP/1.1\r\n\r\n", b"")
    side.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    assert early.recv(100) == b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.168.0.7", "192.168.0.7"),
        ("::ffff:192.168.0.7", "192.168.0.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_client_is_an_address_or_a_network_that_one_machine_may_use(host: str, client: str) -> None:
    assert client_of(host) == client
