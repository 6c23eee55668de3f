"""Ends with exit code 0 while the agent in this container answers and the loop of each lane turns, else with 1.

Restarting helps against nothing else: a lost camera is a problem that /healthz and the metrics report.
"""

import json
import os
import sys
from http.client import HTTPConnection, HTTPException


def problem() -> str:
    """What does not work, in one sentence; empty if all does."""
    host, _, port = os.environ.get("EDGE_METRICS__LISTEN", "127.0.0.1:9464").rpartition(":")
    try:
        connection = HTTPConnection(host.strip("[]"), int(port), timeout=5)
        connection.request("GET", "/healthz")
        lanes = json.loads(connection.getresponse().read())["lanes"]
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        return f"no answer on {host}:{port}: {error or type(error).__name__}"
    hung = [lane["lane"] for lane in lanes if any(found["part"] == "loop" for found in lane["problems"])]
    return f"the loop does not turn: {', '.join(hung)}" if hung else ""


sys.exit(problem() or 0)
