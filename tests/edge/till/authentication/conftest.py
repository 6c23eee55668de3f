"""An agent on public addresses, and two tills that have keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq
import zmq.auth

from edge.settings.sections import TillSettings
from edge.till.envelope import parse
from edge.till.keys import Keys
from edge.till.server import TillServer
from tests.edge.till.conftest import Connect, hello, receive, received

PUBLIC = TillSettings(reliable="tcp://0.0.0.0:*", live="tcp://0.0.0.0:*")
ADDRESSES = ("tcp://0.0.0.0:5557", "tcp://0.0.0.0:5556")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "state" / "keys")


@pytest.fixture
def make_key(keys: Keys, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a key as `edge-agent keys new` does, and returns the till's file."""

    def make_key(till: str) -> Path:
        file = tmp_path / f"{till}-{len(list(tmp_path.iterdir()))}.key_secret"
        keys.new(till, file, ADDRESSES)
        return file

    return make_key


@pytest.fixture
def good_key(make_key: Callable[[str], Path]) -> Path:
    return make_key("till-1")


@pytest.fixture
def other_key(make_key: Callable[[str], Path]) -> Path:
    return make_key("till-2")


@pytest.fixture
def server(keys: Keys, good_key: Path, other_key: Path) -> Iterator[TillServer]:
    server = TillServer(PUBLIC, keys)
    yield server
    server.close()


@pytest.fixture
def good_till(server: TillServer, connect: Connect, good_key: Path) -> zmq.Socket[bytes]:
    return connect(zmq.DEALER, server.addresses[0], b"till-1", good_key)


@pytest.fixture
def only_the_good_till_is_served(server: TillServer, good_till: zmq.Socket[bytes]) -> Callable[[], None]:
    """Checks that the next received message is from the good till, and that the good till gets the answer."""

    def check() -> None:
        good_till.send(hello("good").to_json().encode())
        assert receive(server) == [(b"till-1", received("good"))]
        server.send(b"till-1", hello("answer"))
        assert parse(good_till.recv()) == hello("answer")

    return check
