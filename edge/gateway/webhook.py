"""Sends the messages for a till to an address of the till, signed as in the Standard Webhooks specification, until the
till has answered 2xx or they are no longer true."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import ssl
import time
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import httpx

from edge.errors import UsageError
from edge.gateway.access import read_secret
from edge.gateway.cloudevents import STRUCTURED
from edge.gateway.gateway import Cursor
from edge.language.system import system_words
from edge.language.words import words
from edge.till.moments import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edge.gateway.gateway import Gateway
    from edge.gateway.screen import Status
    from edge.gateway.settings import TillEntry

log = logging.getLogger(__name__)

SCREEN_TYPE = "gateway.screen"
"""The type of the CloudEvent with what to show."""
WEBHOOK_WITHIN_S = 5.0
"""A till that has not answered by then has failed, however slowly it goes on."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""After a failure. Each further pause is twice as long, up to LONGEST_PAUSE_S."""
_ALIVE_S = 1.0
"""While a sale is open, the screen is sent at least this often."""
_SHORTEST_SECRET, _LONGEST_SECRET = 24, 64
"""Bytes, as the specification demands."""
_MOST_ANSWER_BYTES = 64 * 1024


class Webhook:
    """One till's webhook."""

    def __init__(self, entry: TillEntry, gateway: Gateway, failed: Callable[[str], None]) -> None:
        """failed: called with the till's name for each request that failed. Raises UsageError when the secret or the
        certificate of the authority cannot be used."""
        assert entry.webhook is not None
        assert entry.webhook_secret_file is not None
        self._till, self._address, self._gateway, self._failed = entry.name, entry.webhook, gateway, failed
        self._secret = webhook_secret(entry.webhook_secret_file)
        verify = _authority(entry.webhook_ca)
        # Redirects are not followed, and no proxy of the environment is used: nothing leaves the store.
        self._client = httpx.AsyncClient(
            verify=verify, follow_redirects=False, trust_env=False, timeout=WEBHOOK_WITHIN_S
        )
        self._problem = ""

    async def run(self) -> None:
        """Send until it is cancelled."""
        async with self._client:
            await asyncio.gather(self._send_messages(), self._send_screens())

    async def _send_messages(self) -> None:
        """One after the other, so that they keep their order. One that is no longer true is left out."""
        pause_s = FIRST_PAUSE_S
        mark = ""
        while True:
            found = await self._gateway.news(self._till, Cursor(0, mark), _ALIVE_S)
            mark = found.next.mark
            if not found.messages:
                continue
            message = found.messages[0]
            if await self._deliver(message.event.id, message.event.to_json()):
                pause_s = FIRST_PAUSE_S
                await self._confirm(message.number)
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _confirm(self, number: int) -> None:
        try:
            await self._gateway.confirm(self._till, (number,))
        except Exception as problem:
            # The disk is full: the till gets the message again, with the same webhook-id.
            log.error("%s: %s", self._till, problem)
            await asyncio.sleep(LONGEST_PAUSE_S)

    async def _send_screens(self) -> None:
        """The newest one only, when it changes, and each second while a sale is open."""
        mark, pause_s = "", FIRST_PAUSE_S
        while True:
            found = await self._gateway.news(self._till, Cursor(2**62, mark), _ALIVE_S)
            if found.next.mark == mark and found.status.screen.sale_id is None:
                continue
            event_id = str(uuid.uuid4())
            if await self._deliver(event_id, screen_event(event_id, self._till, found.status)):
                mark, pause_s = found.next.mark, FIRST_PAUSE_S
                if found.status.screen.sale_id:
                    await self._next_screen(mark)
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _next_screen(self, mark: str) -> None:
        """Until the screen changes, or a second has passed."""
        await self._gateway.news(self._till, Cursor(2**62, mark), _ALIVE_S)

    async def _deliver(self, event_id: str, body: str) -> bool:
        """One request. Returns whether the till has answered 2xx."""
        content = body.encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": STRUCTURED,
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._secret, event_id, timestamp, content),
        }
        try:
            status = await asyncio.wait_for(self._post(content, headers), WEBHOOK_WITHIN_S)
        except (httpx.HTTPError, OSError, asyncio.TimeoutError) as problem:
            return self._fails(str(problem) or "it did not answer in time")
        if status // 100 == 2:
            if self._problem:
                log.info("%s: the webhook %s answers again", self._till, self._address)
            self._problem = ""
            return True
        return self._fails(f"it answered {status}" + ("; redirects are not followed" if status // 100 == 3 else ""))

    async def _post(self, content: bytes, headers: dict[str, str]) -> int:
        async with self._client.stream("POST", self._address, content=content, headers=headers) as answer:
            size = 0
            async for part in answer.aiter_raw():
                size += len(part)
                if size > _MOST_ANSWER_BYTES:
                    break
            return answer.status_code

    def _fails(self, why: str) -> bool:
        if why != self._problem:
            log.warning("%s: the webhook %s failed: %s; it is tried again", self._till, self._address, why)
        self._problem = why
        self._failed(self._till)
        return False


def signature(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    """The `webhook-signature` of a request."""
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def screen_event(event_id: str, till: str, status: Status) -> str:
    """What to show, as a CloudEvent in JSON."""
    now = rfc3339(datetime.now(timezone.utc))
    event = {
        "specversion": "1.0", "id": event_id, "source": f"/edge-gateway/{till}", "type": SCREEN_TYPE, "time": now,
        "datacontenttype": "application/json", "data": status.model_dump(mode="json"),
    }  # fmt: skip
    return json.dumps(event, ensure_ascii=False)


def webhook_secret(file: Path) -> bytes:
    """The secret in a file, `whsec_` and base64. Raises UsageError."""
    text = read_secret(file).removeprefix("whsec_")
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError:
        secret = b""
    if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        raise UsageError(
            words(
                "{file} has no secret of 24 to 64 bytes in base64: make one with echo whsec_$(openssl rand -base64 32)",
                file=file,
            )
        )
    return secret


def _authority(file: Path | None) -> ssl.SSLContext:
    """Which certificates of webhooks are believed. Raises UsageError."""
    try:
        return ssl.create_default_context(cafile=str(file) if file else None)
    except ssl.SSLError:
        raise UsageError(words("{file} is no PEM file with a certificate", file=file)) from None
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
