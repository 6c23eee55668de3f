"""A crash of the agent leaves no core dump in a file, and gives no memory to a program that dumps are piped to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agents import StartAgent

pytestmark = pytest.mark.slow

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
"""As where dumps are piped to a program: the limit on the size of dumps does not apply there."""
PICTURE = bytes(range(7, 107)) * 10


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a process without limits on core dumps, in a folder of its own that has its log, too."""
    folder.mkdir()
    with (folder / "log").open("w", encoding="utf-8") as log:
        return subprocess.Popen([*_UNLIMITED, *command], cwd=folder, stderr=log)


def was_dumped(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> bool:
    """Wait for its end; whether the kernel dumped it."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (-signal.SIGSEGV, -signal.SIGABRT)
    return os.WCOREDUMP(status)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """The core dump of a process that allows it. Skips the test where dumps do not go to the working folder."""
    process = start([sys.executable, "-c", CRASH.format(before="")], tmp_path / "plain")
    found = [file for file in (tmp_path / "plain").iterdir() if file.name != "log"] if was_dumped(process) else []
    if not found:
        pytest.skip("a crash leaves no dump in the working folder here, see /proc/sys/kernel/core_pattern, ulimit -c")
    return found[0]


@pytest.mark.usefixtures("dump")
def test_an_agent_that_crashes_is_not_dumped(tmp_path: Path, start_agent: StartAgent) -> None:
    working_folder = tmp_path / "agent"
    working_folder.mkdir()
    agent = start_agent("--camera", "test:", wrapper=_UNLIMITED, working_folder=working_folder)
    agent.wait_until_serving()
    limits = Path(f"/proc/{agent.pid}/limits").read_text(encoding="ascii").splitlines()
    agent.process.send_signal(signal.SIGSEGV)
    assert not was_dumped(agent.process)
    assert [line.split()[-3:] for line in limits if line.startswith("Max core file size")] == [["0", "0", "bytes"]]
    assert list(working_folder.iterdir()) == []


def test_a_dump_made_regardless_of_the_limit_has_no_picture(tmp_path: Path, dump: Path) -> None:
    assert PICTURE in dump.read_bytes()
    process = start([sys.executable, "-c", CRASH.format(before=WITHOUT_LIMIT)], tmp_path / "forbidden")
    assert was_dumped(process)
    (empty,) = (tmp_path / "forbidden").glob(dump.name.partition(".")[0] + "*")
    assert PICTURE not in empty.read_bytes()
    assert empty.stat().st_size < dump.stat().st_size / 4
