"""Reads settings from flags, EDGE_* variables and a TOML file. Flags win over variables, variables over the file."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import CliSettingsSource, SettingsError

from edge.errors import UsageError
from edge.settings.config import Settings
from edge.settings.problems import settings_problem, unreadable_setting
from edge.settings.toml_files import read_toml

if TYPE_CHECKING:
    from pathlib import Path


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
