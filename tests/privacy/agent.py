"""The real agent on a fast clock, which is even faster while nobody is in the lane."""

from __future__ import annotations

import math
import signal
import sys
import time
from pathlib import Path

from edge.agent.agent import Agent
from edge.agent.privacy import forbid_core_dumps
from edge.frames import Camera, start_in_background
from edge.frames.background import end_process
from edge.service.journal import start_log
from edge.settings.load import load_settings
from tests.soak.agent import RATE, FailingCamera, pictures_of

SERVING, WAITING = 3.5, 700.0
"""Speed of the clock while a customer is shown, and while nobody is. A busy machine could not follow a faster one."""
TURN_S = 360.0
"""From one customer to the next. The camera fails every 300 s: during the first and the sixth customer."""
_FIRST_S = 1800.0
"""A clock that starts at a multiple of this starts with a first customer."""


def real_s(hour_s: float, shown_s: float) -> float:
    """Real seconds for `hour_s` of the lane's time, with a customer shown for `shown_s` in each turn."""
    turns, into_s = divmod(hour_s, TURN_S)
    turn_s = shown_s / SERVING + (TURN_S - shown_s) / WAITING
    return turns * turn_s + min(into_s, shown_s) / SERVING + max(0.0, into_s - shown_s) / WAITING


def run_the_clock(shown_s: float) -> None:
    """Replace `time.monotonic` by the fast clock of a lane that shows each customer for `shown_s`."""
    real, start_s = time.monotonic, time.monotonic()
    first_s = math.ceil(start_s / _FIRST_S) * _FIRST_S
    customer_s = shown_s / SERVING
    turn_s = real_s(TURN_S, shown_s)

    def fast() -> float:
        turns, into_s = divmod(real() - start_s, turn_s)
        served_s = min(into_s, customer_s) * SERVING
        return first_s + turns * TURN_S + served_s + max(0.0, into_s - customer_s) * WAITING

    time.monotonic = fast


def main() -> None:
    clip, flags = Path(sys.argv[1]), sys.argv[2:]
    forbid_core_dumps()
    pictures = pictures_of(clip)
    shown_s = len(pictures) / RATE
    run_the_clock(shown_s)
    settings = load_settings(["--camera", "test:", *flags])
    start_log([settings.lane])

    camera = Camera(
        "hour", "lane-1", lambda: FailingCamera(pictures, SERVING, TURN_S - shown_s), start_in_background, patient=True
    )
    agent = Agent(settings, sources=[camera])
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()
    end_process()


if __name__ == "__main__":
    main()
