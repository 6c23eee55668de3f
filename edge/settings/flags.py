"""The flags of the settings: a parser that is made from the declarations, and the values that flags give."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from edge.commands import HelpFormatter, Parser
from edge.settings.config import Settings
from edge.settings.lists import is_list, list_of
from edge.settings.older import OLDER_NAMES
from edge.settings.scope import Declaration, declarations

_RUN_USAGE = "edge-agent run --camera SOURCE [--config FILE] [--FLAG VALUE ...]"
_RUN_ABOUT = """\
Watch a checkout lane and tell the till when to ask for ID.

Every setting is a flag, an EDGE_* variable and a line of the TOML file of --config. Flags win over variables, variables
over the file: --policy.legal-age 21, EDGE_POLICY__LEGAL_AGE=21, and legal_age = 21 below [policy] are the same. An
unknown setting and a value that is not allowed end with exit code 2 and a line that says where the value comes from.
"""
_RUN_EXAMPLES = """\
Examples:

  edge-agent run --camera 0
  edge-agent run --camera rtsp://camera.shop/stream --zone 0.2,0.1 0.8,0.1 0.8,1 0.2,1
  edge-agent run --config /etc/edge-agent/lane.toml --web 127.0.0.1:8080

Exit codes: 0 after a stop, 1 when it fails while running, 2 for wrong usage or settings. docs/settings.md has all
settings in a table.
"""
_WIDEST_CHOICES = 40
"""Characters. Longer lists of choices are in the help of a flag instead of its metavar."""
_HELP_COLUMN = 8

_POINT = "X,Y"
_METAVARS = {
    "lane": "NAME",
    "camera": "SOURCE",
    "video": "FILE",
    "events": "FILE",
    "store": "NAME",
    "box": "NAME",
    "zone": _POINT,
    "model": "FOLDER",
    "state_dir": "FOLDER",
    "keys_dir": "FOLDER",
    "cache_dir": "FOLDER",
    "web": "HOST:PORT",
    "web_certificate": "FILE",
    "web_key": "FILE",
    "debug_pictures": "FOLDER",
    "picture.aspect": "W:H",
    "picture.rotate": "DEGREES",
    "detector.rate": "RATE",
    "policy.legal_age": "AGE",
    "policy.challenge_age": "AGE",
    "till.reliable": "ADDRESS",
    "till.live": "ADDRESS",
    "metrics.listen": "HOST:PORT",
    "insights.folder": "FOLDER",
    "insights.catalogue": "FILE",
    "insights.bands": "AGE",
    "insights.max_price": "PRICE",
    "offers.sheet": "FILE",
    "offers.key": "FILE",
    "offers.exclude": "GOODS",
    "offers.restricted_words": "WORD",
}
"""By setting. Others have one by the unit in their name, by their values or by their type."""
_UNIT_METAVARS = {"_s": "SECONDS", "_ms": "MILLISECONDS", "_px": "PIXELS", "_days": "DAYS"}
_TYPE_METAVARS = {int: "N", float: "NUMBER", Path: "PATH"}


class _ManualFormatter(HelpFormatter):
    """Each flag on a line of its own, with its help below."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_COLUMN)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        if action.nargs == "+":
            metavar = self._metavar_formatter(action, default_metavar)(1)[0]
            return f"{metavar} {metavar} ..."
        return super()._format_args(action, default_metavar)


def flags_parser(*, with_choices: bool = False, besides: Parser | None = None) -> Parser:
    """The parser of `edge-agent run`. Parsed arguments have `config`, and the settings that flags give, by name.

    with_choices: the parser itself knows the values of settings with few, for completion. Otherwise any value is
    parsed, and the settings reject it in their own words. besides: leave out the flags that this parser has.
    """
    parser = Parser(
        prog="edge-agent run",
        usage=_RUN_USAGE,
        description=_RUN_ABOUT,
        epilog=_RUN_EXAMPLES,
        formatter_class=_ManualFormatter,
        allow_abbrev=False,
        add_help=besides is None,
    )
    taken = set(besides.flags()) if besides else set()
    if "--config" not in taken:
        parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    group, section = parser.add_argument_group("the lane"), ""
    for each in declarations(Settings):
        title = each.name.partition(".")[0] if "." in each.name else ""
        if title != section:
            model = Settings.model_fields[title].annotation
            assert model is not None
            group, section = parser.add_argument_group(title, model.__doc__), title
        if each.flag not in taken:
            _add(group, each, with_choices=with_choices)
    for name, older in OLDER_NAMES.items():
        parser.add_argument(f"--{'.'.join(older)}", dest=name, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _add(group: argparse._ArgumentGroup, each: Declaration, *, with_choices: bool) -> None:
    annotation = _without_none(each.field.annotation)
    options: dict[str, Any] = {"dest": each.name, "default": argparse.SUPPRESS, "help": _help(each)}
    if annotation is bool:
        group.add_argument(each.flag, action=argparse.BooleanOptionalAction, **options)
    elif is_list(each):
        group.add_argument(each.flag, nargs="+", action="extend", metavar=_metavar(each), **options)
    else:
        options["choices"] = (choices(each) or None) if with_choices else None
        group.add_argument(each.flag, metavar=_metavar(each), **options)


def choices(each: Declaration) -> tuple[str, ...]:
    """The values that a setting can have, if it is one of few."""
    annotation = _without_none(each.field.annotation)
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()


def _metavar(each: Declaration) -> str:
    if each.name in _METAVARS:
        return _METAVARS[each.name]
    for suffix, unit in _UNIT_METAVARS.items():
        if each.name.endswith(suffix):
            return unit
    listed = f"{{{','.join(choices(each))}}}"
    if choices(each):
        return listed if len(listed) <= _WIDEST_CHOICES else "NAME"
    return next((name for kind, name in _TYPE_METAVARS.items() if _without_none(each.field.annotation) is kind), "TEXT")


def _help(each: Declaration) -> str:
    text = each.field.description or ""
    if choices(each) and not _metavar(each).startswith("{"):
        text += f"; one of {', '.join(choices(each))}"
    default = each.field.default
    if default is not None and default is not PydanticUndefined:
        text += f"; default: {_in_words(default)}"
    return text.replace("%", "%%")


def _in_words(default: object) -> str:
    """A default as a flag would be written."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        items = (",".join(f"{part:g}" for part in item) if isinstance(item, tuple) else str(item) for item in default)
        return " ".join(items) or "none"
    return f"{default:g}" if isinstance(default, float) else str(default) or "none"


def _without_none(annotation: object) -> object:
    """The type of a value, without `Annotated` and without the None of an optional one."""
    while True:
        arguments = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation = arguments[0]
        elif type(None) in arguments:
            annotation = next(each for each in arguments if each is not type(None))
        else:
            return annotation


def flag_values(flags: list[str]) -> dict[str, Any]:
    """The settings that flags give, nested as in a TOML file. Raises UsageError."""
    parser = flags_parser()
    found, unknown = parser.parse_known_args(flags)
    if unknown:
        parser.reject(unknown)
    values: dict[str, Any] = {}
    for each in declarations(Settings):
        if each.name in vars(found):
            section, _, name = each.name.rpartition(".")
            place = values.setdefault(section, {}) if section else values
            place[name] = _value(each, vars(found)[each.name])
    return values


def _value(each: Declaration, given: Any) -> Any:
    if not isinstance(given, list):
        return given
    example = f"{_metavar(each)} {_metavar(each)} ..."
    return [item for word in given for item in list_of(each, word, each.flag, example)]
