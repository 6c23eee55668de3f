"""Kill the agent or the till at random instants during sales, then check what is left. Prints a line of JSON.

python -m tests.proof.crash --kills 200 --victim agent
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.proof.processes import Place, Process, agent, till
from tests.proof.verdict import verdict_on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--victim", choices=("agent", "till"), required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), f"ipc://{folder}/reliable")
        running = {"agent": Process(agent, place), "till": Process(till, place)}
        # A till finds a restarted agent within a second.
        longest_s = 1.2 if arguments.victim == "agent" else 0.4
        for kill in range(arguments.kills):
            time.sleep(chance.uniform(0.02, longest_s))
            running[arguments.victim].kill()
            running[arguments.victim] = Process(agent if arguments.victim == "agent" else till, place)
            print(f"\r{kill + 1} kills of the {arguments.victim}", end="", file=sys.stderr, flush=True)
        place.stop.touch()
        ended = running["till"].ended_well(180)
        running["agent"].kill()
        found = verdict_on(place)
    print(json.dumps({"victim": arguments.victim, "kills": arguments.kills, "till_ended": ended, **found}))
    sys.exit(bool(found["broken"]) or not ended)


if __name__ == "__main__":
    main()
