"""A till's end of the reliable channel: a ZeroMQ DEALER that carries CloudEvents, with CURVE where there is a key."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import zmq

from edge.errors import RunError, UsageError
from edge.till.certificates import READ_OR_WRITE, WRITE, read
from edge.till.envelope import Event, parse, wrap
from edge.till.messages import Ack, Alert

if TYPE_CHECKING:
    from edge.till.messages import Data

_Z85_KEY = re.compile(r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}")

_CONNECTED_WITHIN_MS = 30_000


@dataclass(frozen=True, slots=True)
class TillKeys:
    """Everything in Z85. till: the name that these keys are for, which the till must bear."""

    till: str
    public: bytes
    secret: bytes
    agent: bytes


def load_keys(file: Path, agent_key: str | None = None) -> TillKeys:
    """The keys that `edge-agent keys new` made for a till.

    agent_key: the agent's public key, or a file with it, where the till's own file does not name it. Raises UsageError
    for a file that is missing, damaged, or readable by others.
    """
    fields = _fields(file, "public-key", "secret-key", forbidden=READ_OR_WRITE)
    agent = fields.get("agent-public-key")
    if agent_key:
        given = _Z85_KEY.fullmatch(agent_key)
        agent = agent_key if given else _fields(Path(agent_key), "public-key", forbidden=WRITE)["public-key"]
    if not agent:
        raise UsageError(f"{file} does not name the agent's public key: add --agent-key, the key or a file with it")
    name = fields.get("till", file.stem)
    return TillKeys(name, fields["public-key"].encode(), fields["secret-key"].encode(), agent.encode())


def _fields(file: Path, *keys: str, forbidden: int) -> dict[str, str]:
    try:
        return read(file, *keys, forbidden=forbidden)
    except FileNotFoundError:
        raise UsageError(f"there is no key file {file}: make one with edge-agent keys new TILL") from None


class Till:
    """The bare channel: nothing is repeated and nothing noted. `LiveTill` keeps the promises of a till on top of it."""

    def __init__(self, name: str, address: str, keys: TillKeys | None = None) -> None:
        """Connects, now or as soon as the agent is there. Raises UsageError for what is no address."""
        self._name, self._address = name, address
        self._context = zmq.Context()
        self.socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self.socket.linger = 500
        self.socket.identity = name.encode()
        self.socket.ipv6 = "[" in address
        # Nothing piles up for an agent that is away: what it has not answered is repeated when it is back.
        self.socket.immediate = True
        # A cable that was pulled tells nobody; without this the connection would be believed in for minutes.
        self.socket.heartbeat_ivl, self.socket.heartbeat_timeout = 1000, 3000
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 100, 1000
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = keys.public, keys.secret
            self.socket.curve_serverkey = keys.agent
        try:
            self.socket.connect(address)
        except zmq.ZMQError as problem:
            self.close()
            raise UsageError(f"cannot connect to {address!r}: {problem.strerror}: use tcp://HOST:PORT") from None

    def send(self, data: Data) -> None:
        """Waits until there is a connection. Raises RunError when there is none for long."""
        now = datetime.now(timezone.utc)
        event = wrap(data, id=str(uuid.uuid4()), source=f"/till/{self._name}", time=now)
        if not self.socket.poll(_CONNECTED_WITHIN_MS, zmq.POLLOUT):
            raise RunError(f"no agent answers at {self._address}: start edge-agent first")
        self.socket.send(event.to_json().encode())

    def receive(self, timeout_s: float) -> Data | None:
        """The next message, None when none comes in time. Alerts are acknowledged."""
        event = self.receive_event(timeout_s)
        content = event.content() if event else None
        if event and isinstance(content, Alert):
            self.send(Ack(message_id=event.id, alert_id=content.alert_id))
        return content

    def send_event(self, event: Event) -> bool:
        """Whether there was a connection to send it on."""
        try:
            self.socket.send(event.to_json().encode(), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive_event(self, timeout_s: float) -> Event | None:
        """The next message, None when none comes in time. Raises ValueError for what is none."""
        if not self.socket.poll(max(0, round(timeout_s * 1000))):
            return None
        frames = self.socket.recv_multipart()
        if len(frames) != 1:
            raise ValueError(f"a message is one frame with one JSON object, this had {len(frames)}")
        return parse(frames[0])

    def close(self) -> None:
        self._context.destroy()
