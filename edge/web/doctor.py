"""Runs `edge-agent doctor` for the page in a process of its own, so that it does not slow down the lanes."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from edge.errors import RunError

if TYPE_CHECKING:
    from edge.settings.lanes import Origin

_TIMEOUT_S = 300.0
"""Long enough to build an engine for a GPU first."""


async def findings(origin: Origin) -> Any:
    """The findings that the doctor's `--json` prints. Raises RunError when it prints none."""
    config = ["--config", str(origin.file)] if origin.file else []
    command = [sys.executable, "-m", "edge", "doctor", "--json", *config, *origin.flags]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    except asyncio.TimeoutError:
        raise RunError(f"the doctor did not finish within {_TIMEOUT_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return json.loads(output)["findings"]
    except ValueError:
        raise RunError(errors.decode(errors="replace").strip() or "the doctor printed nothing") from None
