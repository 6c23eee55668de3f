"""The columns of exported audit logs: `edge-agent report export` writes them, `report cashiers --folder` reads them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from edge.purchases.parquet import Layout
from edge.till.messages import Moment  # pydantic reads it

CHECKS = Layout(
    "edge_agent_checks",
    1,
    {
        "time": "TIMESTAMP WITH TIME ZONE",
        "store": "VARCHAR",
        "lane": "VARCHAR",
        "cashier_id": "VARCHAR",
        "id_due": "BOOLEAN",
        "check": "VARCHAR",
        "ended": "VARCHAR",
        "chain_whole": "BOOLEAN",
    },
)


class ExportedSale(BaseModel):
    """A row.

    time: when the sale was opened. id_due: whether the last answer to the till was to ask for ID. check: the check that
    the till reported, None without a report. chain_whole: whether the log was intact when it was exported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Moment
    store: str
    lane: str
    cashier_id: str | None
    id_due: bool
    check: str | None
    ended: str | None
    chain_whole: bool
