"""Kill the agent, the till or the gateway at random instants during sales, then check what is left. Prints JSON.

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

from tests.ports import free_port
from tests.proof.http import gateway, http_till
from tests.proof.processes import Place, Process, agent, till
from tests.proof.verdict import verdict_on

_LONGEST_S = {"agent": 1.2, "till": 0.4, "gateway": 0.8}
"""From a start to the next kill. A till finds a restarted agent within a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--victim", choices=("agent", "till", "gateway"), required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), f"ipc://{folder}/reliable", http=free_port())
        works = {"agent": agent, "till": till}
        if arguments.victim == "gateway":
            works = {"agent": agent, "gateway": gateway, "till": http_till}
        running = {name: Process(work, place) for name, work in works.items()}
        for kill in range(arguments.kills):
            time.sleep(chance.uniform(0.02, _LONGEST_S[arguments.victim]))
            running[arguments.victim].kill()
            running[arguments.victim] = Process(works[arguments.victim], place)
            print(f"\r{kill + 1} kills of the {arguments.victim}", end="", file=sys.stderr, flush=True)
        place.stop.touch()
        ended = running["till"].ended_well(180)
        for name in works.keys() - {"till"}:
            running[name].kill()
        found = verdict_on(place)
    print(json.dumps({"victim": arguments.victim, "kills": arguments.kills, "till_ended": ended, **found}))
    sys.exit(bool(found["broken"]) or not ended)


if __name__ == "__main__":
    main()
