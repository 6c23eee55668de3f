"""Background threads: daemon threads, which end with the process."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

_started: WeakSet[threading.Thread] = WeakSet()


def start_in_background(body: Callable[[], object], name: str) -> threading.Thread:
    """Start `body` in a daemon thread called `name`, and return the thread.

    A daemon thread does not keep the process alive: a driver that never returns cannot block the exit.
    """
    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    _started.add(thread)
    return thread


def end_process() -> None:
    """Call it last, when everything is closed: while a background thread still runs, it ends the process at once, with
    exit code 0. Python would stop the thread while it shuts down, and in a C++ library, such as OpenCV, that ends the
    process with SIGABRT."""
    if any(thread.is_alive() for thread in _started):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
