"""The limit on malloc arenas. It holds for a whole process, so each test starts one."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS = 8

COUNT_ARENAS = f"""
import ctypes, sys, threading

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
if "limited" in sys.argv:
    from edge.agent.memory import limit_arenas

    limit_arenas()
together = threading.Barrier({THREADS})

def use_memory():
    together.wait()
    libc.malloc(1000)
    together.wait()

threads = [threading.Thread(target=use_memory) for _ in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
report = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, report)
libc.fclose(report)
"""


def arenas(*words: str) -> int:
    run = subprocess.run([sys.executable, "-c", COUNT_ARENAS, *words], capture_output=True, text=True, check=True)
    return run.stdout.count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's arenas")
def test_threads_share_two_arenas_instead_of_one_each() -> None:
    assert arenas() > 2
    assert arenas("limited") <= 2
