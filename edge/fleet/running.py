"""The running agent of a box, as `edge-agent apply` sees it: its health page, its signals, its service."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import verbatim, words
from edge.records.lock import is_locked

if TYPE_CHECKING:
    from edge.settings.config import Settings

_PAGE_ANSWER_S = 3.0
_RESTART_S = 300.0
"""A first start may build an engine for the GPU; the unit has its own limit."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_SERVICE = re.compile(r"([^/]+\.service)$", re.MULTILINE)


@dataclass(frozen=True)
class HealthPage:
    """What an agent says on /healthz. pid: of its process. config: the file with its settings. reloads: finished since
    its start. rejected: why the last reload changed nothing; waiting: its changes that need a restart. changing: lanes
    that have new settings after their open sale. selling: lanes with an open sale. problems: by lane and part."""

    pid: int
    config: str | None
    reloads: int
    rejected: str
    waiting: tuple[str, ...]
    changing: tuple[str, ...]
    selling: tuple[str, ...]
    problems: dict[tuple[str, str], str]


class RunningAgent:
    """The agent that has the address of the health page in a box's settings."""

    def __init__(self, settings: Settings, config: Path) -> None:
        """settings: of any lane of the box, as the agent runs with them now."""
        self._metrics, self._config = settings.metrics, config

    def state(self) -> HealthPage | None:
        """None when no agent answers. Raises RunError when something else does, or an agent with other settings."""
        if self._metrics.listen == "off":
            return None
        host, port = self._metrics.address
        connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=_PAGE_ANSWER_S)
        try:
            connection.request("GET", "/healthz")
            found = _state(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException):
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise RunError(
                words(
                    "what answers at {address} is no edge-agent of this version: set metrics.listen to the address of "
                    "the agent, or restart it",
                    address=self._metrics.listen,
                )
            ) from None
        finally:
            connection.close()
        if found.config is None or Path(found.config).resolve() != self._config.resolve():
            raise RunError(
                words(
                    "the agent at {address} runs with {theirs}, not with {config}: name its settings with --config",
                    address=self._metrics.listen,
                    theirs=found.config or words("flags alone"),
                    config=self._config,
                )
            )
        return found

    def reload(self, state: HealthPage) -> None:
        """Ask it to read its settings again, as `systemctl reload` does. Raises RunError."""
        try:
            # What the page says is not proved: never send the signal to another program.
            if b"edge" not in Path(f"/proc/{state.pid}/cmdline").read_bytes():
                raise RunError(words("process {pid} is no edge-agent: restart the agent", pid=state.pid))
            os.kill(state.pid, signal.SIGHUP)
        except OSError as problem:
            raise RunError(
                words(
                    "cannot reload the agent, process {pid}: {reason}; run this as root or as the agent's user",
                    pid=state.pid,
                    reason=system_words(problem),
                )
            ) from None


def service_of(pid: int) -> str | None:
    """The service of systemd that runs a process."""
    try:
        found = _SERVICE.search(Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8"))
    except OSError:
        return None
    return found[1] if found else None


def restart(unit: str) -> None:
    """Restart a service, and wait until it is started. Raises RunError."""
    try:
        done = subprocess.run(
            ["systemctl", "restart", unit], capture_output=True, text=True, timeout=_RESTART_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise RunError(words("systemctl restart {unit}: {reason}", unit=unit, reason=verbatim(problem))) from None
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise RunError(words("systemctl restart {unit}: {reason}", unit=unit, reason=reason))


def is_running(lanes: tuple[Settings, ...]) -> bool:
    """Whether an agent uses the state folder of one of the lanes. Raises UsageError and RunError."""
    for lane in lanes:
        try:
            if is_locked(lane.state_dir):
                return True
        except OSError as problem:
            raise RunError(
                words("cannot read {file}: {reason}", file=lane.state_dir, reason=system_words(problem))
            ) from None
    return False


def reject_silent(lanes: tuple[Settings, ...]) -> None:
    """Raise UsageError or RunError when an agent runs whose health cannot be read."""
    if not is_running(lanes):
        return
    if lanes[0].metrics.listen == "off":
        raise UsageError(
            words('metrics.listen = "off": set it to 127.0.0.1:9464, so that the health of the agent can be read')
        )
    raise RunError(
        words(
            "an agent runs, but does not answer at metrics.listen = {address}: restart it first",
            address=lanes[0].metrics.listen,
        )
    )


def _state(page: Any) -> HealthPage:
    agent = page["agent"]
    return HealthPage(
        pid=int(agent["pid"]),
        config=agent["config"],
        reloads=int(agent["reloads"]),
        rejected=str(agent["rejected"]),
        waiting=tuple(agent["waiting"]),
        changing=tuple(agent["changing"]),
        selling=tuple(agent["selling"]),
        problems={
            (lane["lane"], problem["part"]): problem["text"] for lane in page["lanes"] for problem in lane["problems"]
        },
    )
