"""Nothing leaves the store: the running agent opens no connection but to this machine, and writes no picture."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.database import Database
from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till

_ADDRESS = re.compile(r'(?:connect|sendto|sendmsg|bind)\(.*?sin6?_addr\D*?(?:inet_addr|inet_pton)\([^"]*"([^"]+)"')
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"BM")


def lane_command(clip: Path) -> list[str]:
    sockets = ["--till.reliable", "tcp://127.0.0.1:*", "--till.live", "tcp://127.0.0.1:*"]
    return [sys.executable, "-m", "edge", "run", "--video", str(clip), *sockets]


def is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "0.0.0.0", "::")


def test_no_system_call_names_an_address_outside_this_machine(demo_clip: Path, tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; the next test looks at the open sockets instead")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=network", "-o", str(trace), *lane_command(demo_clip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    calls = trace.read_text(encoding="utf-8", errors="replace")
    addresses = set(_ADDRESS.findall(calls))
    assert "127.0.0.1" in addresses, "the guard must at least see the agent bind its own sockets"
    assert [address for address in addresses if not is_loopback(address)] == []


def test_no_open_socket_leads_outside_this_machine(demo_clip: Path) -> None:
    with subprocess.Popen(lane_command(demo_clip), stderr=subprocess.PIPE, text=True) as agent:
        seen: set[str] = set()
        while agent.poll() is None:
            seen |= remote_addresses(agent.pid)
            time.sleep(0.02)
    assert agent.returncode == 0
    assert {address for address in seen if not is_loopback(address)} == set()


def remote_addresses(process: int) -> set[str]:
    """Remote IPv4 addresses of the process's TCP and UDP sockets, from /proc."""
    try:
        links = [link.readlink() for link in Path(f"/proc/{process}/fd").iterdir()]
    except OSError:
        return set()
    own = {str(link)[8:-1] for link in links if str(link).startswith("socket:[")}
    found = set()
    for table in ("tcp", "udp"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[9] in own:
                host = bytes.fromhex(columns[2].split(":")[0])[::-1]
                found.add(".".join(map(str, host)))
    return found


def test_a_run_writes_no_file_and_no_picture(demo_clip: Path, tmp_path: Path) -> None:
    """The only file that appears is the event log that was asked for, and it holds no picture."""
    events = tmp_path / "events.jsonl"
    before = time.time()
    command = [sys.executable, "-m", "edge", "--video", str(demo_clip), "--replay", "--events", str(events)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=240, check=False)
    assert done.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["events.jsonl"]
    fresh = [file for file in Path("/dev/shm").iterdir() if file.is_file() and file.stat().st_mtime > before]
    for written in (events.read_bytes(), done.stdout, done.stderr, *(file.read_bytes() for file in fresh)):
        assert not any(magic in written for magic in _PICTURES[:3])
    longest = max(len(line) for line in events.read_bytes().splitlines())
    assert longest < 2000, "an event is a few numbers and words; a face would not fit"


def test_what_a_sale_leaves_on_disk_is_words_and_numbers(demo_clip: Path, tmp_path: Path) -> None:
    reliable, state = f"ipc://{tmp_path}/reliable", tmp_path / "state"
    command = [*lane_command(demo_clip), "--till.reliable", reliable, "--state-dir", str(state)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        till = Till("till-1", reliable)
        for message in (Hello(till="till-1"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
            till.send(message)
        while not isinstance(till.receive(30), Alert):
            pass
        till.send(SaleClosed(sale_id="s-1"))
        assert agent.wait(60) == 0
        till.close()
    left = {file.name: file.read_bytes() for file in state.rglob("*") if file.is_file()}
    assert {name.partition("-")[0] for name in left} == {"lane.db", "lane.lock"}
    assert not any(magic in content for content in left.values() for magic in _PICTURES[:3])
    database = Database(state, read_only=True)
    [(record,)] = database.rows("SELECT record FROM audit")
    database.close()
    assert len(str(record)) < 2000, "a sale is a few numbers and words; a face would not fit"
