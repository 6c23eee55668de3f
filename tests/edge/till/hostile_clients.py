"""Hostile clients, as a program: `hostile_clients.py ADDRESS MESSAGES VALID [CERTIFICATE...]`.

Tills that send so many messages as fast as they can, and strangers who do not even speak ZeroMQ. VALID: a file of valid
messages, one a line, which are sent again and again in any order, whole or damaged. Each run sends the same, and stays
until its stdin is closed.
"""

from __future__ import annotations

import json
import random
import re
import socket
import sys
from pathlib import Path

import zmq
import zmq.auth

TILLS = 4
STRANGERS = 200
TOO_LONG = 64 * 1024 + 1
TOO_LONG_ONES = 100
"""All from the last till: who sends one is cut off, and loses what else was on its way."""


def hostile_message(valid: bytes, chance: random.Random) -> list[bytes]:
    """The frames of a message that a good till would never send, or not now."""
    match chance.randrange(10):
        case 0:
            return [chance.randbytes(chance.randrange(2000))]
        case 1:
            return [valid[: chance.randrange(len(valid))]]
        case 2:
            return [b"[" * chance.randrange(20_000)]
        case 3:
            cut = chance.randrange(len(valid))
            return [valid[:cut] + chance.randbytes(3) + valid[cut:]]
        case 4:
            fields = json.loads(valid)
            fields[chance.choice(list(fields))] = chance.choice([None, -1, 1e308, [], {}, "", "x" * 5000])
            return [json.dumps(fields).encode()]
        case 5:
            return [b""] * chance.randrange(1, 50)
        case 6 if chance.random() < 0.1:
            return [b'{"data": "' + b"x" * (TOO_LONG - 20) + b'"}']
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
    chance = random.Random(4711)
    context = zmq.Context()
    keys = certificates or [None] * TILLS
    tills = [connect(context, f"hostile-{number}", address, key) for number, key in enumerate(keys)]
    strangers = []
    for number in range(messages):
        if number % (messages // STRANGERS) == 0:
            stranger = socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1])))
            stranger.sendall(
                chance.choice([b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" + bytes(8) + b"\x7f", b"\xff" * 500])
            )
            strangers.append(stranger)
        if number % (messages // TOO_LONG_ONES) == 0:
            tills[-1].send(b"x" * TOO_LONG)
            continue
        till = tills[number % (TILLS - 1)]
        # Who does not read is soon deaf to being cut off, and would attack no more.
        while till.poll(0):
            till.recv()
        till.send_multipart(hostile_message(chance.choice(valid), chance))
    # Who leaves while it has mail takes back what it has just sent, so that nobody could count what came.
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
