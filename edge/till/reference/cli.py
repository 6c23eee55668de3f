"""`edge-till`: a till in the terminal, for installers and for developers of other tills."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser, run_command
from edge.errors import UsageError
from edge.till.identity import LiveIdentity
from edge.till.keys import TILL_NAME
from edge.till.reference.dealer import Till, load_keys
from edge.till.reference.display import TerminalDisplay
from edge.till.reference.live import LiveTill
from edge.till.reference.script import ScriptPlayer, load_script
from edge.till.reference.sent import SentLog
from edge.till.reference.session import TillSession
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from edge.till.reference.steps import Notify


def main() -> None:
    run_command(lambda: _main(sys.argv[1:]))


def _main(words: list[str]) -> None:
    parser = Parser(prog="edge-till", description=__doc__)
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", metavar="ADDRESS", help="default: %(default)s")
    parser.add_argument("--name", help="the till's name; default: the name in the key, or till-1")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="made by edge-agent keys new; needed unless the agent is on this box"
    )
    parser.add_argument("--agent-key", metavar="KEY", help="the agent's public key, or its file; default: from --key")
    parser.add_argument("--language", choices=["ru", "en", "both"], default="both", help="of the prompts")
    parser.add_argument("--cashier", metavar="ID", help="the id of the cashier")
    parser.add_argument("--state", type=Path, metavar="FILE", help="save here what must survive a power cut")
    parser.add_argument("--script", type=Path, metavar="FILE", help="play this scenario; see docs/till-protocol.md")
    parser.add_argument(
        "--tell", choices=["json", "words"], help="output format; default: json with --script, words without"
    )
    arguments = parser.parse_args(words)

    keys = load_keys(arguments.key, arguments.agent_key) if arguments.key else None
    name = arguments.name or (keys.till if keys else "till-1")
    _check(arguments, name, keys.till if keys else None)
    steps = load_script(arguments.script) if arguments.script else None
    session, player = TillSession(name, LiveIdentity(), arguments.cashier), ScriptPlayer()
    in_words = arguments.tell == "words" or (steps is None and arguments.tell is None)
    show = TerminalDisplay(session, arguments.language).show if in_words else _json_lines()

    def notify(notification: Notify) -> None:
        player.record(notification)
        show(notification)

    with ExitStack() as opened:
        sent_log = SentLog(arguments.state) if arguments.state else None
        if sent_log:
            opened.callback(sent_log.close)
        channel = Till(name, arguments.connect, keys)
        opened.callback(channel.close)
        till = LiveTill(session, channel, sent_log, notify)
        if steps is not None:
            player.run(till, steps)
        else:
            from edge.till.reference.terminal import run_terminal

            run_terminal(till)


def _check(arguments: Namespace, name: str, key_name: str | None) -> None:
    if not TILL_NAME.fullmatch(name):
        raise UsageError(f"--name {name!r} is not a valid till name: use 1 to 40 letters, digits, - or _")
    if arguments.cashier is not None and not 1 <= len(arguments.cashier) <= 128:
        raise UsageError(f"--cashier {arguments.cashier!r} is not a valid id: use 1 to 128 characters")
    if key_name not in (None, name):
        raise UsageError(
            f"--name {name!r} differs from the key's till {key_name!r}: remove --name, or make a key for this name"
        )
    if is_public("--connect", arguments.connect) and key_name is None:
        raise UsageError(f"--connect {arguments.connect!r} is not on this machine: give --key FILE as well")


def _json_lines() -> Callable[[Notify], None]:
    """A function that prints each notification as a line of JSON. `at_s`: seconds since this call."""
    start_s = time.monotonic()

    def show(notify: Notify) -> None:
        at_s = round(time.monotonic() - start_s, 4)
        print(json.dumps({"event": notify.event, "at_s": at_s, **notify.details}, ensure_ascii=False), flush=True)

    return show


if __name__ == "__main__":
    main()
