"""`edge-agent`: the commands. Settings come from `edge.settings.config`; this only says which command gets them."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from edge import __version__
from edge.agent.memory import limit_arenas
from edge.agent.privacy import exposures, forbid_core_dumps
from edge.commands import Parser, positive, run_command
from edge.errors import UsageError

_HELP = """\
edge-agent: watches a checkout lane and tells the till when to ask for ID.

  edge-agent --camera 0                     run a lane (same as: edge-agent run --camera 0)
  edge-agent --video clip.mkv               run on a recording, in real time
  edge-agent --video clip.mkv --replay --events -
                                            every frame as fast as it goes, events as JSON lines
  edge-agent run --config lane.toml         all settings from a file; flags and EDGE_* variables win over it
  edge-agent run --web 127.0.0.1:8080 ...   with the setup page: see, draw the zone, check, try a till
  edge-agent run --help                     every setting
  edge-agent predict PATH... --csv out.csv  ages on still pictures
  edge-agent bench CLIP                     how fast this machine is, stage by stage; bench --ages: the age model
  edge-agent doctor --config lane.toml      is all as a lane needs it, and how to mend what is not
  edge-agent keys new TILL                  let a till connect from another machine; also keys list, keys revoke
  edge-agent report cashiers --since 7d     who asked for ID, and who did not; also report sales, report verify
  edge-agent report basket --since 4w       what each age band buys, where insights.enabled is set
  edge-agent report offers --since 4w       what offers brought, beside sales that got none
  edge-agent offers learn --since 8w        what is bought together, for offers; also offers new-key, sign, show
"""


def main() -> None:
    forbid_core_dumps()
    limit_arenas()
    run_command(lambda: _main(sys.argv[1:]))


def _main(words: list[str]) -> None:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_HELP, end="")
        return
    if words[0] in ("-V", "--version"):
        print(f"edge-agent {__version__}")
        return
    commands = {"run": _run, "predict": _predict, "bench": _bench, "doctor": _doctor, "keys": _keys, "report": _report,
                "offers": _offers}  # fmt: skip
    if words[0].startswith("-"):
        _run(words)
    elif words[0] in commands:
        commands[words[0]](words[1:])
    else:
        raise UsageError(f"no command {words[0]!r}: there are {', '.join(commands)}; see edge-agent --help")


def _run(words: list[str]) -> None:
    from edge.agent.journal import start_log
    from edge.settings.lanes import Origin

    parser = Parser(prog="edge-agent run", add_help=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path)
    known, flags = parser.parse_known_args(words)
    origin = Origin(flags, known.config)
    lanes = origin.load()
    start_log([one.lane for one in lanes], mark="".join(f"{one.mark}: " for one in exposures(lanes[0])))
    threading.current_thread().name = "all"

    from edge.agent.agent import Agent

    agent = Agent(*lanes, origin=origin)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: agent.stop())
    # From a terminal this signal says that the terminal is gone, and a lane should not outlive it unseen.
    if not (sys.stdin and sys.stdin.isatty()):
        signal.signal(signal.SIGHUP, lambda *_: agent.read_again())
    agent.run()


def _predict(words: list[str]) -> None:
    parser = Parser(prog="edge-agent predict", description="Estimate the ages of the people on still pictures.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="picture, or folder of pictures")
    parser.add_argument("--csv", type=Path, help="write the table here; default, and -: stdout")
    parser.add_argument("--model", type=Path, help="folder of a model bundle; default: the bundled model")
    arguments = parser.parse_args(words)

    from edge.predict import predict

    predict(arguments.paths, None if arguments.csv == Path("-") else arguments.csv, arguments.model)


def _bench(words: list[str]) -> None:
    parser = Parser(
        prog="edge-agent bench", description="Measure the pipeline on a recording, the age model, or the basket report."
    )
    measured = parser.add_mutually_exclusive_group(required=True)
    measured.add_argument("clip", nargs="?", type=Path, metavar="CLIP")
    measured.add_argument("--ages", action="store_true", help="the age model, by size of the batch and number of lanes")
    measured.add_argument(
        "--baskets", type=positive, metavar="LINES", help="the basket report, over a made-up chain of so many lines"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long to play the clip in real time, looped")
    parser.add_argument("--lanes", type=positive, default=1, help="how many lanes to run at once in real time")
    parser.add_argument("--faces", type=positive, default=1, help="how often the clip stands in each picture")
    parser.add_argument(
        "--rate", type=float, default=30, help="frames a second of each camera, no more than the clip's"
    )
    parser.add_argument("--profile", action="store_true", help="only show which calls the time of a frame goes to")
    parser.add_argument("--seconds-per-row", type=float, default=5, help="with --ages: how long to measure each row")
    parser.add_argument("--model", type=Path, help="folder of a model bundle; default: the bundled model")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(words)
    if arguments.ages:
        from edge.bench.ages import bench_ages

        bench_ages(arguments.seconds_per_row, arguments.model, as_json=arguments.json)
    elif arguments.baskets:
        from edge.bench.baskets import bench_baskets

        bench_baskets(arguments.baskets, as_json=arguments.json)
    elif arguments.profile:
        from edge.bench.profile import profile

        profile(arguments.clip, arguments.faces, arguments.rate)
    else:
        from edge.bench.lane import bench_lane

        bench_lane(
            arguments.clip, arguments.seconds, arguments.model, lanes=arguments.lanes, faces=arguments.faces,
            rate=arguments.rate, as_json=arguments.json,
        )  # fmt: skip


def _doctor(words: list[str]) -> None:
    from edge.doctor.command import doctor

    doctor(words)


def _keys(words: list[str]) -> None:
    from edge.till.command import keys

    keys(words)


def _report(words: list[str]) -> None:
    from edge.reports.command import report

    report(words)


def _offers(words: list[str]) -> None:
    from edge.reports.offers.command import offers

    offers(words)
