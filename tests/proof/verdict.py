"""Checks what an agent and a till have left on disk: no alert is lost, none is shown twice or in another sale, every
sale has one record that ends as the sale did, and every ID check is credited to whoever made it."""

from __future__ import annotations

from collections import Counter, defaultdict

from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.records import SaleRecord
from edge.till.messages import Alert, Data, IdChecked, RestrictedItem, SaleClosed
from edge.till.reference.sent import SentLog
from tests.proof.processes import Place


def verdict_on(place: Place) -> dict[str, int | list[str]]:
    """Count the sales, alerts and records on disk; `broken` lists every promise that was not kept."""
    broken: list[str] = []
    entries = SentLog(place.folder / "journal").entries
    stored = {data.alert_id for entry in entries if entry.heard and isinstance(data := entry.heard.content(), Alert)}
    sent = [entry.sent.content() for entry in entries if entry.sent]
    scanned = {data.sale_id for data in sent if isinstance(data, RestrictedItem)}
    shown = [line.split() for line in place.shown.read_text().splitlines()]
    database = Database(place.state)
    broken += Audit(database).verify()
    records = [record for _, record in Audit(database).records()]
    waiting = database.rows("SELECT alert_id FROM outbox WHERE expired = 0")
    database.close()

    for sale_id, count in Counter(record.sale_id for record in records).items():
        if count > 1:
            broken.append(f"sale {sale_id} has {count} records")
    missing = scanned - {record.sale_id for record in records}
    broken += [f"restricted sale {sale_id} left no record" for sale_id in missing]
    broken += _wrongly_recorded(records, sent)
    alerts = [alert for record in records for alert in record.alerts]
    for alert in alerts:
        if bool(alert.received_at) == alert.expired:
            broken.append(f"alert {alert.alert_id} is neither received nor expired")
        if alert.received_at and alert.alert_id not in stored:
            broken.append(f"alert {alert.alert_id} counts as received, but the till has not stored it")
    issued = {alert.alert_id for alert in alerts}
    broken += [f"alert {alert_id} is stored by the till, but in no record" for alert_id in stored - issued]
    broken += [f"alert {alert_id} is still in the outbox" for (alert_id,) in waiting]
    for alert_id, count in Counter(alert_id for alert_id, _, _ in shown).items():
        if count > 1:
            broken.append(f"alert {alert_id} was shown {count} times")
    broken += [
        f"alert {alert_id} of {sale_id} was shown in {opened}"
        for alert_id, sale_id, opened in shown
        if sale_id != opened
    ]
    return {
        "sales": len(records),
        "alerts": len(alerts),
        "received": sum(bool(alert.received_at) for alert in alerts),
        "expired": sum(alert.expired for alert in alerts),
        "shown": len(shown),
        "withdrawn": sum(record.ended == "withdrawn" for record in records),
        "suspended": sum(record.suspended_at is not None for record in records),
        "broken": broken,
    }


def _wrongly_recorded(records: list[SaleRecord], sent: list[Data]) -> list[str]:
    """What differs between the records and what the till has sent: how a sale ended, and who checked."""
    checkers, baskets = defaultdict(list), {}
    for data in sent:
        if isinstance(data, IdChecked):
            checkers[data.sale_id].append(data.cashier_id)
        if isinstance(data, SaleClosed):
            baskets[data.sale_id] = data.basket
    broken = []
    for record in records:
        sold = any(line.restricted for line in baskets.get(record.sale_id, ()))
        expected = "completed" if sold else "withdrawn"
        if record.ended != expected:
            broken.append(f"sale {record.sale_id} was {expected}, and its record says {record.ended}")
        noted = [check.cashier_id for check in record.checks]
        if noted != checkers[record.sale_id]:
            broken.append(
                f"sale {record.sale_id} was checked by {checkers[record.sale_id]}, and its record has {noted}"
            )
    return broken
