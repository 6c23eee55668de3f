"""`edge-till`: a till in the terminal, for those who set up a lane, and for those who write a till of their own."""

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
from edge.till.reference.live import LiveTill
from edge.till.reference.script import Play, load_script
from edge.till.reference.sent import SentLog
from edge.till.reference.session import TillSession
from edge.till.reference.view import Narrator
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from edge.till.reference.steps import Tell


def main() -> None:
    run_command(lambda: _main(sys.argv[1:]))


def _main(words: list[str]) -> None:
    parser = Parser(prog="edge-till", description=__doc__)
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", metavar="ADDRESS", help="default: %(default)s")
    parser.add_argument("--name", help="the till's name; default: the key's, or till-1")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="made by edge-agent keys new; needed away from loopback"
    )
    parser.add_argument("--agent-key", metavar="KEY", help="the agent's public key, or its file; default: as in --key")
    parser.add_argument("--language", choices=["ru", "en", "both"], default="both", help="of the prompts")
    parser.add_argument("--cashier", metavar="ID", help="who works at the till")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remember here what must outlive a power cut")
    parser.add_argument("--script", type=Path, metavar="FILE", help="play this; docs/till-protocol.md says how")
    parser.add_argument("--tell", choices=["json", "words"], help="default: json with --script, words without")
    arguments = parser.parse_args(words)

    keys = load_keys(arguments.key, arguments.agent_key) if arguments.key else None
    name = arguments.name or (keys.till if keys else "till-1")
    _check(arguments, name, keys.till if keys else None)
    lines = load_script(arguments.script) if arguments.script else None
    session, play = TillSession(name, LiveIdentity(), arguments.cashier), Play()
    in_words = arguments.tell == "words" or (lines is None and arguments.tell is None)
    write = Narrator(session, arguments.language).tell if in_words else _json_lines()

    def tell(told: Tell) -> None:
        play.note(told)
        write(told)

    with ExitStack() as opened:
        journal = SentLog(arguments.state) if arguments.state else None
        if journal:
            opened.callback(journal.close)
        channel = Till(name, arguments.connect, keys)
        opened.callback(channel.close)
        till = LiveTill(session, channel, journal, tell)
        if lines is not None:
            play.run(till, lines)
        else:
            from edge.till.reference.terminal import work

            work(till)


def _check(arguments: Namespace, name: str, key_name: str | None) -> None:
    if not TILL_NAME.fullmatch(name):
        raise UsageError(f"--name {name!r} is not a valid till name: use 1 to 40 letters, digits, - or _")
    if arguments.cashier is not None and not 1 <= len(arguments.cashier) <= 128:
        raise UsageError(f"--cashier {arguments.cashier!r} is no id: use 1 to 128 characters")
    if key_name not in (None, name):
        raise UsageError(f"--name {name!r} is not whom the key is for: leave it out, or make a key for this name")
    if is_public("--connect", arguments.connect) and key_name is None:
        raise UsageError(f"--connect {arguments.connect!r} is not on this machine: give --key FILE as well")


def _json_lines() -> Callable[[Tell], None]:
    """Tells one JSON object a line; `at_s` counts from here."""
    start_s = time.monotonic()

    def tell(told: Tell) -> None:
        at_s = round(time.monotonic() - start_s, 4)
        print(json.dumps({"event": told.event, "at_s": at_s, **told.details}, ensure_ascii=False), flush=True)

    return tell


if __name__ == "__main__":
    main()
