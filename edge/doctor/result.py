"""The result of the doctor for programs, as `edge-agent doctor --json` prints it.

`python -m edge.doctor.result` writes its JSON Schema again.
"""

from __future__ import annotations

import json
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from edge import __version__
from edge.language.words import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.doctor.finding import Finding

SCHEMA_FILE = Path(__file__).with_name("result.schema.json")


class ResultFinding(BaseModel):
    """What one check has found."""

    verdict: Literal["ok", "warning", "problem"]
    seen: str = Field(description="what was found, in words")
    mend: str = Field(description="what to do about it; empty when the verdict is ok")
    name: str = Field(description="of the check, as in docs/doctor.md")
    lane: str | None = Field(description="the lane's name; null for a check of the box")


class ResultBox(BaseModel):
    """The machine that was checked."""

    name: str = Field(description="its host name")
    system: str = Field(description="the operating system and its version")
    machine: str = Field(description="the kind of processor, such as x86_64 or aarch64")


class Result(BaseModel):
    """One run of edge-agent doctor. Later versions may add fields."""

    version: str = Field(description="of edge-agent")
    time: AwareDatetime = Field(description="when the last check ended, by the box's clock")
    box: ResultBox
    findings: tuple[ResultFinding, ...] = Field(description="in the order of the checks: first the box, then each lane")


def result_json(found: Iterable[Finding], language: str) -> str:
    """The result as JSON, with the time of now. language: of the texts."""
    result = {
        "version": __version__,
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "box": _box().model_dump(),
        "findings": [finding.as_json(lambda text: in_language(text, language)) for finding in found],
    }
    return json.dumps(result, indent=2, ensure_ascii=False)


def _box() -> ResultBox:
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = f"{platform.system()} {platform.release()}"
    return ResultBox(name=platform.node(), system=system, machine=platform.machine())


def schema() -> dict[str, Any]:
    """The JSON Schema of `Result`."""
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Result.model_json_schema()}
    return content | {"title": "edge-agent doctor --json"}


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA_FILE)
