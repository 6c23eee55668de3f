"""Ports for servers that must know theirs before they start, or start again on the same one."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

_FIRST = 10_000
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody uses on this machine.

    The system gives it to nobody: it is below the range from which it chooses. And no other test process gets it from
    this function until this one ends.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    for port in range(_FIRST, lowest):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0edge-agent-test-port-{port}")
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as problem:
            claim.close()
            if problem.errno != errno.EADDRINUSE:
                raise
        else:
            _claims.append(claim)
            return port
    raise AssertionError(f"no port is free between {_FIRST} and {lowest}")
