"""Checks of the connection to the tills: the running agent, keys, addresses, and the last sale of a till."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.doctor.finding import FIX_FIRST, WITH_SUDO, Finding, NotChecked, check, ok, problem, warning
from edge.doctor.live import mechanism
from edge.doctor.targets import AS_OWNER, owner_of, this_user
from edge.doctor.titles import title_of
from edge.errors import EdgeError, UsageError
from edge.language.formats import Shown, listed
from edge.language.words import Words, joined, verbatim, words
from edge.records.audit import Audit
from edge.records.database import DATABASE_FILE, Database
from edge.till.keys import Keys
from edge.till.server import TillServer
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.doctor.targets import LaneTarget
    from edge.records.records import SaleRecord

_RESTART = words("sudo systemctl restart edge-agent; if this line stays, journalctl -u edge-agent -n 50 shows why")
_KEYS = words(
    "sudo chown -R '{owner}': {folder}; sudo chmod -R go-rwx {folder}; if the line names a "
    "damaged file, delete it and make a new key: sudo edge-agent keys new TILL --config {file}"
)
_NEW_KEY = words(
    "sudo edge-agent keys new till-1 --config {file}, once for each till, with its name; copy "
    "the file that it writes to that till"
)
_OTHER_PROGRAM = words(
    "sudo ss -ltnp | grep :{port} shows which program uses the address: stop it, or choose "
    "another port (reliable or live below [till] in the config, and in the till)"
)
_ADDRESS = words(
    'below [till] in the config {file} write reliable = "tcp://127.0.0.1:5557" and live = '
    '"tcp://127.0.0.1:5556"; for tills on other machines write 0.0.0.0 instead of 127.0.0.1'
)
_TRY_TILL = words(
    "while the agent runs, start the till's program, or edge-till --connect {address}, and scan "
    "beer: it must show the lane's answer"
)
_TRY_REMOTE_TILL = words(
    "while the agent runs, start the till's program, or on the till's computer edge-till "
    "--connect tcp://BOX:{port} --key till-1.key_secret, where BOX is an address that hostname "
    "-I shows on this box, and scan beer: it must show the lane's answer; if it does not "
    "connect, open port {port} in the firewalls between them"
)

_LONG_AGO = timedelta(days=7)


@check("agent", "Does an agent run on this lane now, and does it answer?", _RESTART)
def agent(lane: LaneTarget) -> Finding:
    if not lane.agent_runs:
        return ok(
            words(
                "no agent runs on {state_dir}: every check of the lane is possible", state_dir=lane.settings.state_dir
            )
        )
    if is_public("till.live", lane.settings.till.live):
        return ok(words("an agent runs; only tills with a key can read its state"))
    if not lane.states:
        return problem(words("an agent runs, but sends nothing on {live}", live=lane.settings.till.live), _RESTART)
    return ok(words("an agent runs and sends its state on {live}", live=lane.settings.till.live))


@check("keys", "Do tills on other machines have keys that no other user can read or change?",
       _KEYS, _NEW_KEY, AS_OWNER)  # fmt: skip
def keys(lane: LaneTarget) -> Finding:
    settings = lane.settings
    folder = _keys_of(lane)
    try:
        tills = [key.till for key in folder.tills()]
    except EdgeError as error:
        return problem(verbatim(error), _KEYS, owner=this_user(), folder=settings.keys, file=lane.file)
    public = [address for setting, address in _addresses(lane).items() if is_public(setting, address)]
    if not public:
        unused = words("not used: only programs on this box can connect")
        return ok(joined("; ", [unused, _listed(tills)]) if tills else unused)
    if not tills:
        return problem(
            words("other machines can reach {public}, but no till has a key", public=public[0]),
            _NEW_KEY,
            file=lane.file,
        )
    return ok(_listed(tills))


@check("sockets", "Can tills reach the agent's addresses?", _OTHER_PROGRAM, _ADDRESS, _RESTART, AS_OWNER,
       after=("keys",))  # fmt: skip
def sockets(lane: LaneTarget) -> Finding:
    addresses = _addresses(lane)
    where = Shown(listed, [*addresses.values()])
    if lane.agent_runs:
        for setting, address in addresses.items():
            expected = "CURVE" if is_public(setting, address) else "NULL"
            if address.startswith("tcp://") and mechanism(address) != expected:
                return problem(
                    words("the running agent does not use {setting} = {address}", setting=setting, address=address),
                    _RESTART,
                )
        return ok(words("the running agent answers at {where}", where=where))
    try:
        TillServer(lane.settings.till, _keys_of(lane)).close()
    except EdgeError as error:
        if "in use" not in str(error):
            return problem(verbatim(error), _ADDRESS, file=lane.file)
        taken = next((address for address in addresses.values() if address in str(error)), "")
        seen = verbatim(error)
        if answers := mechanism(taken):
            seen = words("{error}; a ZeroMQ program answers there ({mechanism}), maybe another agent",
                         error=error, mechanism=answers)  # fmt: skip
        return problem(seen, _OTHER_PROGRAM, port=taken.rpartition(":")[2])
    return ok(words("{where} are free for the agent", where=where))


@check("tills", "Has a till connected? Only a till can show that it reaches this box.", _TRY_TILL, _TRY_REMOTE_TILL,
       after=("record", "sockets"))  # fmt: skip
def tills(lane: LaneTarget) -> Finding:
    settings = lane.settings
    # In this mode an agent stops analysing between sales once a till has said hello.
    if settings.mode == "auto" and any(not state.analysing for state in lane.states):
        return ok(words("a till has connected to the running agent"))
    last = _last_sale(settings.state_dir)
    if last is None:
        return _no_till(lane, words("no till has sold a restricted item yet"))
    sold = words(
        "{till} sold a restricted item at {at:%Y-%m-%d %H:%M}",
        till=last.till,
        at=last.opened_at.astimezone(),
    )
    if datetime.now(timezone.utc) - last.opened_at > _LONG_AGO:
        return _no_till(lane, words("no till in the last {days} days: {sold}", days=_LONG_AGO.days, sold=sold))
    return ok(sold)


def _no_till(lane: LaneTarget, seen: Words) -> Finding:
    address = lane.settings.till.reliable
    if is_public("till.reliable", address):
        return warning(seen, _TRY_REMOTE_TILL, port=address.rpartition(":")[2])
    return warning(seen, _TRY_TILL, address=address)


def _keys_of(lane: LaneTarget) -> Keys:
    """Raises NotChecked when the folder belongs to another user."""
    folder = lane.settings.keys
    owner, us = owner_of(folder), this_user()
    if owner not in (None, us):
        fix = AS_OWNER if us == "root" else WITH_SUDO
        raise NotChecked(
            words("{folder} belongs to {owner}", folder=folder, owner=owner), fix, owner=owner, file=lane.file
        )
    return Keys(folder)


def _addresses(lane: LaneTarget) -> dict[str, str]:
    """The till addresses by setting. Raises NotChecked when one of them is not an address."""
    addresses = {"till.reliable": lane.settings.till.reliable, "till.live": lane.settings.till.live}
    for setting, address in addresses.items():
        try:
            is_public(setting, address)
        except UsageError as error:
            raise NotChecked(verbatim(error), FIX_FIRST, check=title_of("config")) from None
    return addresses


def _listed(tills: list[str]) -> Words:
    return words("keys of {tills}", tills=", ".join(tills))


def _last_sale(folder: Path) -> SaleRecord | None:
    """The newest restricted sale in the record; None without one."""
    if not (folder / DATABASE_FILE).exists():
        return None
    with closing(Database(folder, read_only=True)) as database:
        return Audit(database).newest()
