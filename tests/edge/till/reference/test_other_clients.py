"""The protocol from outside Python: a client in Node, with CURVE, against an agent on real sockets and a real disk."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from tests.edge.till.reference.box import Box

FOLDER = Path(__file__).parents[3] / "clients"
PATIENCE_S = 60


class RunClient(Protocol):
    """Runs the client with these arguments."""

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def node_client() -> RunClient:
    """Installs the library that the client needs first."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    library = FOLDER / "node_modules" / "zeromq" / "package.json"
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]["zeromq"]
    if not library.exists() or json.loads(library.read_text())["version"] != wanted:
        done = subprocess.run([npm, "install"], cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot fetch zeromq {wanted}: {done.stderr.strip().splitlines()[-1:]}")

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [node, str(FOLDER / "client.mjs"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    return run


@pytest.mark.parametrize("with_key", [True, False], ids=["curve", "loopback"])
def test_a_till_in_node_sells_beer_and_the_sale_is_recorded(
    with_key: bool, box: Box, node_client: RunClient, tmp_path: Path
) -> None:
    key = [box.key("till-9")] if with_key else []
    box.start()
    alerts_file = tmp_path / "alerts.jsonl"
    done = node_client(box.address.replace("0.0.0.0", "127.0.0.1"), alerts_file, *key)
    assert (done.returncode, done.stderr) == (0, "")
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in printed if line["event"] != "agent-met"] == ["connected", "shown", "closed"]
    [alert] = [json.loads(line) for line in alerts_file.read_text(encoding="utf-8").splitlines()]
    assert alert["text"]["ru"].startswith("Проверьте документы")

    box.stop()
    database = Database(tmp_path)
    [(_, record)] = Audit(database).records()
    database.close()
    assert (record.till, record.check, record.cashier_id, record.ended) == (
        "till-9" if with_key else "till-node",
        "passed",
        "борис",
        "completed",
    )
    assert [(sent.alert_id, sent.expired) for sent in record.alerts] == [(alert["alert_id"], False)]
    assert record.alerts[0].received_at is not None


def test_a_till_in_node_with_a_revoked_key_is_not_served(box: Box, node_client: RunClient, tmp_path: Path) -> None:
    key = box.key("till-9")
    box.key("till-8")
    assert box.keys
    box.keys.revoke("till-9")
    box.start()
    done = node_client(box.address.replace("0.0.0.0", "127.0.0.1"), tmp_path / "alerts.jsonl", key, 3)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is the agent running, and the key known?" in done.stderr
