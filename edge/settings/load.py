"""Reads settings from flags, EDGE_* variables and a TOML file. Flags win over variables, variables over the file."""

from __future__ import annotations

import argparse
import re
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import CliSettingsSource, SettingsError

from edge.errors import UsageError
from edge.settings.config import Settings
from edge.settings.problems import settings_problem, unreadable_setting

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

_MOST_LEVELS = 10
"""The deepest setting, a lane's zone, has six: the file, the lanes, a lane, a section, a list of points, a point."""


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Leaves out "default: None", which means no default, and "default factory:" with the name of a function: the
    descriptions of those settings say what the default is."""

    def _get_help_string(self, action: argparse.Action) -> str:
        return re.sub(r" \(default(: None| factory: \w+)\)", "", action.help or "")


def load_settings(flags: list[str], file: Path | None = None) -> Settings:
    """Settings from flags, EDGE_* variables and a TOML file.

    Raises UsageError, one line with setting, value and what is allowed, for anything unknown or out of range.
    """
    return settings_of(flags, read_toml(file))


def settings_of(flags: list[str], content: dict[str, Any]) -> Settings:
    """Like `load_settings`, from the parsed content of a TOML file."""
    try:
        cli = CliSettingsSource[Any](
            Settings, cli_parse_args=flags, cli_prog_name="edge-agent run", cli_exit_on_error=False,
            cli_implicit_flags=True, cli_kebab_case=True, cli_avoid_json=True, cli_hide_none_type=True,
            formatter_class=_HelpFormatter,
        )  # fmt: skip
        return Settings(_cli_settings_source=cli, **content)
    except ValidationError as problem:
        raise UsageError(settings_problem(problem)) from None
    except SettingsError as problem:
        raise UsageError(unreadable_setting(problem)) from None
    except RecursionError:
        raise UsageError("a flag or an EDGE_* variable has JSON that is nested too deeply: correct it") from None


def read_toml(file: Path | None) -> dict[str, Any]:
    """The parsed content of a TOML file; empty without a file. Raises UsageError."""
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"cannot read the config {file}: {problem.strerror}") from None
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as problem:  # not TOML, not UTF-8, or a number of thousands of digits
        raise UsageError(f"{file} is not TOML: {problem}") from None
    if _is_deeper(content, _MOST_LEVELS):
        raise _too_deep(file)
    return content


def _is_deeper(content: dict[str, Any], levels: int) -> bool:
    """Whether tables and lists are nested in more than this many levels. Dotted keys may nest without limit, and the
    parser accepts them."""
    layer: list[Any] = [content]
    for _ in range(levels):
        values = (outer.values() if isinstance(outer, dict) else outer for outer in layer)
        layer = [inner for inner in chain.from_iterable(values) if isinstance(inner, dict | list)]
    return bool(layer)


def _too_deep(file: Path) -> UsageError:
    return UsageError(f"{file} is nested too deeply: settings have at most {_MOST_LEVELS} levels of tables and lists")
