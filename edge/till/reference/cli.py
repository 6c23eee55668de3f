"""`edge-till`: a till in the terminal, for installers and for developers of other tills."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from edge.commands import Parser, run_command
from edge.errors import UsageError
from edge.language.words import counted, words
from edge.till.identity import LiveIdentity
from edge.till.keys import TILL_NAME
from edge.till.messages import Role
from edge.till.reference.attendant import AttendantSession
from edge.till.reference.attendants import Attendant
from edge.till.reference.dealer import Till, load_keys
from edge.till.reference.display import AttendantDisplay, TerminalDisplay
from edge.till.reference.live import LiveTill
from edge.till.reference.scenario import load_script
from edge.till.reference.script import Cashier, ScriptPlayer
from edge.till.reference.sent import LaneLog, SentLog
from edge.till.reference.session import TillSession
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from edge.till.reference.dealer import TillKeys
    from edge.till.reference.steps import Notify

_DEFAULT_CONNECT = "tcp://127.0.0.1:5557"

_TILL_ABOUT = """\
A till in the terminal, for installers and for developers of other tills. It connects to a lane, sells what you type,
and shows what the lane answers.
"""
_TILL_EXAMPLES = """\
Examples:

  edge-till                           a till of the lane on this box
  edge-till --connect tcp://192.168.1.20:5557 --key till-1.key_secret
                                      a till on another machine
  edge-till --role attendant --cashier anna
                                      sees the alerts, reports ID checks
  edge-till --script sale.json        plays a scenario, prints JSON lines

docs/till-protocol.md describes the messages and the scenarios.
"""


def main() -> None:
    run_command(lambda: _main(sys.argv[1:]))


def _main(given: list[str]) -> None:
    arguments = command_parser().parse_args(given)
    arguments.connect = arguments.connect or [_DEFAULT_CONNECT]
    keys = load_keys(arguments.key, arguments.agent_key) if arguments.key else None
    arguments.name = arguments.name or (keys.till if keys else "till-1" if arguments.role == "till" else arguments.role)
    _check(arguments, keys.till if keys else None)
    arguments.steps = load_script(arguments.script) if arguments.script else None
    arguments.in_words = arguments.tell == "words" or (arguments.steps is None and arguments.tell is None)
    with ExitStack() as opened:
        (_run_till if arguments.role == "till" else _run_attendant)(arguments, keys, opened)


def command_parser() -> Parser:
    """The parser of `edge-till`."""
    parser = Parser(prog="edge-till", description=_TILL_ABOUT, epilog=_TILL_EXAMPLES)
    parser.add_version()
    parser.add_completion()
    parser.add_argument(
        "--connect",
        action="append",
        metavar="ADDRESS",
        help=f"default: {_DEFAULT_CONNECT}; an attendant or a display may give it once for each lane",
    )
    parser.add_argument(
        "--role",
        choices=get_args(Role),
        default="till",
        help="attendant: sees the alerts of all tills of its lanes, and reports ID checks; display: only sees the "
        "alerts; default: %(default)s",
    )
    parser.add_argument("--name", help="the till's name; default: the name in the key, or till-1")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="made by edge-agent keys new; needed unless the agent is on this box"
    )
    parser.add_argument("--agent-key", metavar="KEY", help="the agent's public key, or its file; default: from --key")
    parser.add_argument(
        "--language",
        choices=["ru", "en", "both"],
        default="both",
        help="of what is printed; both: prompts in both, the rest in English",
    )
    parser.add_argument("--cashier", metavar="ID", help="the id of the cashier or attendant")
    parser.add_argument("--state", type=Path, metavar="FILE", help="save here what must survive a power cut")
    parser.add_argument("--script", type=Path, metavar="FILE", help="play this scenario; see docs/till-protocol.md")
    parser.add_argument(
        "--tell", choices=["json", "words"], help="output format; default: json with --script, words without"
    )
    return parser


def _run_till(arguments: Namespace, keys: TillKeys | None, opened: ExitStack) -> None:
    session, player = TillSession(arguments.name, LiveIdentity(), arguments.cashier), ScriptPlayer()
    show = TerminalDisplay(session, arguments.language).show if arguments.in_words else _json_lines()
    sent_log = _sent_log(arguments, opened)
    channel = _channel(arguments.connect[0], arguments, keys, opened)
    cashier = Cashier(session, LiveTill(session, channel, sent_log, _both(player.record, show)))
    if arguments.steps is not None:
        player.run(cashier, arguments.steps)
    else:
        from edge.till.reference.terminal import run_terminal

        run_terminal(cashier, session, arguments.language)


def _run_attendant(arguments: Namespace, keys: TillKeys | None, opened: ExitStack) -> None:
    player, sent_log = ScriptPlayer(), _sent_log(arguments, opened)
    show = AttendantDisplay(arguments.language).show if arguments.in_words else _json_lines()
    lanes = []
    for address in arguments.connect:
        session = AttendantSession(arguments.name, LiveIdentity(), arguments.role, arguments.cashier)
        channel = _channel(address, arguments, keys, opened)
        lane_log = LaneLog(sent_log, address) if sent_log else None
        lanes.append((session, LiveTill(session, channel, lane_log, _both(player.record, show))))
    attendant = Attendant(lanes)
    if arguments.steps is not None:
        player.run(attendant, arguments.steps)
    else:
        from edge.till.reference.terminal import run_attendant

        run_attendant(attendant, arguments.language)


def _sent_log(arguments: Namespace, opened: ExitStack) -> SentLog | None:
    if not arguments.state:
        return None
    sent_log = SentLog(arguments.state)
    opened.callback(sent_log.close)
    return sent_log


def _channel(address: str, arguments: Namespace, keys: TillKeys | None, opened: ExitStack) -> Till:
    channel = Till(arguments.name, address, keys)
    opened.callback(channel.close)
    return channel


def _both(first: Callable[[Notify], None], second: Callable[[Notify], None]) -> Callable[[Notify], None]:
    def notify(notification: Notify) -> None:
        first(notification)
        second(notification)

    return notify


def _check(arguments: Namespace, key_name: str | None) -> None:
    name = arguments.name
    if not TILL_NAME.fullmatch(name):
        raise UsageError(
            words("--name {name} is not a valid till name: use 1 to 40 letters, digits, - or _", name=repr(name))
        )
    if arguments.cashier is not None and not 1 <= len(arguments.cashier) <= 128:
        raise UsageError(words("--cashier {id} is not a valid id: use 1 to 128 characters", id=repr(arguments.cashier)))
    if key_name not in (None, name):
        raise UsageError(
            words(
                "--name {name} differs from the key's till {till}: remove --name, or make a key for this name",
                name=repr(name),
                till=repr(key_name),
            )
        )
    if arguments.role == "till" and len(arguments.connect) > 1:
        raise UsageError(
            counted(
                "--connect was given {n} time: a till has one lane",
                "--connect was given {n} times: a till has one lane",
                len(arguments.connect),
            )
        )
    for address in arguments.connect:
        if is_public("--connect", address) and key_name is None:
            raise UsageError(
                words("--connect {address} is not on this machine: give --key FILE as well", address=repr(address))
            )


def _json_lines() -> Callable[[Notify], None]:
    """A function that prints each notification as a line of JSON. `at_s`: seconds since this call."""
    start_s = time.monotonic()

    def show(notify: Notify) -> None:
        at_s = round(time.monotonic() - start_s, 4)
        print(json.dumps({"event": notify.event, "at_s": at_s, **notify.details}, ensure_ascii=False), flush=True)

    return show


if __name__ == "__main__":
    main()
