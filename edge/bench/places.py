"""Where the agent that is measured keeps its files."""

from __future__ import annotations


def within(folder: str) -> list[str]:
    """Flags that put sockets and state into this folder and turn metrics off."""
    places = {"--till.reliable": "ipc://{}-reliable", "--till.live": "ipc://{}-live", "--state-dir": "{}"}
    words = [word for flag, place in places.items() for word in (flag, place.format(folder))]
    return [*words, "--metrics.listen", "off"]
