"""`edge-agent keys`: make, list and revoke the keys that tills on other machines connect with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser
from edge.errors import UsageError
from edge.language.reader import reader
from edge.language.words import Words, in_language, words
from edge.settings.lanes import load_lanes
from edge.till.keys import Keys

if TYPE_CHECKING:
    from edge.settings.config import Settings

_KEY_CHARACTERS = 10
"""Characters of a public key in the table: enough to distinguish two keys."""


def keys(argv: list[str]) -> None:
    """Run the command. argv: its arguments, without its name. Raises UsageError and RunError."""
    arguments = keys_parser().parse_args(argv)
    flags = ["--state-dir", str(arguments.state_dir)] if arguments.state_dir else []
    lanes = load_lanes(flags, arguments.config)
    folder = Keys(lanes[0].keys)
    if arguments.action == "new":
        lane = _lane(lanes, arguments.lane)
        _new(folder, arguments.till, arguments.out or Path(f"{arguments.till}.key_secret"), lane)
    elif arguments.action == "revoke":
        folder.revoke(arguments.till)
        _say(words("revoked the key of {till}: a running agent cuts it off within a second", till=arguments.till))
    else:
        _list(folder, as_json=arguments.json)


def keys_parser() -> Parser:
    """The parser of `edge-agent keys`."""
    shared = Parser(add_help=False)
    shared.add_argument(
        "--state-dir", type=Path, metavar="FOLDER", help="the agent's state folder, which holds the keys"
    )
    shared.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings file, for its state folder")
    parser = Parser(prog="edge-agent keys", description="Make, list and revoke the keys of tills on other machines.")
    actions = parser.add_subparsers(dest="action", required=True, title="commands", metavar="COMMAND")
    new = actions.add_parser("new", parents=[shared], help="make a key for a till")
    new.add_argument("till", metavar="TILL", help="the till's name: 1 to 40 letters, digits, - or _")
    new.add_argument("--out", type=Path, metavar="FILE", help="the till's key file; default: ./TILL.key_secret")
    new.add_argument("--lane", metavar="NAME", help="the till's lane, if the box has several")
    listing = actions.add_parser("list", parents=[shared], help="list the tills that have a key")
    listing.add_argument("--json", action="store_true", help="print JSON with complete public keys")
    revoke = actions.add_parser("revoke", parents=[shared], help="revoke a till's key within a second")
    revoke.add_argument("till", metavar="TILL", help="the till's name")
    return parser


def _lane(lanes: tuple[Settings, ...], name: str | None) -> Settings:
    """The lane whose addresses go into the new key file. Raises UsageError unless `name` picks exactly one lane."""
    names = ", ".join(lane.lane for lane in lanes)
    if name is None and len(lanes) > 1:
        raise UsageError(words("this box has the lanes {names}: choose the till's lane with --lane", names=names))
    for lane in lanes:
        if name in (None, lane.lane):
            return lane
    raise UsageError(words("there is no lane {name}: this box has {names}", name=name, names=names))


def _new(folder: Keys, till: str, file: Path, settings: Settings) -> None:
    folder.new(till, file, (settings.till.reliable, settings.till.live))
    _say(
        words(
            "wrote {file}: move it to {till}, readable by the till program only; comments in the file say how to use "
            "it",
            file=file,
            till=till,
        )
    )


def _list(folder: Keys, *, as_json: bool) -> None:
    known = folder.tills()
    if as_json:
        print(json.dumps([asdict(key) for key in known], indent=2))
        return
    if not known:
        _say(words("no till has a key: edge-agent keys new TILL makes one"))
        return
    titles = [in_language(title, reader()) for title in (words("till"), words("created"), words("public key"))]
    rows = [titles, *([key.till, key.created, f"{key.public[:_KEY_CHARACTERS]}..."] for key in known)]
    first, second, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    for till, created, public in rows:
        print(f"{till:<{first}}  {created:<{second}}  {public}")


def _say(text: Words) -> None:
    print(in_language(text, reader()))
