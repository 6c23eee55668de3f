"""A gateway, and a till that speaks HTTP to it, as processes that can be killed."""

from __future__ import annotations

import http.client
import os
import random
import time
import uuid
from datetime import datetime, timezone

from edge.gateway.server import GatewayServer
from edge.gateway.settings import GatewaySettings, TillEntry
from edge.till.envelope import Event, wrap
from edge.till.messages import Alert, BasketLine, Data, IdChecked, ItemRemoved, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.sent import SentLog
from edge.till.reference.steps import Entry
from tests.commands import Json
from tests.gateways import HttpTill
from tests.proof.processes import Place

_RETRY_S = 0.02


def gateway(place: Place) -> None:
    """A gateway that runs until it is killed."""
    settings = GatewaySettings(
        listen=f"127.0.0.1:{place.http}", agent=place.address, state_dir=place.folder / "gateway",
        till=(TillEntry(name="till-1"),),
    )  # fmt: skip
    GatewayServer(settings).run()


def http_till(place: Place) -> None:
    """A till that sells beer until the file `stop` exists. It sends an event until the gateway has accepted it, and
    confirms an alert after it has saved it. Every ID check is made by another cashier, so that a record shows which
    check it has."""
    till = _SavingTill(place)
    chance = random.Random()
    checks = 0
    while not place.stop.exists():
        sale_id = str(uuid.uuid4())
        till.send(SaleOpened(sale_id=sale_id), sale_id)
        till.send(RestrictedItem(sale_id=sale_id, sku="beer"), sale_id)
        till.watch(1.5, until_alert=True)
        voided = chance.random() < 0.25
        if voided:
            till.send(ItemRemoved(sale_id=sale_id, sku="beer", remaining=()), sale_id)
        else:
            checks += 1
            till.send(IdChecked(sale_id=sale_id, outcome="passed", cashier_id=f"cashier-{checks}"), sale_id)
        till.watch(chance.uniform(0, 0.1))
        lines = (BasketLine(sku="bread"),) if voided else (BasketLine(sku="beer", restricted=True),)
        till.send(SaleClosed(sale_id=sale_id, basket=lines), None)
    till.wait_until_answered()
    till.watch(1.0)


class _SavingTill:
    """Saves what it has sent and received, as the reference till does, so that the same verdict applies."""

    def __init__(self, place: Place) -> None:
        self._till = HttpTill(f"http://127.0.0.1:{place.http}")
        self._log = SentLog(place.folder / "journal")
        self._shown = os.open(place.shown, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._known: set[str] = set()
        self._on_screen: set[str] = set()
        self._sale: str | None = None
        self._last = ""

    def send(self, data: Data, sale_id: str | None) -> None:
        """sale_id: of the sale that is open afterwards."""
        event = wrap(data, id=str(uuid.uuid4()), source="/till/till-1", time=datetime.now(timezone.utc))
        self._log.write([Entry(sent=event)])
        body: Json = event.model_dump(mode="json", exclude_none=True)
        while True:
            try:
                answer = self._till.send(body)
                assert answer.status == 202, answer.text
                break
            except (OSError, http.client.HTTPException):
                time.sleep(_RETRY_S)
        self._sale, self._last = sale_id, event.id

    def watch(self, seconds: float, *, until_alert: bool = False) -> None:
        """Poll, save the alerts, and show what the gateway says."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                found = self._till.poll(round(left_s, 3))
            except (OSError, http.client.HTTPException):
                time.sleep(_RETRY_S)
                continue
            self._save(found)
            if until_alert and found["screen"]["alert_id"]:
                return

    def wait_until_answered(self) -> None:
        """Until the agent has answered the last event, and so all before it."""
        while True:
            try:
                if self._till.get(f"events/{self._last}").body["state"] == "answered":
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(_RETRY_S)

    def _save(self, found: Json) -> None:
        for each in found["messages"]:
            event = Event.model_validate(each)
            if event.type == Alert.type and event.data["alert_id"] not in self._known:
                self._log.write([Entry(heard=event)])
                self._known.add(event.data["alert_id"])
        screen = found["screen"]
        if screen["shows"] == "alert" and screen["alert_id"] not in self._on_screen:
            self._on_screen.add(screen["alert_id"])
            os.write(self._shown, f"{screen['alert_id']} {screen['sale_id']} {self._sale or '-'}\n".encode())
