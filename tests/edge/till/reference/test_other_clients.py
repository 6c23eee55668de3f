"""The protocol from outside Python: a client in Node, with CURVE, against an agent on real sockets and a real disk."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Protocol, get_args

import pytest

from edge.decision.policy import Decision
from edge.records.audit import Audit
from edge.records.database import Database
from edge.till.messages import AgeRestrictedItem, CheckResult
from edge.till.reference.sale import TillSale
from edge.till.reference.screen import ScreenContent, screen
from tests.edge.till.reference.box import Box
from tests.edge.till.reference.harness import TillHarness
from tests.npm import installed

FOLDER = Path(__file__).parents[3] / "clients"
PATIENCE_S = 120
NOW_S = 1000.0


class Node(Protocol):
    """Runs a program in Node with these arguments."""

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]: ...


class RunClient(Protocol):
    """Runs the client with these arguments."""

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def node() -> Node:
    program = shutil.which("node")
    if not program:
        pytest.skip("node is not installed")

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [program, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    return run


@pytest.fixture(scope="session")
def node_client(node: Node) -> RunClient:
    """Installs the library that the client needs first."""
    installed(FOLDER, "zeromq")
    return lambda *words: node(FOLDER / "client.mjs", *words)


@pytest.mark.parametrize("with_key", [True, False], ids=["curve", "loopback"])
def test_a_till_in_node_sells_beer_voids_vodka_and_the_sale_is_recorded(
    with_key: bool, box: Box, node_client: RunClient, tmp_path: Path
) -> None:
    key = [box.key("till-9")] if with_key else []
    box.start()
    alerts_file = tmp_path / "alerts.jsonl"
    done = node_client(box.address.replace("0.0.0.0", "127.0.0.1"), alerts_file, *key)
    assert (done.returncode, done.stderr) == (0, "")
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in printed if line["event"] in ("connected", "error", "closed")] == [
        "connected",
        "closed",
    ]
    assert [line["shows"] for line in printed if line["event"] == "screen"] == [
        "waiting", "alert", "waiting", "alert", "nothing"
    ]  # fmt: skip
    alerts = [json.loads(line) for line in alerts_file.read_text(encoding="utf-8").splitlines()]
    assert [alert["legal_age"] for alert in alerts] == [21, 18]
    assert all(alert["text"]["ru"].startswith("Проверьте документы") for alert in alerts)

    box.stop()
    database = Database(tmp_path)
    [(_, record)] = Audit(database).records()
    database.close()
    assert (record.till, record.ended, record.opened_by, record.closed_by) == (
        "till-9" if with_key else "till-node",
        "completed",
        "анна",
        "борис",
    )
    assert [(check.outcome, check.means, check.cashier_id, check.minimum_age) for check in record.checks] == [
        ("passed", "document", "анна", 18)
    ]
    assert [(item.sku, item.minimum_age) for item in record.restricted] == [("beer", 18)]
    assert [(sent.alert_id, sent.expired) for sent in record.alerts] == [(alert["alert_id"], False) for alert in alerts]
    assert all(alert.received_at for alert in record.alerts)


def test_a_till_in_node_with_a_revoked_key_is_not_served(box: Box, node_client: RunClient, tmp_path: Path) -> None:
    key = box.key("till-9")
    box.key("till-8")
    assert box.keys
    box.keys.revoke("till-9")
    box.start()
    done = node_client(box.address.replace("0.0.0.0", "127.0.0.1"), tmp_path / "alerts.jsonl", key, 2)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is the agent running, and the key known?" in done.stderr


AGES = [(), (18,), (21,), (16, 18), (18, 21)]
CHECKS = [(), ("passed", 18), ("passed", 21), ("failed", 18), ("failed", 21), ("not-shown", 18)]
ALERTS = [None, *product(Decision, [None, 18, 21], [1.0, -1.0], [True, False])]
"""Decision, legal age, seconds until it expires, and whether it was on the screen."""


def test_a_till_in_node_shows_what_edge_till_shows_in_every_situation(node: Node, tmp_path: Path) -> None:
    """The table of docs/till-protocol.md, written twice."""
    wanted, situations = [], []
    for ages, check, later, alert, asked_s, silent, agree in product(
        [None, *AGES], CHECKS, CHECKS[:3], ALERTS, [0.5, 2.0], [False, True], [False, True]
    ):
        checks = [given for given in (check, later) if given]
        wanted.append(
            screen(sale_of(ages, checks, alert, asked_s), silent=silent, clocks_agree=agree, now_s=NOW_S).shows
        )
        situations.append([ages, checks, alert and [alert[0].value, *alert[1:]], asked_s, silent, agree])
    file = tmp_path / "situations.json"
    file.write_text(json.dumps(situations), encoding="utf-8")
    done = node(FOLDER / "situations.mjs", file)
    assert done.stderr == ""
    different = [
        (found, want, one)
        for found, want, one in zip(done.stdout.split(), wanted, situations, strict=True)
        if found != want
    ]
    assert different == []
    assert set(wanted) == set(get_args(ScreenContent))


def sale_of(ages: tuple[int, ...] | None, checks: list[tuple[str, int]], alert: Any, asked_s: float) -> TillSale:
    """ages: of the items in the basket; None before the first restricted item."""
    sale = TillSale(
        "s-1",
        restricted=tuple(AgeRestrictedItem(minimum_age=age) for age in ages or ()),
        restricted_s=None if ages is None else NOW_S - asked_s,
        checks=tuple(CheckResult.model_validate({"outcome": outcome, "minimum_age": age}) for outcome, age in checks),
    )
    if alert is None or not ages:
        return sale
    decision, legal_age, left_s, seen = alert
    shown = TillHarness().alert(decision, age=legal_age)
    return replace(sale.with_alert(shown, NOW_S + left_s), alert_seen=seen)
