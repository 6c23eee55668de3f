"""Checks of the connection to the tills: keys, addresses, the running agent, and the last sale."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import zmq

from edge.doctor.box import config
from edge.doctor.camera import camera
from edge.doctor.disk import disk, record
from edge.doctor.faces import light
from edge.doctor.live import mechanism
from edge.doctor.till import agent, keys, sockets, tills
from edge.lane.ledger import Ledger
from edge.records.records import SaleRecord
from edge.till.keys import Keys
from edge.till.messages import Ack, Hello
from edge.till.reference.dealer import Till
from edge.till.server import TillServer
from tests.edge.doctor.builders import MakeBox, MakeLane, RunAgent, found

PUBLIC = {"reliable": "tcp://0.0.0.0:*", "live": "tcp://0.0.0.0:*"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The keys folder, with the key of a till."""
    folder = tmp_path / "state" / "keys"
    Keys(folder).new("till-1", tmp_path / "till-1.key_secret", ("tcp://box:5557", "tcp://box:5556"))
    return folder


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that another ZeroMQ program without keys uses."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind("tcp://127.0.0.1:*")
        yield socket.get_string(zmq.LAST_ENDPOINT)


def sale(till: str, opened_at: datetime) -> SaleRecord:
    return SaleRecord(
        sale_id="s-1", lane="lane-1", till=till, opened_at=opened_at, restricted_at=opened_at, model="m", config="c"
    )


def test_tills_on_this_box_need_no_keys(lane: MakeLane) -> None:
    line = found(keys, lane())
    assert (line.verdict, line.seen) == ("ok", "not used: only programs on this box can connect")


def test_tills_on_other_machines_need_keys(lane: MakeLane) -> None:
    line = found(keys, lane(till=PUBLIC))
    assert (line.verdict, "no till has a key" in line.seen) == ("problem", True)
    assert line.fix.startswith("sudo edge-agent keys new till-1 --config /etc/edge-agent/lane.toml")


def test_keys_that_no_other_user_can_read_or_change_are_ok(lane: MakeLane, key: Path) -> None:
    target = lane(till=PUBLIC)
    assert found(keys, target).seen == "keys of till-1"
    assert found(sockets, target).verdict == "ok"


@pytest.mark.parametrize(("which", "mode"), [(".", 0o777), ("agent.key_secret", 0o644), ("tills/till-1.key", 0o666)])
def test_keys_open_to_other_users_are_a_problem_and_the_fix_works(
    which: str, mode: int, lane: MakeLane, key: Path
) -> None:
    (key / which).chmod(mode)
    line = found(keys, lane(till=PUBLIC))
    assert (line.verdict, f"has mode {mode:04o}, so that others may" in line.seen) == ("problem", True)
    own, loose, *_ = line.fix.replace("sudo ", "").split(";")
    assert (os.system(own), os.system(loose)) == (0, 0)
    assert found(keys, lane(till=PUBLIC)).verdict == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_keys_of_another_user_are_not_checked(lane: MakeLane, key: Path) -> None:
    os.chown(key, 61234, 61234)
    for check in (keys, sockets):
        line = found(check, lane(till=PUBLIC))
        assert (line.verdict, line.seen) == ("warning", f"not checked: {key} belongs to #61234")
        assert line.fix == "sudo -u '#61234' edge-agent doctor --config /etc/edge-agent/lane.toml"


def test_free_addresses_are_ok(lane: MakeLane) -> None:
    assert found(sockets, lane()).seen.endswith("are free for the agent")


def test_an_address_used_by_another_program_is_a_problem(lane: MakeLane, taken: str) -> None:
    line = found(sockets, lane(till={"reliable": taken, "live": "tcp://127.0.0.1:*"}))
    assert (line.verdict, "Address already in use" in line.seen) == ("problem", True)
    assert "a ZeroMQ program answers there (NULL), maybe another agent" in line.seen
    assert f"sudo ss -ltnp | grep :{taken.rpartition(':')[2]}" in line.fix


def test_an_address_that_this_box_does_not_have_is_a_problem(lane: MakeLane, key: Path) -> None:
    line = found(sockets, lane(till={"reliable": "tcp://203.0.113.7:5557", "live": "tcp://127.0.0.1:*"}))
    assert (line.verdict, "203.0.113.7" in line.seen) == ("problem", True)
    assert 'write reliable = "tcp://127.0.0.1:5557"' in line.fix


