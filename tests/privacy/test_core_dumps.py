"""An agent that crashes leaves no core dump in a file, and none of its memory to a program that dumps are piped to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_UNLIMITED = ["sh", "-c", 'ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh"]

CRASH = """
import os, resource
picture = bytes(range(7, 107)) * 10_000
{before}
os.abort()
"""
WITHOUT_LIMIT = (
    "resource.setrlimit = lambda *_: None; from edge.agent.privacy import forbid_core_dumps; forbid_core_dumps()"
)
"""As where dumps are piped to a program: the limit does not count there."""
PICTURE = bytes(range(7, 107)) * 10


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A process in a folder of its own, with its log there, that may be dumped as far as we are concerned."""
    folder.mkdir()
    with (folder / "log").open("w", encoding="utf-8") as log:
        return subprocess.Popen([*_UNLIMITED, *command], cwd=folder, stderr=log)


def was_dumped(process: subprocess.Popen[bytes]) -> bool:
    """Whether the kernel dumped it at its end, wherever to."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (-signal.SIGSEGV, -signal.SIGABRT)
    return os.WCOREDUMP(status)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """The dump of a process that nothing forbids; skips where there is none to be found."""
    process = start([sys.executable, "-c", CRASH.format(before="")], tmp_path / "plain")
    found = [file for file in (tmp_path / "plain").iterdir() if file.name != "log"] if was_dumped(process) else []
    if not found:
        pytest.skip("a crash leaves no dump in the working folder here, see /proc/sys/kernel/core_pattern, ulimit -c")
    return found[0]


def test_an_agent_that_crashes_is_not_dumped(tmp_path: Path, dump: Path) -> None:
    lane = ["--camera", "test:", "--state-dir", f"{tmp_path}/state"]
    sockets = ["--till.reliable", f"ipc://{tmp_path}/reliable", "--till.live", f"ipc://{tmp_path}/live"]
    agent = start([sys.executable, "-m", "edge", "run", *lane, *sockets], tmp_path / "agent")
    log, end_s = tmp_path / "agent" / "log", time.monotonic() + 120
    while "tills connect to" not in log.read_text(encoding="utf-8"):
        assert agent.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < end_s
        time.sleep(0.05)
    limits = Path(f"/proc/{agent.pid}/limits").read_text(encoding="ascii").splitlines()
    agent.send_signal(signal.SIGSEGV)
    assert not was_dumped(agent)
    assert [line.split()[-3:] for line in limits if line.startswith("Max core file size")] == [["0", "0", "bytes"]]
    assert [file.name for file in (tmp_path / "agent").iterdir()] == ["log"]


def test_what_is_dumped_regardless_of_the_limit_holds_no_picture(tmp_path: Path, dump: Path) -> None:
    assert PICTURE in dump.read_bytes()
    process = start([sys.executable, "-c", CRASH.format(before=WITHOUT_LIMIT)], tmp_path / "forbidden")
    assert was_dumped(process)
    (empty,) = (tmp_path / "forbidden").glob(dump.name.partition(".")[0] + "*")
    assert PICTURE not in empty.read_bytes()
    assert empty.stat().st_size < dump.stat().st_size / 4
