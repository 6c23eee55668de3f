"""Limits the memory that the C library keeps after threads have freed it."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""From glibc's malloc.h, see mallopt(3)."""

_ARENAS = 2


def limit_arenas() -> None:
    """Let all threads of this process share two malloc arenas. Call it before any thread starts.

    glibc creates an arena for each new thread, up to eight per core, and keeps it when the thread ends. A failing
    camera is read by a new thread each time it is opened, so every arena would keep some decoded frames. Other C
    libraries have no such limit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, _ARENAS)
