"""Starts the agent as a process of its own, as systemd or an installer would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

SERVING = "tills connect to"
"""What the log says once tills can connect."""
START_S = 120.0
STOP_S = 120.0
"""How long a busy machine may take. No test measures a start or a stop."""


class AgentProcess:
    """A running `edge-agent run`.

    Its sockets (`reliable`, `live`), its state (`state`) and its log (`log_file`) are in `folder`; its metrics are on a
    free port. Flags may say otherwise. With --config no socket and no state folder is given: the file has them.
    """

    def __init__(
        self,
        folder: Path,
        *flags: object,
        variables: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        working_folder: Path | None = None,
    ) -> None:
        """Starts it. variables: more environment variables. wrapper: a command that runs the agent, such as strace."""
        self.folder = folder
        self.reliable, self.live = f"ipc://{folder}/reliable", f"ipc://{folder}/live"
        self.state, self.log_file = folder / "state", folder / "log"
        own: list[object] = []
        if "--config" not in flags:
            own = ["--till.reliable", self.reliable, "--till.live", self.live, "--state-dir", self.state]
        command = [*wrapper, sys.executable, "-m", "edge", "run", *map(str, (*own, *flags))]
        environment = (
            os.environ | {"EDGE_METRICS__LISTEN": "127.0.0.1:0", "EDGE_CLOCK__TRUSTED": "true"} | dict(variables or {})
        )
        with self.log_file.open("w", encoding="utf-8") as log:
            # In a session of its own, so that a signal reaches the agent itself and not only its wrapper.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stderr=log,
                text=True,
                env=environment,
                cwd=working_folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text(encoding="utf-8")

    def wait_for_log(self, pattern: str, times: int = 1, within_s: float = START_S) -> re.Match[str]:
        """Wait until the log has a pattern so many times; return the last match. Fails when the agent ends first."""
        end_s = time.monotonic() + within_s
        while True:
            ended = not self.running
            found = list(re.finditer(pattern, self.log))
            if len(found) >= times:
                return found[-1]
            assert not ended, f"the agent ended with exit code {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < end_s, f"no {pattern!r} within {within_s:.0f} s:\n{self.log}"
            time.sleep(0.05)

    def wait_until_serving(self) -> None:
        """Wait until tills can connect."""
        self.wait_for_log(SERVING)

    def metrics_address(self) -> str:
        """Where it serves metrics and health: `http://127.0.0.1:PORT`."""
        return self.wait_for_log(r"metrics on (http://[\d.]+:\d+)/metrics, health on \1/healthz")[1]

    def reload(self) -> None:
        """Ask it to read its settings again."""
        self.process.send_signal(signal.SIGHUP)

    def wait(self) -> str:
        """Wait until it ends by itself with exit code 0, and return its log."""
        assert self.process.wait(STOP_S) == 0, self.log
        return self.log

    def stop(self) -> str:
        """Ask it to stop as systemd does. Fails unless it ends with exit code 0 and no traceback; returns its log."""
        if self.running:
            os.killpg(self.pid, signal.SIGTERM)
        log = self.wait()
        assert "Traceback" not in log, log
        return log

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


class PageAgent:
    """An agent with a setup page. base: the page's address. link: with the token, from the file that the log names."""

    def __init__(
        self, folder: Path, clip: Path, *flags: object, web: str = "127.0.0.1:0", with_config: bool = True
    ) -> None:
        """Starts it with settings in `config`, or all in flags, and waits for its link."""
        self.config = folder / "lane.toml"
        sockets = f'[till]\nreliable = "ipc://{folder}/reliable" # old\nlive = "ipc://{folder}/live"\n'
        text = f'# Lane four.\nvideo = "{clip}"\nstate_dir = "{folder}/state"\n\n{sockets}'
        self.config.write_text(text, encoding="utf-8")
        settings = ("--config", self.config) if with_config else ("--video", clip)
        self.process = AgentProcess(folder, *settings, "--web", web, *flags)
        self.reliable = self.process.reliable
        found = self.process.wait_for_log(r"setup page on (\S+), its link is in (\S+)")
        self.base, self.link_file = found[1], Path(found[2])
        self.link = self.link_file.read_text(encoding="utf-8").strip()

    def stop(self) -> str:
        """Stop it, and return its log."""
        return self.process.stop()


class StartAgent(Protocol):
    """Starts an agent in the folder of the test, with flags and options as for AgentProcess. Killed after the test."""

    def __call__(
        self,
        *flags: object,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        working_folder: Path | None = None,
    ) -> AgentProcess: ...


def box_config(folder: Path, sources: Mapping[str, str], more: str = "") -> Path:
    """Write a config of several lanes, and return its path.

    sources: for the name of each lane a line of TOML, `video = "..."` or `camera = "..."`. Each lane has its sockets in
    `folder`: NAME and NAME-live. more: lines for the whole box.
    """
    file = folder / "box.toml"
    lanes = (
        f'[[lane]]\nname = "{name}"\n{source}\n'
        f'till.reliable = "ipc://{folder}/{name}"\ntill.live = "ipc://{folder}/{name}-live"\n'
        for name, source in sources.items()
    )
    file.write_text(f'state_dir = "{folder}/state"\n{more}\n' + "".join(lanes), encoding="utf-8")
    return file
