"""Starts the gateway as a process of its own, and speaks HTTP to it as a till."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from tests.commands import Json

LIMIT_S = 120.0
"""How long a busy machine may take."""
STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP. body: as JSON, if it is."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def request(
    url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> Answer:
    """One request. Raises OSError when nobody answers."""
    asked = urllib.request.Request(url, body, dict(headers or {}), method=method)
    try:
        with _opener.open(asked, timeout=LIMIT_S) as found:
            return Answer(found.status, _lower(found.headers), found.read().decode())
    except urllib.error.HTTPError as found:
        with found:
            return Answer(found.code, _lower(found.headers), found.read().decode())


class GatewayProcess:
    """A running `edge-gateway` on a free port; its state and its log are in `folder`."""

    def __init__(self, folder: Path, *flags: object, wrapper: Sequence[str] = (), port: int = 0) -> None:
        """Starts it, with these flags, and waits until tills can connect."""
        self.state, self.log_file = folder / "gateway", folder / "gateway.log"
        own = ["--state-dir", self.state, "--listen", f"127.0.0.1:{port}"]
        command = [*wrapper, sys.executable, "-m", "edge.gateway", *map(str, (*own, *flags))]
        with self.log_file.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=log, stdout=log, text=True, start_new_session=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("EDGE_")},
            )  # fmt: skip
        self.address = self.wait_for_log(r"tills connect to (\S+)")[1]

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text(encoding="utf-8")

    def wait_for_log(self, pattern: str) -> re.Match[str]:
        """Wait until the log has a pattern. Fails when the gateway ends first."""
        end_s = time.monotonic() + LIMIT_S
        while True:
            ended = self.process.poll() is not None
            if found := re.search(pattern, self.log):
                return found
            assert not ended, f"the gateway ended with exit code {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < end_s, f"no {pattern!r} within {LIMIT_S:.0f} s:\n{self.log}"
            time.sleep(0.02)

    def stop(self) -> str:
        """Ask it to stop as systemd does; returns its log. Fails unless it ends with exit code 0 and no traceback."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        assert self.process.wait(LIMIT_S) == 0, self.log
        assert "Traceback" not in self.log, self.log
        return self.log

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def event(type: str, id: str | None = None, **data: object) -> Json:
    """A CloudEvent as a till writes it."""
    return {
        "specversion": "1.0", "id": id or f"event-{next(_numbers)}", "source": "/till/till-1", "type": type,
        "time": "2026-03-01T12:00:00Z", "data": data,
    }  # fmt: skip


class HttpTill:
    """A till that speaks HTTP. address: of the gateway; may be changed."""

    def __init__(self, address: str, name: str = "till-1", token: str = "") -> None:
        self.address, self.name, self.token = address, name, token
        self.next = ""
        """The cursor of the last poll."""

    def get(self, path: str) -> Answer:
        return request(self._url(path), headers=self._headers())

    def post(self, body: bytes, kind: str, **headers: str) -> Answer:
        """A request with any body to `events`."""
        sent = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return request(self._url("events"), body, {**sent, **self._headers()})

    def send(self, *events: Json) -> Answer:
        """Send one event, or several in a batch."""
        if len(events) == 1:
            return self.post(json.dumps(events[0]).encode(), STRUCTURED)
        return self.post(json.dumps(events).encode(), BATCHED)

    def open(self, sale_id: str | None = None) -> str:
        """Open a sale, and return its id."""
        sale_id = sale_id or f"sale-{next(_numbers)}"
        assert self.send(event("lane.sale.opened", sale_id=sale_id)).status == 202
        return sale_id

    def scan(self, sale_id: str) -> None:
        """Scan beer."""
        assert self.send(event("lane.sale.restricted_item", sale_id=sale_id, sku="beer", minimum_age=18)).status == 202

    def poll(self, wait: float = 0.0) -> Json:
        """One long poll, which confirms the messages of the one before."""
        answer = self.get(f"messages?wait={wait}&after={self.next}")
        assert answer.status == 200, answer.text
        found: Json = answer.body
        self.next = found["next"]
        return found

    def poll_until(self, condition: Callable[[Json], object]) -> Json:
        """Poll until an answer meets a condition; returns it."""
        end_s, found = time.monotonic() + LIMIT_S, {}
        while time.monotonic() < end_s:
            found = self.poll(5)
            if condition(found):
                return found
        raise AssertionError(f"no such answer within {LIMIT_S:.0f} s; the last one was {found}")

    def alert(self, sale_id: str) -> Json:
        """Poll until there is an alert about a sale; returns its data."""
        found = self.poll_until(lambda news: alerts_of(news, sale_id))
        return alerts_of(found, sale_id)[0]

    def wait_for_answer(self, event_id: str) -> Json:
        """Wait until the agent has answered an event; returns the answer."""
        end_s = time.monotonic() + LIMIT_S
        while time.monotonic() < end_s:
            progress = self.get(f"events/{event_id}").body
            if progress["state"] == "answered":
                answer: Json = progress["answer"]
                return answer
            time.sleep(0.02)
        raise AssertionError(f"{event_id} was not answered within {LIMIT_S:.0f} s")

    def _url(self, path: str) -> str:
        return f"{self.address}/v1/tills/{self.name}/{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def alerts_of(news: Json, sale_id: str) -> list[Json]:
    """The alerts about a sale in an answer to a poll."""
    found = [each["data"] for each in news["messages"] if each["type"] == "lane.alert"]
    return [data for data in found if data["sale_id"] == sale_id]
