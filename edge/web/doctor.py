"""Runs `edge-agent doctor` for the page in a process of its own, so that it does not slow down the lanes."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from edge.errors import RunError
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from edge.settings.lanes import Origin

_TIMEOUT_S = 300.0
"""Long enough to build an engine for a GPU first."""


async def reports(origin: Origin) -> AsyncGenerator[dict[str, Any], None]:
    """What the doctor's `--json-lines` prints, as it comes. Raises RunError when it prints no finding, or takes too
    long. The process is killed when the iterator is closed."""
    config = ["--config", str(origin.file)] if origin.file else []
    command = [sys.executable, "-m", "edge", "doctor", "--json-lines", *config, *origin.flags]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert process.stderr
    errors = asyncio.create_task(process.stderr.read())
    found, end_s = False, time.monotonic() + _TIMEOUT_S
    try:
        while line := await asyncio.wait_for(process.stdout.readline(), end_s - time.monotonic()):
            report = json.loads(line)
            found = found or "finding" in report
            yield report
        if not found:
            raise RunError((await errors).decode(errors="replace").strip() or words("the doctor printed nothing"))
    except json.JSONDecodeError:
        raise RunError(words("the doctor's answer cannot be read: run edge-agent doctor in a terminal")) from None
    except asyncio.TimeoutError:
        raise RunError(words("the doctor did not finish within {seconds:.0f} s", seconds=_TIMEOUT_S)) from None
    finally:
        errors.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
