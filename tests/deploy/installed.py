"""The installed service in a box: its settings, its log and its records."""

from __future__ import annotations

import re
import sqlite3
import time

from tests.deploy.debian import REPOSITORY, Debian

UNIT = "edge-agent.service"
STATE = "var/lib/private/edge-agent"
INSTALLED = "opt usr/local etc/systemd etc/udev etc/edge-agent etc/sysusers.d etc/passwd var/lib/private"


def settings(
    box: Debian, ports: tuple[int, int], more: str = "", host: str = "127.0.0.1", watched: str = "recording"
) -> None:
    """Write the settings of the installer with some changes."""
    reliable, live = (f"tcp://{host}:{port}" for port in ports)
    text = (REPOSITORY / "deploy" / "lane.toml").read_text()
    text = text.replace("tcp://127.0.0.1:5557", reliable).replace("tcp://127.0.0.1:5556", live)
    if watched == "recording":
        text = text.replace('camera = "/dev/lane-camera"', 'video = "/srv/standing.mp4"')
    # In a container no time server may set the clock.
    more = f'mode = "on-sale"\nmetrics.listen = "off"\nclock.trusted = true\n{more}\n'
    (box.root / "etc/edge-agent/lane.toml").write_text(text.replace("[till]", f"{more}[till]"))


def logged(box: Debian, words: str, times: int = 1, unit: str = UNIT) -> str:
    """Wait until the log has `times` lines with these words, and return the last one."""
    end_s = time.monotonic() + 120
    while time.monotonic() < end_s:
        if len(found := [line for line in box.log(unit) if words in line]) >= times:
            return found[-1]
        time.sleep(0.2)
    raise AssertionError(f"{words!r} is not in the log: {box.log(unit)[-5:]}")


def rows(box: Debian, table: str, folder: str = "") -> list[str]:
    """The rows of a table in the lane's database."""
    column = "event" if table == "outbox" else "record"
    connection = sqlite3.connect(f"file:{box.root / STATE / folder / 'lane.db'}?mode=ro", uri=True)
    found = [row[0] for row in connection.execute(f"SELECT {column} FROM {table} ORDER BY rowid")]
    connection.close()
    return found


def files(box: Debian) -> str:
    """All files that the installer may change, with the times of their last changes."""
    return box.run("find", *(f"/{part}" for part in INSTALLED.split()), "-path", "*/private/*/lane.db*", "-prune",
                   "-o", "-printf", "%p %m %u %T@\\n").stdout  # fmt: skip


def hash_of(record: str) -> str:
    return str(re.findall(r'"config":"(\w+)"', record)[0])
