"""A lane that is backed up while it sells, and restored after it has stopped."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from edge.till.messages import RestrictedItem, SaleOpened
from edge.till.reference.dealer import Till
from tests.agents import StartAgent
from tests.commands import EdgeAgent
from tests.tills import TillDriver

pytestmark = pytest.mark.slow


def test_a_lane_sells_through_a_backup_and_a_rejected_restore_and_after_a_restore(
    long_clip: Path, tmp_path: Path, start_agent: StartAgent, edge_agent: EdgeAgent
) -> None:
    file = tmp_path / "lane.tar.gz"
    lane = start_agent("--video", long_clip, "--mode", "on-sale")
    with closing(TillDriver("till-1", lane.reliable)) as till:
        till.greet()
        till.decide()
        # An alert that its till never confirms is in the backup.
        with closing(Till("silent", lane.reliable)) as silent:
            silent.send(SaleOpened(sale_id="waits"))
            silent.send(RestrictedItem(sale_id="waits"))
            while not (in_backup := waiting(lane.state)):
                till.health_when(lambda _: True)
            run = edge_agent("backup", file, "--state-dir", lane.state)
        assert (run.code, run.err) == (0, "")
        assert run.out.startswith("lane-1: 1 record, newest is number 3 with hash "), "after a mark and the settings"
        run = edge_agent("restore", file, "--state-dir", lane.state)
        assert (run.code, run.out) == (1, "")
        assert run.err.endswith("stop it first (sudo systemctl stop edge-agent); nothing was changed\n")
        assert run.err.count("\n") == 1
        till.decide()
    lane.kill()
    run = edge_agent("restore", file, "--state-dir", lane.state)
    assert run.code == 0, run.err
    lane = start_agent("--video", long_clip, "--mode", "on-sale")
    with closing(TillDriver("silent", lane.reliable)) as next_customer:
        next_customer.greet()
        sale_id = next_customer.open()
        next_customer.scan(sale_id)
        # The sale that was open goes on as after a restart, and may be decided anew.
        alerts = [next_customer.answer()]
        while alerts[-1].sale_id != sale_id:
            alerts.append(next_customer.answer())
        next_customer.finish(sale_id)
    assert not {alert.alert_id for alert in alerts} & in_backup
    lane.stop()
    with closing(Database(lane.state, read_only=True)) as database:
        assert Audit(database).verify() == []
        assert [mark.mark for _, mark in Audit(database).marks()] == ["lane", "restored"]


def waiting(state: Path) -> set[str]:
    """The alerts that no till has confirmed."""
    with closing(Database(state, read_only=True)) as database:
        return {str(alert_id) for (alert_id,) in database.rows("SELECT alert_id FROM outbox WHERE expired = 0")}
