"""Nothing leaves the store: the agent opens the sockets that it was given and no other, and needs no more to work."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import pytest

from edge.decision.policy import Decision
from tests.client import Client
from tests.privacy.pictures import Picture
from tests.soak.agent import RATE

_CALL = re.compile(r"(bind|connect|sendto|sendmsg|sendmmsg)\(\d+.*?sa_family=AF_(\w+)(.*)")
_INTERNET = re.compile(r'port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')


def lane_command(clip: Path, folder: Path, *flags: str) -> list[str]:
    own = ["--state-dir", f"{folder}/state", "--mode", "on-sale"]
    return [sys.executable, "-m", "edge", "run", "--video", str(clip), *own, *flags]


@pytest.fixture(scope="module")
def clip(shown: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers, one after the other, for longer than any of this takes."""
    file = tmp_path_factory.mktemp("long") / "lane.mp4"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), RATE, shown[0].shape[1::-1])
    for picture in shown * 5:
        writer.write(picture)
    writer.release()
    return file


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """The agent in a group of its own, so that it gets the signals itself, whatever it runs under."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as agent:
        try:
            yield agent
        finally:
            if agent.poll() is None:
                os.killpg(agent.pid, signal.SIGTERM)
            said = agent.communicate(timeout=60)[1]
    assert agent.returncode == 0, said


def answer_of(address: str) -> int:
    """The status that a web server gives, once it is there."""
    end_s = time.monotonic() + 60
    while True:
        try:
            return int(urllib.request.urlopen(address, timeout=30).status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            assert time.monotonic() < end_s, f"nobody answers at {address}"
            time.sleep(0.1)


@pytest.mark.parametrize("web", [False, True], ids=["without the setup page", "with the setup page"])
def test_every_socket_is_a_configured_one(web: bool, clip: Path, tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; other tests look at the open sockets instead")
    reliable, live, metrics, page = free_ports(4)
    flags = ["--till.reliable", f"tcp://127.0.0.1:{reliable}", "--till.live", f"tcp://127.0.0.1:{live}"]
    flags += ["--metrics.listen", f"127.0.0.1:{metrics}", *(["--web", f"127.0.0.1:{page}"] if web else [])]
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(trace)]
    with running([*strace, *lane_command(clip, tmp_path, *flags)]):
        with closing(Client("till-1", f"tcp://127.0.0.1:{reliable}")) as client:
            client.greet()
            client.decide()
        assert answer_of(f"http://127.0.0.1:{metrics}/metrics") == 200
        if web:
            assert answer_of(f"http://127.0.0.1:{page}/") == 401
    text = trace.read_text(encoding="utf-8", errors="replace")
    configured = {("bind", port, "127.0.0.1") for port in (reliable, live, metrics, *([page] if web else []))}
    # A library looks whether there is IPv6, on a port that nobody hears of, and closes it.
    assert internet_calls(text) - {("bind", 0, "::1")} == configured
    assert families(text) <= {"INET", "INET6", "NETLINK"}, "the kernel's own list of interfaces, and the above"


def internet_calls(trace: str) -> set[tuple[str, int, str]]:
    """By strace's account, call, port and address of whatever was bound, connected to, or sent to."""
    found = set()
    for call, family, rest in _CALL.findall(trace):
        if family in ("INET", "INET6") and (where := _INTERNET.search(rest)):
            found.add((call, int(where[1]), where[2]))
    return found


def families(trace: str) -> set[str]:
    return {family for _, family, _ in _CALL.findall(trace)}


def test_the_account_names_a_stranger(tmp_path: Path) -> None:
    """So that a call which is not found above was not made."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    stranger = tmp_path / "stranger.py"
    stranger.write_text(
        "from socket import *\nsocket(AF_INET, SOCK_DGRAM).sendto(b'', ('127.0.0.3', 9))\n"
        "socket(AF_INET6, SOCK_DGRAM).connect(('::1', 9))\nsocket(AF_INET).connect_ex(('127.0.0.2', 1))\n"
    )
    command = ["strace", "-f", "-e", "trace=network", "-o", str(tmp_path / "trace"), sys.executable, str(stranger)]
    subprocess.run(command, check=True, timeout=60)
    found = internet_calls((tmp_path / "trace").read_text(encoding="utf-8"))
    assert found == {("sendto", 9, "127.0.0.3"), ("connect", 9, "::1"), ("connect", 1, "127.0.0.2")}


def test_where_there_is_no_network_it_decides_and_never_tries_to_reach_one(clip: Path, tmp_path: Path) -> None:
    if os.geteuid() or not (shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")):
        pytest.skip("only root can take the network away, with unshare, nsenter and ip")
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    reliable = f"ipc://{tmp_path}/reliable"
    flags = ["--till.reliable", reliable, "--till.live", f"ipc://{tmp_path}/live", "--web", "127.0.0.1:0"]
    with running([*alone, *lane_command(clip, tmp_path, *flags)]) as agent:
        with closing(Client("till-1", reliable)) as client:
            client.greet()
            decisions = []
            while not decisions or (decisions[-1].age is None and agent.poll() is None):
                decisions.append(client.decide())
        assert decisions[-1].decision is not Decision.UNKNOWN
        assert decisions[-1].age is not None
        assert tried_to_leave(agent.pid) == 0
        # The same from inside the namespace, to see that trying is counted.
        trying = "import socket; socket.socket().connect_ex(('192.0.2.1', 80))"
        subprocess.run(["nsenter", f"--net=/proc/{agent.pid}/ns/net", sys.executable, "-c", trying], check=True)
        assert tried_to_leave(agent.pid) == 1


def tried_to_leave(process: int) -> int:
    """How often anybody in a process's network namespace wanted to go where no way leads."""
    names, values = (
        line.split()[1:]
        for line in Path(f"/proc/{process}/net/snmp").read_text(encoding="ascii").splitlines()
        if line.startswith("Ip:")
    )
    return int(values[names.index("OutNoRoutes")])


def test_no_open_socket_leads_outside_this_machine(demo_clip: Path, tmp_path: Path) -> None:
    flags = ["--till.reliable", "tcp://127.0.0.1:*", "--till.live", "tcp://127.0.0.1:*"]
    with subprocess.Popen(lane_command(demo_clip, tmp_path, *flags), stderr=subprocess.PIPE, text=True) as agent:
        seen: set[str] = set()
        while agent.poll() is None:
            seen |= remote_addresses(agent.pid)
            time.sleep(0.02)
    assert agent.returncode == 0
    assert {address for address in seen if not address.startswith("127.") and address != "0.0.0.0"} == set()


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
