"""The agent of `tests.proof.processes` as a program: `python -m tests.proof.lane FOLDER ADDRESS`. It runs until it is
killed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.proof.processes import Place, agent

if __name__ == "__main__":
    agent(Place(Path(sys.argv[1]), sys.argv[2]))
