"""Checks of the way to the tills: the running agent, keys, addresses, and whether a till has been there."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.doctor.finding import MEND_FIRST, WITH_SUDO, Finding, NotChecked, check, ok, problem, warning
from edge.doctor.live import mechanism
from edge.doctor.targets import AS_OWNER, owner_of, this_user
from edge.errors import EdgeError, UsageError
from edge.records.database import FILE, Database
from edge.records.records import SaleRecord
from edge.till.keys import Keys
from edge.till.server import TillServer
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import LaneSide

_RESTART = "sudo systemctl restart edge-agent; if this line stays, journalctl -u edge-agent -n 50 says why"
_KEYS = (
    "sudo chown -R '{owner}': {folder}; sudo chmod -R go-rwx {folder}; if the line names a damaged file, remove it "
    "and make a new key: sudo edge-agent keys new TILL --config {file}"
)
_NEW_KEY = (
    "sudo edge-agent keys new till-1 --config {file}, for each till by its name; carry the file that it writes to that "
    "till"
)
_OTHER_PROGRAM = (
    "sudo ss -ltnp | grep :{port} names the program that has the address: stop it, or choose another port "
    "(reliable or live below [till] in the config, and in the till)"
)
_ADDRESS = (
    'below [till] in the config {file} write reliable = "tcp://127.0.0.1:5557" and live = "tcp://127.0.0.1:5556"; '
    "where tills are on other machines, 0.0.0.0 in place of 127.0.0.1"
)
_TRY_A_TILL = (
    "while the agent runs, start the till's program, or edge-till --connect {address}, and scan beer: it must show the "
    "lane's answer"
)
_TRY_FROM_AWAY = (
    "while the agent runs, start the till's program, or on the till's computer edge-till --connect tcp://BOX:{port} "
    "--key till-1.key_secret, with an address that hostname -I shows on this box for BOX, and scan beer: it must show "
    "the lane's answer; if it does not connect, a firewall between them keeps port {port} closed"
)

_LONG_AGO = timedelta(days=7)


@check("agent", "Does an agent run on this lane now, and answer?", _RESTART)
def agent(lane: LaneSide) -> Finding:
    if not lane.agent_runs:
        return ok(f"none runs on {lane.settings.state_dir}: all of the lane can be checked")
    if is_public("till.live", lane.settings.till.live):
        return ok("one runs; what it says is for tills with a key")
    if not lane.states:
        return problem(f"one runs, and says nothing on {lane.settings.till.live}", _RESTART)
    return ok(f"one runs, and tells how the lane is on {lane.settings.till.live}")


@check(
    "keys", "Have the tills on other machines keys, which nobody else can read or change?", _KEYS, _NEW_KEY, AS_OWNER
)
def keys(lane: LaneSide) -> Finding:
    settings = lane.settings
    folder = _keys_of(lane)
    try:
        tills = [key.till for key in folder.tills()]
    except EdgeError as told:
        return problem(str(told), _KEYS, owner=this_user(), folder=settings.keys, file=lane.file)
    public = [address for setting, address in _addresses(lane).items() if is_public(setting, address)]
    if not public:
        return ok("not used: only programs on this box can connect" + (f"; {_listed(tills)}" if tills else ""))
    if not tills:
        return problem(f"other machines can reach {public[0]}, and no till has a key", _NEW_KEY, file=lane.file)
    return ok(_listed(tills))


@check(
    "sockets",
    "Can the tills reach the agent's addresses?",
    _OTHER_PROGRAM,
    _ADDRESS,
    _RESTART,
    AS_OWNER,
    after=("keys",),
)
def sockets(lane: LaneSide) -> Finding:
    addresses = _addresses(lane)
    where = " and ".join(addresses.values())
    if lane.agent_runs:
        for setting, address in addresses.items():
            expected = "CURVE" if is_public(setting, address) else "NULL"
            if address.startswith("tcp://") and mechanism(address) != expected:
                return problem(f"an agent runs, but not with {setting} = {address}", _RESTART)
        return ok(f"the agent that runs here answers at {where}")
    try:
        TillServer(lane.settings.till, _keys_of(lane)).close()
    except EdgeError as told:
        if "in use" not in str(told):
            return problem(str(told), _ADDRESS, file=lane.file)
        taken = next((one for one in addresses.values() if one in str(told)), where)
        speaks = (
            f"; a ZeroMQ program answers there ({mechanism(taken)}), maybe another agent" if mechanism(taken) else ""
        )
        return problem(f"{told}{speaks}", _OTHER_PROGRAM, port=taken.rpartition(":")[2])
    return ok(f"{where} are free for the agent")


@check("tills", "Has a till been heard? Only a till can tell whether it reaches this box.", _TRY_A_TILL, _TRY_FROM_AWAY,
       after=("record", "sockets"))  # fmt: skip
def tills(lane: LaneSide) -> Finding:
    settings = lane.settings
    # In this mode an agent looks at nobody between sales as soon as a till has said hello.
    if settings.mode == "auto" and any(not state.analysing for state in lane.states):
        return ok("one has said hello to the agent that runs here")
    last = _last_sale(settings.state_dir)
    if last is None:
        return _not_heard(lane, "none has sold anything restricted yet")
    heard = f"{last.till} sold something restricted at {last.opened_at.astimezone():%Y-%m-%d %H:%M}"
    if datetime.now(timezone.utc) - last.opened_at > _LONG_AGO:
        return _not_heard(lane, f"none lately: {heard}")
    return ok(heard)


def _not_heard(lane: LaneSide, seen: str) -> Finding:
    address = lane.settings.till.reliable
    if is_public("till.reliable", address):
        return warning(seen, _TRY_FROM_AWAY, port=address.rpartition(":")[2])
    return warning(seen, _TRY_A_TILL, address=address)


def _keys_of(lane: LaneSide) -> Keys:
    """Raises NotChecked when only somebody else may look at them."""
    folder = lane.settings.keys
    owner, us = owner_of(folder), this_user()
    if owner not in (None, us):
        mend = AS_OWNER if us == "root" else WITH_SUDO
        raise NotChecked(f"{folder} belongs to {owner}", mend, owner=owner, file=lane.file)
    return Keys(folder)


def _addresses(lane: LaneSide) -> dict[str, str]:
    """By setting. Raises NotChecked where one of them is none."""
    addresses = {"till.reliable": lane.settings.till.reliable, "till.live": lane.settings.till.live}
    for setting, address in addresses.items():
        try:
            is_public(setting, address)
        except UsageError as told:
            raise NotChecked(str(told), MEND_FIRST, check="config") from None
    return addresses


def _listed(tills: list[str]) -> str:
    return f"keys of {', '.join(tills)}"


def _last_sale(folder: Path) -> SaleRecord | None:
    """The newest restricted sale in the record."""
    if not (folder / FILE).exists():
        return None
    with closing(Database(folder, read_only=True)) as database:
        rows = database.rows("SELECT record FROM audit ORDER BY number DESC LIMIT 1")
    return SaleRecord.model_validate_json(str(rows[0][0])) if rows else None
