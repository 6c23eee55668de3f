"""A listening socket for HTTP with limits for each client, so that silent or greedy clients leave places for others."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

CONNECTIONS = 64
"""In all. Each costs an open file, of which the process has 1024 for cameras and databases, too."""
CONNECTIONS_OF_A_CLIENT = 24
"""A browser opens six. Through an SSH tunnel all browsers are one client."""
BACKLOG = 64
"""Connections that asyncio accepts in a row; those that lose their place are closed only afterwards."""
_QUEUE = 1024
"""Connections that the system holds until they are accepted. A client that finds no room retries after 1 s."""


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    client: str
    answering: bool = False


class LimitedListener(socket.socket):
    """One connection too many pushes out the oldest one that is not being answered: of the client that has too many, or
    of the one that has most. If all are being answered, the new connection is closed.

    Not thread-safe: one event loop accepts and reports `answering`.
    """

    def __init__(self, listening: socket.socket) -> None:
        """Takes over a socket that listens."""
        super().__init__(fileno=listening.detach())
        self._connections: dict[tuple[str, int], _Connection] = {}

    def listen(self, backlog: int = _QUEUE) -> None:
        """Listen with a longer queue than asyncio asks for."""
        super().listen(max(backlog, _QUEUE))

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that has a place. Raises OSError like the base class."""
        while True:
            connection, address = super().accept()
            if self._admit(connection, address[:2]):
                return connection, address
            connection.close()

    def answering(self, address: tuple[str, int], *, answering: bool) -> None:
        """Whether a whole request has come from this address and its answer has not been sent yet."""
        if connection := self._connections.get(address):
            connection.answering = answering

    def _admit(self, connection: socket.socket, address: tuple[str, int]) -> bool:
        """Whether the new connection has a place, perhaps another one's."""
        alive = {each: other for each, other in self._connections.items() if other.socket.fileno() != -1}
        self._connections = alive | {address: _Connection(connection, client_of(address[0]))}
        crowded = self._crowded_client(client_of(address[0]))
        if crowded is None:
            return True
        idle = (key for key, other in self._connections.items() if other.client == crowded and not other.answering)
        loser = next(idle, address)
        lost = self._connections.pop(loser).socket
        if loser == address:
            return False
        # Only reading ends: a request that has just come is still read and answered. Its event loop closes the socket.
        with suppress(OSError):
            lost.shutdown(socket.SHUT_RD)
        return True

    def _crowded_client(self, newest: str) -> str | None:
        counts = Counter(each.client for each in self._connections.values())
        if counts[newest] > CONNECTIONS_OF_A_CLIENT:
            return newest
        return counts.most_common(1)[0][0] if len(self._connections) > CONNECTIONS else None


def client_of(host: str) -> str:
    """The client that an IP address belongs to: an IPv4 address, or a network of 64 bits, which one machine may use."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
    return str(address)
