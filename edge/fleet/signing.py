"""`edge-agent settings`: creates the key pair of a chain, and signs settings that many boxes share."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser
from edge.errors import RunError
from edge.language.reader import reader
from edge.language.system import system_words
from edge.language.words import Words, in_language, words
from edge.settings.files import replacing
from edge.settings.lanes import lanes_of
from edge.settings.parts import read_parts, read_shared
from edge.settings.signed import sign, without_signature
from edge.settings.toml_files import toml_text

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNING_EXAMPLES = """\
Example, in the office:

  edge-agent settings new-key --out chain
  edge-agent settings sign shared.toml --key chain.key_secret --out shared.signed.toml

And at the top of /etc/edge-agent/lane.toml of each box, whose own values win:

  include = "shared.signed.toml"
  include_key = "chain.key"
"""


def settings(arguments: list[str]) -> None:
    """Run `edge-agent settings` with these command-line words. Raises UsageError and RunError."""
    parsed = settings_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = parsed.command
    command(parsed)


def settings_parser() -> Parser:
    """The parser of `edge-agent settings`."""
    parser = Parser(
        prog="edge-agent settings",
        description="Create the keys of a chain, and sign settings that many boxes share. See docs/fleet.md.",
        epilog=_SIGNING_EXAMPLES,
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    key = actions.add_parser("new-key", help="create the key pair that signs shared settings")
    key.add_argument("--out", type=Path, default=Path("chain"), metavar="NAME",
                     help="writes NAME.key_secret and NAME.key; default: chain")  # fmt: skip
    signing = actions.add_parser("sign", help="check shared settings, and sign them for the boxes")
    signing.add_argument("file", type=Path, metavar="FILE", help="TOML file with the shared settings")
    signing.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    signing.add_argument("--config", type=Path, metavar="FILE",
                         help="a box's own settings that include FILE: checks both together")  # fmt: skip
    signing.add_argument("--out", type=Path, metavar="FILE", help="the signed file; default: FILE itself")
    for action, command in ((key, _new_key), (signing, _sign)):
        action.set_defaults(command=command)
    return parser


def _new_key(arguments: argparse.Namespace) -> None:
    from edge.settings.signature import new_keys

    secret, public = (arguments.out.with_name(arguments.out.name + end) for end in (".key_secret", ".key"))
    new_keys(secret, public)
    _say(words("wrote {file}: keep it only where settings are signed", file=secret))
    _say(words("wrote {file}: copy it to the boxes and set include_key to it", file=public))


def _sign(arguments: argparse.Namespace) -> None:
    file, out = arguments.file, arguments.out or arguments.file
    lanes_of([], read_shared(file) if arguments.config is None else read_parts(arguments.config, unsigned=file))
    text = without_signature(toml_text(file))
    now = datetime.now(timezone.utc)
    signed = sign(text, arguments.key, now)
    try:
        with replacing(out, durable=True) as draft:
            draft.write_bytes(signed)
    except OSError as problem:
        raise RunError(words("cannot write {file}: {reason}", file=out, reason=system_words(problem))) from None
    _say(
        words(
            "wrote {file}: signed at {now:%Y-%m-%d %H:%M:%S} UTC; on a box: edge-agent apply {name}",
            file=out,
            now=now,
            name=out.name,
        )
    )


def _say(text: Words) -> None:
    print(in_language(text, reader()))
