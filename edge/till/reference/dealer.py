"""A till's end of the reliable channel: a ZeroMQ DEALER that carries CloudEvents, with CURVE if the till has a key."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import zmq

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.private_files import READ_OR_WRITE, WRITE
from edge.till.certificates import Z85_KEY, read_certificate
from edge.till.envelope import Event, parse, wrap
from edge.till.messages import Ack, Alert

if TYPE_CHECKING:
    from edge.till.messages import Data

_CONNECT_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class TillKeys:
    """The keys of one till, in Z85. till: the name that the keys were made for, which the till must use."""

    till: str
    public: bytes
    secret: bytes
    agent: bytes


def load_keys(file: Path, agent_key: str | None = None) -> TillKeys:
    """Read the key file that `edge-agent keys new` made for a till.

    agent_key: the agent's public key, or a file with it; needed when the till's file does not contain it. Raises
    UsageError for a file that is missing, damaged, or readable by other users.
    """
    fields = _fields(file, "public-key", "secret-key", forbidden=READ_OR_WRITE)
    agent = fields.get("agent-public-key")
    if agent_key:
        is_key = Z85_KEY.fullmatch(agent_key)
        agent = agent_key if is_key else _fields(Path(agent_key), "public-key", forbidden=WRITE)["public-key"]
    if not agent:
        raise UsageError(
            words(
                "{file} has no agent-public-key: add --agent-key, the agent's public key or a file with it", file=file
            )
        )
    name = fields.get("till", file.stem)
    return TillKeys(name, fields["public-key"].encode(), fields["secret-key"].encode(), agent.encode())


def _fields(file: Path, *keys: str, forbidden: int) -> dict[str, str]:
    try:
        return read_certificate(file, *keys, forbidden=forbidden)
    except FileNotFoundError:
        raise UsageError(
            words("there is no key file {file}: make one with edge-agent keys new TILL", file=file)
        ) from None


class Till:
    """The bare channel: it resends and stores nothing. `LiveTill` adds what the protocol requires of a till."""

    def __init__(self, name: str, address: str, keys: TillKeys | None = None) -> None:
        """Connects now, or as soon as the agent runs. Raises UsageError for an invalid address."""
        self._name, self._address = name, address
        self._context = zmq.Context()
        self.socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self.socket.linger = 500
        self.socket.identity = name.encode()
        self.socket.ipv6 = "[" in address
        # Queue nothing while the agent is away: unanswered messages are resent when it is back.
        self.socket.immediate = True
        # Detect a pulled cable. Without heartbeats the connection would seem alive for minutes.
        self.socket.heartbeat_ivl, self.socket.heartbeat_timeout = 1000, 3000
        self.socket.reconnect_ivl, self.socket.reconnect_ivl_max = 100, 1000
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = keys.public, keys.secret
            self.socket.curve_serverkey = keys.agent
        try:
            self.socket.connect(address)
        except zmq.ZMQError as problem:
            self.close()
            raise UsageError(
                words(
                    "cannot connect to {address}: {reason}: use tcp://HOST:PORT",
                    address=repr(address),
                    reason=system_words(problem.strerror),
                )
            ) from None

    def send(self, data: Data) -> None:
        """Send data in a new envelope. Waits for a connection. Raises RunError when there is none within 30 s."""
        now = datetime.now(timezone.utc)
        event = wrap(data, id=str(uuid.uuid4()), source=f"/till/{self._name}", time=now)
        if not self.socket.poll(_CONNECT_TIMEOUT_MS, zmq.POLLOUT):
            raise RunError(words("no agent answers at {address}: start edge-agent first", address=self._address))
        self.socket.send(event.to_json().encode())

    def receive(self, timeout_s: float) -> Data | None:
        """The data of the next message, None after the timeout. Acknowledges alerts. Raises ValueError for an invalid
        message."""
        event = self.receive_event(timeout_s)
        content = event.content() if event else None
        if event and isinstance(content, Alert):
            self.send(Ack(message_id=event.id, alert_id=content.alert_id))
        return content

    def wait_for_connection(self, timeout_s: float) -> None:
        """Wait until there is a connection, or until the timeout."""
        self.socket.poll(round(timeout_s * 1000), zmq.POLLOUT)

    def send_event(self, event: Event) -> bool:
        """Send a message without waiting. Returns False when there is no connection."""
        try:
            self.socket.send(event.to_json().encode(), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive_event(self, timeout_s: float) -> Event | None:
        """The next message, None after the timeout. Raises ValueError for an invalid message."""
        if not self.socket.poll(max(0, round(timeout_s * 1000))):
            return None
        frames = self.socket.recv_multipart()
        if len(frames) != 1:
            raise ValueError(f"a message is one frame with one JSON object, this had {len(frames)}")
        return parse(frames[0])

    def close(self) -> None:
        self._context.destroy()
