"""Reads the gateway's settings from flags, EDGE_GATEWAY_* variables and a TOML file. Flags win over variables,
variables over the file."""

from __future__ import annotations

import argparse
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from edge.commands import HelpFormatter, Parser, shown
from edge.errors import UsageError
from edge.gateway.settings import PREFIX, GatewaySettings, TillEntry
from edge.language.words import words
from edge.settings.parts import merged
from edge.settings.places import Places
from edge.settings.problems import settings_problem
from edge.settings.scope import Declaration, declarations
from edge.settings.toml_files import read_toml
from edge.settings.variables import GivenVariables

if TYPE_CHECKING:
    from collections.abc import Sequence

_GATEWAY_USAGE = "edge-gateway [--config FILE] [--FLAG VALUE ...]"
_GATEWAY_ABOUT = """\
Lets tills that speak HTTP and JSON use edge-agent: they POST CloudEvents, and get its messages by long poll, as
Server-Sent Events or at a webhook. To the agent each of them is a till.

Every setting is a flag, an EDGE_GATEWAY_* variable and a line of the TOML file of --config. Flags win over variables,
variables over the file: --log-level debug, EDGE_GATEWAY_LOG_LEVEL=debug, and log_level = "debug" are the same.
"""
_GATEWAY_EXAMPLES = """\
The tills are tables in the file:

  listen = "192.168.1.20:8480"
  certificate = "/etc/edge-agent/gateway.pem"
  certificate_key = "/etc/edge-agent/gateway.key"

  [[till]]
  name = "till-1"
  token_file = "/etc/edge-agent/till-1.token"

Examples:

  edge-gateway --till till-1          a till on this box, and the agent on this box
  edge-gateway --config /etc/edge-agent/gateway.toml
  openssl rand -hex 32 > till-1.token; chmod 600 till-1.token
                                      makes a token

Exit codes: 0 after a stop, 1 when it fails while running, 2 for wrong usage or settings. docs/gateway.md describes the
API and every setting of a till.
"""
_GATEWAY_METAVARS = {
    "listen": "HOST:PORT", "certificate": "FILE", "certificate_key": "FILE", "agent": "ADDRESS", "state_dir": "FOLDER",
    "origins": "ORIGIN", "till": "NAME",
}  # fmt: skip
_LISTS = ("origins", "till")


class _ManualFormatter(HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=8)


def gateway_parser() -> Parser:
    """The parser of `edge-gateway`. Parsed arguments have `config`, and the settings that flags give, by name."""
    parser = Parser(
        prog="edge-gateway", usage=_GATEWAY_USAGE, description=_GATEWAY_ABOUT, epilog=_GATEWAY_EXAMPLES,
        formatter_class=_ManualFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_version()
    parser.add_completion()
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    for each in declarations(GatewaySettings):
        options = _values_of(each) | ({"nargs": "+", "action": "extend"} if each.name in _LISTS else {})
        parser.add_argument(each.flag, dest=each.name, default=argparse.SUPPRESS, help=_help(each), **options)
    return parser


def _values_of(each: Declaration) -> dict[str, Any]:
    if each.name in _GATEWAY_METAVARS:
        return {"metavar": _GATEWAY_METAVARS[each.name]}
    return {"choices": get_args(each.field.annotation)}


def _help(each: Declaration) -> str:
    default = each.field.default
    text = each.field.description or ""
    return text if default in (None, (), PydanticUndefined) else f"{text}; default: {default}"


def load_gateway(arguments: Sequence[str]) -> GatewaySettings:
    """Settings from flags, variables and the file that --config names.

    Raises UsageError, one line with place, setting, value and what is allowed, for anything unknown or out of range.
    """
    given = vars(gateway_parser().parse_args(list(arguments)))
    file: Path | None = given.pop("config")
    given = _with_tills(given)
    content = read_toml(file)
    try:
        variables = _with_tills(GivenVariables(GatewaySettings)())
        _reject_similar_variables()
        return GatewaySettings(**merged(merged(content, variables), given))
    except ValidationError as problem:
        places = Places(given, variables, (file,) if file else (), prefix=PREFIX)
        names = [*GatewaySettings.model_fields, *(f"till.{name}" for name in TillEntry.model_fields)]
        if all(detail["loc"] == ("till",) for detail in problem.errors()):
            raise UsageError(
                words("no till is given: add [[till]] tables to the file, or --till NAME for a till on this box")
            ) from None
        raise UsageError(settings_problem(problem, places.place, names, "edge-gateway")) from None


def _with_tills(values: dict[str, Any]) -> dict[str, Any]:
    """The same, with a till that is only a name as an entry of that name."""
    if "till" not in values:
        return values
    return values | {"till": [{"name": till} if isinstance(till, str) else till for till in values["till"]]}


def _reject_similar_variables() -> None:
    """Raise UsageError for a variable that no setting has."""
    known = {f"{PREFIX}{name.upper()}" for name in GatewaySettings.model_fields}
    for variable in map(str.upper, os.environ):
        if variable.startswith(PREFIX) and variable not in known:
            similar = get_close_matches(variable, known, n=1)
            hint = words(" (did you mean {name}?)", name=similar[0]) if similar else ""
            raise UsageError(words("{variable}: there is no such setting{hint}", variable=shown(variable), hint=hint))
