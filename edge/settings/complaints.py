"""What is wrong with the settings, in one line."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_settings import SettingsError


def out_of_range(problem: ValidationError) -> str:
    """Every setting that is unknown or cannot be, with its value and what is wrong with it."""
    lines = []
    places = [error["loc"] for error in problem.errors()]
    for error in problem.errors():
        place = error["loc"]
        if error["type"] == "too_short" and any(other != place and other[: len(place)] == place for other in places):
            # It is too short without those of its items that are wrong.
            continue
        name = ".".join(map(str, place))
        if error["type"] == "extra_forbidden":
            lines.append(f"{name}: there is no such setting; edge-agent run --help lists them")
        elif not name or (error["type"] == "value_error" and isinstance(error["input"], dict)):
            # What a section as a whole has against itself names the setting in its own words.
            lines.append(error["msg"].removeprefix("Value error, "))
        else:
            lines.append(f"{name} = {error['input']!r}: {error['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)


def unreadable(problem: SettingsError) -> str:
    """A flag or a variable that could not be read at all."""
    if named := re.match(r'error parsing value for field "(\w+)" from source "EnvSettingsSource"', str(problem)):
        variable = f"EDGE_{named[1].upper()}"
        return f"{variable} = {os.environ.get(variable, '')!r} is not JSON, as it has to be"
    return f"{problem}; see edge-agent run --help".replace("error parsing CLI: ", "")


def without_password(camera: str) -> str:
    """A camera's setting as anybody may read it: what stands before the last @ is left out, but for the protocol.

    A password that is written as it is, and not percent-encoded, may hold any sign, @ and / too.
    """
    return re.sub(r"^(\w*:/*)?.*@", r"\1", camera, flags=re.DOTALL)
