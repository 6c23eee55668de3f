"""Hostile clients, as a program: `hostile_clients.py ADDRESS MESSAGES VALID [CERTIFICATE...]`.

Tills that send MESSAGES messages as fast as they can, and clients that do not speak ZeroMQ. VALID: a file of valid
messages, one per line, which are sent repeatedly in any order, complete or damaged. Every run sends the same messages,
and stays connected until its stdin is closed.
"""

from __future__ import annotations

import json
import random
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import zmq
import zmq.auth

TILLS = 4
STRANGERS = 200
TOO_LONG = 1024 * 1024 + 1
TOO_LONG_MESSAGES = 100
"""All from the last till: ZeroMQ disconnects a client that sends one, and its queued messages are lost."""


def hostile_message(valid: bytes, rng: random.Random) -> list[bytes]:
    """The frames of a message that a correct till would not send, or not at this time."""
    match rng.randrange(10):
        case 0:
            return [rng.randbytes(rng.randrange(2000))]
        case 1:
            return [valid[: rng.randrange(len(valid))]]
        case 2:
            return [b"[" * rng.randrange(20_000)]
        case 3:
            cut = rng.randrange(len(valid))
            return [valid[:cut] + rng.randbytes(3) + valid[cut:]]
        case 4:
            fields = json.loads(valid)
            fields[rng.choice(list(fields))] = rng.choice([None, -1, 1e308, [], {}, "", "x" * 5000])
            return [json.dumps(fields).encode()]
        case 5:
            return [b""] * rng.randrange(1, 50)
        case 6 if rng.random() < 0.1:
            return [b'{"data": "' + b"x" * rng.randrange(TOO_LONG - 20) + b'"}']
        case _:
            return [valid]


def connect(
    context: zmq.Context[zmq.Socket[bytes]], name: str, address: str, certificate: Path | None
) -> zmq.Socket[bytes]:
    till: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    till.identity, till.reconnect_ivl = name.encode(), 10
    if certificate:
        till.curve_publickey, till.curve_secretkey = zmq.auth.load_certificate(certificate)
        [agent] = re.findall('agent-public-key = "(.*)"', certificate.read_text())
        till.curve_serverkey = agent.encode()
    till.connect(address)
    return till


def attack(address: str, messages: int, valid: list[bytes], certificates: list[Path] | None) -> None:
    rng = random.Random(4711)
    context = zmq.Context()
    keys: Sequence[Path | None] = certificates or [None] * TILLS
    tills = [connect(context, f"hostile-{number}", address, key) for number, key in enumerate(keys)]
    strangers = []
    for number in range(messages):
        if number % (messages // STRANGERS) == 0:
            stranger = socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1])))
            stranger.sendall(rng.choice([b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + bytes(8) + b"\x7f", b"\xff" * 500]))
            strangers.append(stranger)
        if number % (messages // TOO_LONG_MESSAGES) == 0:
            tills[-1].send(b"x" * TOO_LONG)
            continue
        till = tills[number % (TILLS - 1)]
        # A client that does not read would not notice that it was disconnected, and would stop attacking.
        while till.poll(0):
            till.recv()
        till.send_multipart(hostile_message(rng.choice(valid), rng))
    # A client that disconnects with unread messages loses what it has just sent, and the count would be wrong.
    sys.stdin.read()
    context.destroy(linger=0)
    for stranger in strangers:
        stranger.close()


if __name__ == "__main__":
    attack(
        sys.argv[1],
        int(sys.argv[2]),
        Path(sys.argv[3]).read_bytes().splitlines(),
        [Path(word) for word in sys.argv[4:]],
    )
