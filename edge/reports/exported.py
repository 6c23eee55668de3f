"""The columns of exported audit logs: `edge-agent report export` writes them, `report cashiers --folder` reads them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from edge.purchases.parquet import Layout
from edge.till.moments import Moment  # pydantic reads it

CHECKS = Layout(
    "edge_agent_checks",
    3,
    {
        "time": "TIMESTAMP WITH TIME ZONE",
        "store": "VARCHAR",
        "box": "VARCHAR",
        "lane": "VARCHAR",
        "cashier_id": "VARCHAR",
        "id_due": "BOOLEAN",
        "check": "VARCHAR",
        "after_payment": "BOOLEAN",
        "ended": "VARCHAR",
        "training": "BOOLEAN",
        "checks": "STRUCT(cashier_id VARCHAR, outcome VARCHAR, means VARCHAR, authorised_by VARCHAR)[]",
        "chain_whole": "BOOLEAN",
    },
    older=(1, 2),
)

ADDED_COLUMNS = {
    "box": "string",
    "after_payment": "boolean",
    "training": "boolean",
    "checks": "array<struct<cashier_id: string, outcome: string, means: string, authorised_by: string>>",
}
"""Columns that files of older versions lack, with their Ibis types. In those of version 1, the seller made the check;
those of version 2 lack only the box."""


class ExportedCheck(BaseModel):
    """A check that was made in the sale. cashier_id: who made it. For the rest see `CheckRecord`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cashier_id: str | None
    outcome: str
    means: str | None
    authorised_by: str | None


class ExportedSale(BaseModel):
    """A row.

    time: when the sale was opened. cashier_id: who closed it. id_due: whether the last answer to the till was to ask
    for ID. check: the last check that answers for the strictest item, None without one. after_payment: whether that was
    made after the payment. training: only an exercise. checks: oldest first. chain_whole: whether the log was intact
    when it was exported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Moment
    store: str
    box: str
    lane: str
    cashier_id: str | None
    id_due: bool
    check: str | None
    after_payment: bool
    ended: str | None
    training: bool
    checks: tuple[ExportedCheck, ...]
    chain_whole: bool