def test_an_invalid_address_is_a_problem_of_the_config_alone(lane: MakeLane, box: MakeBox) -> None:
    settings = {"till": {"reliable": "5557"}}
    line = found(config, box(settings, file=Path(__file__)))
    assert (line.verdict, "till.reliable = '5557' is not a valid address" in line.seen) == ("problem", True)
    assert line.fix.startswith(f"open {__file__} in an editor")
    for check in (keys, sockets):
        assert found(check, lane(**settings)).fix.startswith("fix config first")


def test_the_mechanism_is_read_from_the_greeting(lane: MakeLane, key: Path, taken: str) -> None:
    server = TillServer(lane(till=PUBLIC).settings.till, Keys(key))
    assert [mechanism(address) for address in server.addresses] == ["CURVE", "CURVE"]
    server.close()
    assert mechanism(taken) == "NULL"
    assert mechanism("tcp://127.0.0.1:9") == ""
    assert mechanism("ipc:///tmp/till") == ""


def test_without_any_sale_the_fix_is_to_try_a_till(lane: MakeLane) -> None:
    line = found(tills, lane(till={"reliable": "tcp://127.0.0.1:5557"}))
    assert (line.verdict, line.seen) == ("warning", "no till has sold a restricted item yet")
    assert "edge-till --connect tcp://127.0.0.1:5557, and scan beer" in line.fix
    line = found(tills, lane(till={"reliable": "tcp://0.0.0.0:5557"}))
    assert "edge-till --connect tcp://BOX:5557 --key till-1.key_secret" in line.fix


@pytest.mark.parametrize(("days", "verdict"), [(1, "ok"), (30, "warning")])
def test_the_date_of_the_last_sale_decides_the_verdict(days: int, verdict: str, lane: MakeLane, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state", "lane-1")
    ledger.close_sale(sale("till-3", datetime.now(timezone.utc) - timedelta(days=days)))
    ledger.close()
    line = found(tills, lane())
    assert (line.verdict, "till-3 sold a restricted item at 20" in line.seen) == (verdict, True)
    assert found(record, lane()).seen.endswith(": 1 record, chain intact")


def test_without_a_running_agent_the_check_is_ok(lane: MakeLane) -> None:
    assert found(agent, lane()).verdict == "ok"


@pytest.mark.slow
def test_a_running_agent_is_found_and_not_disturbed(lane: MakeLane, agent_on: RunAgent) -> None:
    target = lane(camera="test:")
    with agent_on(target, "--camera", "test:"):
        till = Till("till-1", target.settings.till.reliable)
        till.send(Hello(till="till-1"))
        assert isinstance(till.receive(30), Ack)
        assert found(agent, target).seen == f"an agent runs and sends its state on {target.settings.till.live}"
        assert "answers at" in found(sockets, target).seen
        assert found(tills, target).seen == "a till has connected to the running agent"
        assert found(disk, target).verdict == found(record, target).verdict == "ok"
        # As if its camera were a device, which only one program at a time can use.
        device = lane(camera="/dev/lane-camera")
        line = found(camera, device)
        assert (line.verdict, "the running agent uses it and gets pictures" in line.seen) == ("ok", True)
        line = found(light, device)
        assert line.seen == "not checked: the running agent uses the camera"
        assert line.fix.startswith("sudo systemctl stop edge-agent; sudo edge-agent doctor --config /etc/edge-agent/")
        till.send(Hello(till="till-1"))
        assert till.receive(30) is not None
        till.close()


@pytest.mark.slow
def test_an_agent_on_other_addresses_is_a_problem(lane: MakeLane, agent_on: RunAgent) -> None:
    with agent_on(lane(camera="test:"), "--camera", "test:"):
        other = lane(camera="test:", till={"reliable": "tcp://127.0.0.1:9", "live": "tcp://127.0.0.1:10"})
        line = found(agent, other)
        assert (line.verdict, line.fix.startswith("sudo systemctl restart edge-agent")) == ("problem", True)
        line = found(sockets, other)
        assert line.seen == "the running agent does not use till.reliable = tcp://127.0.0.1:9"


def test_detecting_an_agent_does_not_keep_one_from_starting(lane: MakeLane, tmp_path: Path) -> None:
    Ledger(tmp_path / "state", "lane-1").close()
    assert not lane().agent_runs
    ledger = Ledger(tmp_path / "state", "lane-1")
    assert lane().agent_runs
    ledger.close()
