"""Background threads: daemon threads, which end with the process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def start_in_background(body: Callable[[], object], name: str) -> threading.Thread:
    """Start `body` in a daemon thread called `name`, and return the thread.

    A daemon thread does not keep the process alive: a driver that never returns cannot block the exit.
    """
    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    return thread
