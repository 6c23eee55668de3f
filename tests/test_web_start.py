"""Starting the agent with a setup page, with an invalid one, and without one."""

from __future__ import annotations

import os
import pty
import re
import socket
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.agents import PageAgent
from tests.commands import EdgeAgent


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--web", "0.0.0.0:8080"], "web = '0.0.0.0:8080' can be reached from other machines: give web_certificate"),
        (["--web", "here"], "web = 'here' is not a valid address: use 127.0.0.1:8080"),
        (["--web", "127.0.0.1:0", "--replay"], "a replay has no setup page: drop --web or --replay"),
        (["--web", "127.0.0.1:0", "--web-key", "k"], "web_certificate and web_key belong together: give both"),
    ],
)
def test_an_invalid_setup_page_is_an_error_in_one_line(
    edge_agent: EdgeAgent, moment: Path, flags: list[str], message: str
) -> None:
    done = edge_agent("run", "--video", moment, "--till.reliable", "tcp://127.0.0.1:*", "--till.live",
                      "tcp://127.0.0.1:*", *flags)  # fmt: skip
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith(f"edge: {message}")
    assert len(done.err.splitlines()) == 1


def test_without_the_flag_there_is_no_page(edge_agent: EdgeAgent, moment: Path) -> None:
    done = edge_agent(
        "run", "--video", moment, "--till.reliable", "tcp://127.0.0.1:*", "--till.live", "tcp://127.0.0.1:*"
    )
    assert done.code == 0
    assert "setup page" not in done.err


@pytest.mark.slow
def test_the_token_is_in_a_file_of_this_user_alone_and_in_no_log(tmp_path: Path, long_clip: Path) -> None:
    agent = PageAgent(tmp_path, long_clip)
    mode = stat.S_IMODE(agent.link_file.stat().st_mode)
    assert (agent.link_file, mode) == (tmp_path / "state" / "setup-page.link", 0o600)
    token = agent.link.partition("token=")[2]
    assert len(token) == 24
    log = agent.stop()
    assert token not in log
    assert not agent.link_file.exists(), "the page is closed"
    elsewhere = [file for file in tmp_path.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]
    assert elsewhere == [tmp_path / "state" / "setup-page.token"], "the next start has the same link"
    assert stat.S_IMODE(elsewhere[0].stat().st_mode) == 0o600


@pytest.mark.slow
def test_whoever_starts_the_agent_in_a_terminal_reads_the_link_there(tmp_path: Path, long_clip: Path) -> None:
    """As bash does with a terminal: what is printed there is no log."""
    ours, terminal = pty.openpty()
    sockets = f"--till.reliable ipc://{tmp_path}/r --till.live ipc://{tmp_path}/l --metrics.listen off"
    words = f"-m edge --video {long_clip} --state-dir {tmp_path} --web 127.0.0.1:0 {sockets}"
    agent = subprocess.Popen([sys.executable, *words.split()], stderr=terminal, stdin=subprocess.DEVNULL)
    os.close(terminal)
    shown = ""
    while not (found := re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{24}", shown)):
        shown += os.read(ours, 4096).decode()
    assert found[0] == (tmp_path / "setup-page.link").read_text().strip()
    agent.terminate()
    assert agent.wait(120) == 0
    os.close(ours)


@pytest.mark.slow
def test_a_change_whose_connection_breaks_is_no_error_of_the_agent(tmp_path: Path, long_clip: Path) -> None:
    agent = PageAgent(tmp_path, long_clip)
    address = urllib.parse.urlsplit(agent.base)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar := CookieJar()))
    opener.open(agent.link, timeout=30).close()
    (cookie,) = jar
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as client:
        headers = f"Host: {address.netloc}\r\nOrigin: {agent.base[:-1]}\r\nCookie: {cookie.name}={cookie.value}\r\n"
        client.sendall(f"PUT /lanes/lane-1/zone HTTP/1.1\r\n{headers}Content-Length: 99\r\n\r\n{{".encode())
    opener.open(agent.base, timeout=30).close()
    agent.stop()  # fails if there is a traceback in the log
