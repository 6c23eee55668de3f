"""What the C library keeps for itself of the memory that threads have given back."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""From glibc's malloc.h, see mallopt(3)."""

_ARENAS = 2


def limit_arenas() -> None:
    """All threads of this process share two arenas. Call it before any is started.

    glibc gives every new thread an arena of its own, up to eight a core, and keeps it when the thread ends. A camera
    that fails is read by a new thread each time it is opened, and what it decoded would stay, a little in each. Other C
    libraries have nothing to limit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, _ARENAS)
