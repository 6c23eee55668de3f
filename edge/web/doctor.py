"""`edge-agent doctor`, run for the page as a program of its own, so that the lanes keep their pace."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from edge.errors import RunError

if TYPE_CHECKING:
    from edge.settings.lanes import Origin

_PATIENCE_S = 300.0
"""An engine for a GPU may have to be built first."""


async def examine(origin: Origin) -> Any:
    """What doctor finds, as its `--json` says it. Raises RunError when it says nothing."""
    config = ["--config", str(origin.file)] if origin.file else []
    command = [sys.executable, "-m", "edge", "doctor", "--json", *config, *origin.flags]
    doctor = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        said, complained = await asyncio.wait_for(doctor.communicate(), _PATIENCE_S)
    except asyncio.TimeoutError:
        raise RunError(f"doctor has found nothing in {_PATIENCE_S:.0f} s") from None
    finally:
        if doctor.returncode is None:
            doctor.kill()
            await doctor.wait()
    try:
        return json.loads(said)
    except ValueError:
        raise RunError(complained.decode(errors="replace").strip() or "doctor says nothing") from None
