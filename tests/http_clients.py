"""Clients that speak HTTP byte by byte: requests that are not whole, and connections that wait."""

from __future__ import annotations

import socket
import time

WITHIN_S = 60.0


def client_that_sent(address: tuple[str, int], sent: bytes) -> socket.socket:
    """A connection over which these bytes were sent. Its reads fail after a minute."""
    client = socket.create_connection(address, timeout=WITHIN_S)
    client.sendall(sent)
    return client


def waits(client: socket.socket) -> bool:
    """Whether the server has neither sent anything nor closed the connection."""
    client.setblocking(False)
    try:
        client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except ConnectionResetError:
        pass
    finally:
        client.settimeout(WITHIN_S)
    return False


def trickle(client: socket.socket) -> None:
    """Send header lines slowly, until the server has closed the connection: then ConnectionError is raised."""
    end_s = time.monotonic() + WITHIN_S
    while time.monotonic() < end_s:
        client.sendall(b"X: x\r\n")
        time.sleep(0.05)


def close(*clients: socket.socket) -> None:
    for client in clients:
        client.close()
