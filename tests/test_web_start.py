"""Starting the agent with an invalid setup page, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

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
