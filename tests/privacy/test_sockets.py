"""Nothing leaves the store: the agent opens only the sockets in its settings, and works without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from edge.decision.policy import Decision
from edge.till.messages import Alert
from tests.agents import StartAgent
from tests.clips import LONG_S, write_looped
from tests.ports import free_port
from tests.privacy.pictures import Picture
from tests.soak.agent import RATE
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

_CALL = re.compile(r"(bind|connect|sendto|sendmsg|sendmmsg)\(\d+.*?sa_family=AF_(\w+)(.*)")
_INTERNET = re.compile(r'port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')


@pytest.fixture(scope="module")
def clip(shown: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One customer after the other, for longer than any of these tests takes."""
    file = tmp_path_factory.mktemp("long") / "lane.mp4"
    write_looped(file, shown, RATE, LONG_S)
    return file


def answer_of(address: str) -> int:
    """The HTTP status of an address, once a server answers there."""
    end_s = time.monotonic() + 60
    while True:
        try:
            return int(urllib.request.urlopen(address, timeout=30).status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            assert time.monotonic() < end_s, f"nobody answers at {address}"
            time.sleep(0.1)


@pytest.mark.parametrize("web", [False, True], ids=["without the setup page", "with the setup page"])
def test_every_socket_is_in_the_settings(web: bool, clip: Path, tmp_path: Path, start_agent: StartAgent) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; another test checks the open sockets in /proc")
    reliable, live, metrics, page = (free_port() for _ in range(4))
    flags = ["--till.reliable", f"tcp://127.0.0.1:{reliable}", "--till.live", f"tcp://127.0.0.1:{live}"]
    flags += ["--metrics.listen", f"127.0.0.1:{metrics}", *(["--web", f"127.0.0.1:{page}"] if web else [])]
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(trace)]
    agent = start_agent("--video", clip, "--mode", "on-sale", *flags, wrapper=strace)
    with closing(TillDriver("till-1", f"tcp://127.0.0.1:{reliable}")) as till:
        till.greet()
        till.decide()
    assert answer_of(f"http://127.0.0.1:{metrics}/metrics") == 200
    if web:
        assert answer_of(f"http://127.0.0.1:{page}/") == 401
    agent.stop()
    text = trace.read_text(encoding="utf-8", errors="replace")
    configured = {("bind", port, "127.0.0.1") for port in (reliable, live, metrics, *([page] if web else []))}
    # A library binds a free IPv6 port to see whether there is IPv6, and closes it.
    assert internet_calls(text) - {("bind", 0, "::1")} == configured
    assert families(text) <= {"INET", "INET6", "NETLINK"}, "NETLINK: the kernel's list of interfaces"


def internet_calls(trace: str) -> set[tuple[str, int, str]]:
    """Call, port and address of every bind, connect and send in an output of strace."""
    found = set()
    for call, family, rest in _CALL.findall(trace):
        if family in ("INET", "INET6") and (where := _INTERNET.search(rest)):
            found.add((call, int(where[1]), where[2]))
    return found


def families(trace: str) -> set[str]:
    return {family for _, family, _ in _CALL.findall(trace)}


def test_calls_to_other_machines_are_found_in_the_output_of_strace(tmp_path: Path) -> None:
    """A call that is not found by the test above was not made."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    program = tmp_path / "program.py"
    program.write_text(
        "from socket import *\nsocket(AF_INET, SOCK_DGRAM).sendto(b'', ('127.0.0.3', 9))\n"
        "socket(AF_INET6, SOCK_DGRAM).connect(('::1', 9))\nsocket(AF_INET).connect_ex(('127.0.0.2', 1))\n"
    )
    command = ["strace", "-f", "-e", "trace=network", "-o", str(tmp_path / "trace"), sys.executable, str(program)]
    subprocess.run(command, check=True, timeout=60)
    found = internet_calls((tmp_path / "trace").read_text(encoding="utf-8"))
    assert found == {("sendto", 9, "127.0.0.3"), ("connect", 9, "::1"), ("connect", 1, "127.0.0.2")}


def test_without_a_network_it_decides_and_never_tries_to_reach_one(clip: Path, start_agent: StartAgent) -> None:
    if os.geteuid() or not (shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")):
        pytest.skip("only root can take the network away, with unshare, nsenter and ip")
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not allowed here")
    agent = start_agent("--video", clip, "--mode", "on-sale", "--web", "127.0.0.1:0", wrapper=alone)
    with closing(TillDriver("till-1", agent.reliable)) as till:
        till.greet()
        decisions: list[Alert] = []
        while not decisions or (decisions[-1].age is None and agent.running):
            decisions.append(till.decide())
    assert decisions[-1].decision is not Decision.UNKNOWN
    assert decisions[-1].age is not None
    assert packets_without_route(agent.pid) == 0
    # An attempt from inside the namespace is counted.
    attempt = "import socket; socket.socket().connect_ex(('192.0.2.1', 80))"
    subprocess.run(["nsenter", f"--net=/proc/{agent.pid}/ns/net", sys.executable, "-c", attempt], check=True)
    assert packets_without_route(agent.pid) == 1
    agent.stop()


def packets_without_route(process: int) -> int:
    """How many packets in the network namespace of a process had no route to their address."""
    names, values = (
        line.split()[1:]
        for line in Path(f"/proc/{process}/net/snmp").read_text(encoding="ascii").splitlines()
        if line.startswith("Ip:")
    )
    return int(values[names.index("OutNoRoutes")])


def test_no_open_socket_leads_outside_this_machine(demo_clip: Path, start_agent: StartAgent) -> None:
    flags = ["--till.reliable", "tcp://127.0.0.1:*", "--till.live", "tcp://127.0.0.1:*"]
    agent = start_agent("--video", demo_clip, "--mode", "on-sale", *flags)
    addresses: set[str] = set()
    while agent.running:
        addresses |= remote_addresses(agent.pid)
        time.sleep(0.02)
    agent.wait()
    assert {address for address in addresses if not address.startswith("127.") and address != "0.0.0.0"} == set()


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
