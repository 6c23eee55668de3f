"""`edge-agent bench --start`: what is installed, and how long a lane takes until it is ready.

This module imports no large library: the kernel keeps files in memory that a process uses.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edge
from edge.bench.places import within
from edge.errors import RunError
from edge.language.words import words
from edge.progress import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTS = 5
"""How many starts the median is of."""
_LONGEST_START_S = 600.0
"""How long a start may take; the first on a box with a GPU builds an engine for minutes."""


def bench_start(*, as_json: bool) -> None:
    """Measure and print. Raises RunError if the agent ends before it is ready."""
    with Steps(_STARTS + 1, still=True) as steps:
        steps.step("the first start, from disk")
        forget_files()
        first = start()
        again = []
        for number in range(1, _STARTS + 1):
            steps.step(f"start {number} of {_STARTS}")
            again.append(start())
    figures = {
        "packages": len({distribution.name for distribution in distributions()}),
        "installed_mb": round(sum(file.stat().st_size for file in files()) / 1e6),
        "ready_s": {
            "from_disk": round(first.ready_s, 2),
            "again": round(statistics.median(each.ready_s for each in again), 2),
            "slowest_again": round(max(each.ready_s for each in again), 2),
        },
        "processor_s": round(statistics.median(each.processor_s for each in again), 2),
        "memory_mb": round(statistics.median(each.memory_mb for each in again), 1),
    }
    from edge.bench.figures import output

    output(figures, _as_words, as_json=as_json)


def files() -> Iterator[Path]:
    """Every file of the installed packages, and of the agent itself."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(edge.__file__).parent)}
    found = {Path(folder, name) for top in folders for folder, _, names in os.walk(top) for name in names}
    yield from (file for file in found if not file.is_symlink())


def forget_files() -> None:
    """Have the kernel drop these files from memory, as after a power cut; those that a process uses stay."""
    for file in files():
        opened = os.open(file, os.O_RDONLY)
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(opened)


@dataclass(frozen=True)
class Start:
    """ready_s: seconds from the start of the process until it was ready. processor_s, memory_mb: the processor time and
    the resident memory that it had used by then."""

    ready_s: float
    processor_s: float
    memory_mb: float


def start() -> Start:
    """Start a lane with a test picture, and stop it. It is ready when systemd is notified: the models have passed their
    self-tests, and the lane's loop has turned. Raises RunError if it does not get there."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(f"{folder}/notify")
        notified.settimeout(0.2)
        command = [sys.executable, "-m", "edge", "run", "--camera", "test:", *within(f"{folder}/lane")]
        variables = os.environ | {"NOTIFY_SOCKET": f"{folder}/notify"}
        start_s = time.monotonic()
        with subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            is_ready = _wait(running, notified, start_s + _LONGEST_START_S)
            ready_s = time.monotonic() - start_s
            used = _used(running.pid) if is_ready else (0.0, 0.0)
            running.terminate()
            _, errors = running.communicate()
    if not is_ready:
        said = errors.strip() or words("the agent said nothing")
        raise RunError(words("no lane was ready after {ready_s:.0f} s: {problem}", ready_s=ready_s, problem=said))
    return Start(ready_s, *used)


def _wait(running: subprocess.Popen[str], notified: socket.socket, end_s: float) -> bool:
    """Wait for "ready"; false if the agent ends before, or takes too long."""
    while running.poll() is None and time.monotonic() < end_s:
        try:
            if notified.recv(4096).startswith(b"READY=1"):
                return True
        except TimeoutError:
            continue
    return False


def _used(process: int) -> tuple[float, float]:
    """The processor time in seconds, and the resident memory in MB."""
    folder = Path(f"/proc/{process}")
    # The name of the program, in brackets, may contain spaces. User and system time are the 14th and 15th field.
    ticks = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _as_words(figures: dict[str, Any]) -> str:
    ready = figures["ready_s"]
    return f"""\
installed             {figures["packages"]} packages, {figures["installed_mb"]} MB
ready after a start   {ready["from_disk"]} s with all files read from disk
                      {ready["again"]} s once they are in memory; slowest of {_STARTS}: {ready["slowest_again"]} s
processor time        {figures["processor_s"]} s until ready
memory when ready     {figures["memory_mb"]} MB"""
