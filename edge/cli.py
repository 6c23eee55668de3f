"""`edge-agent`: parses the command line and starts the command."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from edge import __version__
from edge.agent.memory import limit_arenas
from edge.agent.privacy import exposures, forbid_core_dumps
from edge.commands import Parser, did_you_mean, number, positive, run_command, shown
from edge.errors import EdgeError, UsageError
from edge.language.words import words

_USES = (
    ("edge-agent --camera 0", "run a lane (same as: edge-agent run --camera 0)"),
    ("edge-agent --video clip.mkv", "run on a recording, in real time"),
    ("edge-agent --video clip.mkv --replay --events -", "every frame as fast as possible, events as JSON lines"),
    ("edge-agent run --config lane.toml", "settings from a file; flags and EDGE_* variables override it"),
    ("edge-agent run --web 127.0.0.1:8080 ...", "with the setup page: live picture, zone, checks, a till to try"),
    ("edge-agent run --help", "every setting; the other commands have a --help, too"),
    ("edge-agent predict PATH... --csv out.csv", "ages of people on still pictures"),
    ("edge-agent bench CLIP", "speed of this machine by stage; bench --ages: of the age model"),
    ("edge-agent doctor --config lane.toml", "checks everything a lane needs; says how to fix each problem"),
    ("edge-agent keys new TILL", "key for a till on another machine; also keys list, keys revoke"),
    ("edge-agent report cashiers --since 7d", "ID checks by cashier; also report sales, changes, verify"),
    ("edge-agent report basket --since 4w", "what each age band buys; needs insights.enabled"),
    ("edge-agent report offers --since 4w", "sales with offers, compared with sales without"),
    ("edge-agent offers learn --since 8w", "offers from what is bought together; also new-key, sign, show"),
    ("edge-agent backup FILE", "databases of running lanes in one file; edge-agent restore FILE"),
    ("edge-agent apply FILE", "settings, offers or a model; put back if a lane is not healthy"),
    ("edge-agent settings sign shared.toml", "settings that many boxes share; also new-key"),
    ("edge-agent --version", "the version"),
    ("edge-agent --print-completion SHELL", "the script that completes this command in bash or zsh"),
)
_USE_WIDTH = 42
_BROAD = 110
"""Characters of a terminal in which a use and what it does fit side by side."""


def _help() -> str:
    """Every use of the command, as broad as the terminal."""
    lines = ["edge-agent: watches a checkout lane and tells the till when to ask for ID.", ""]
    broad = shutil.get_terminal_size().columns >= _BROAD
    for use, what in _USES:
        if broad and len(use) < _USE_WIDTH:
            lines.append(f"  {use:<{_USE_WIDTH}}{what}")
        else:
            lines += [f"  {use}", f"  {'':{_USE_WIDTH if broad else 4}}{what}"]
    return "\n".join(lines)


def main() -> None:
    forbid_core_dumps()
    limit_arenas()
    run_command(lambda: _main(sys.argv[1:]))


def _main(argv: list[str]) -> None:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_help())
        return
    if argv[0] in ("-V", "--version"):
        print(f"edge-agent {__version__}")
        return
    if argv[0] == "--print-completion":
        _print_completion(argv)
        return
    commands = {"run": _run, "predict": _predict, "bench": _bench, "doctor": _doctor, "keys": _keys, "report": _report,
                "offers": _offers, "backup": _backup, "restore": _restore, "settings": _settings,
                "apply": _apply}  # fmt: skip
    if argv[0].startswith("-"):
        _run(argv)
    elif argv[0] in commands:
        commands[argv[0]](argv[1:])
    else:
        hint = did_you_mean(argv[0], commands) or words(": use one of {names}", names=", ".join(commands))
        raise UsageError(words("no command {name}{hint}; see edge-agent --help", name=shown(argv[0]), hint=hint))


def _run(argv: list[str]) -> None:
    from edge.service.journal import start_log
    from edge.settings.flags import flags_parser
    from edge.settings.lanes import Origin

    flags_parser().parse_args(argv)  # prints the help, or fails for an unknown flag
    parser = Parser(prog="edge-agent run", add_help=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path)
    known, flags = parser.parse_known_args(argv)
    origin = Origin(flags, known.config)
    lanes = origin.load()
    mark = "".join(f"{exposure.mark}: " for exposure in exposures(lanes[0]))
    start_log([lane.lane for lane in lanes], mark, level=lanes[0].log_level, log_format=lanes[0].log_format)
    threading.current_thread().name = "all"

    from edge.agent.agent import Agent
    from edge.frames.background import end_process

    agent = Agent(*lanes, origin=origin, patient=not _tried_by_hand(flags))
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: agent.stop())
    # systemd sends SIGHUP for a reload. A terminal sends it when it closes; then it must end the lane, as by default.
    if not (sys.stdin and sys.stdin.isatty()):
        signal.signal(signal.SIGHUP, lambda *_: agent.request_reload())
    try:
        agent.run()
    except EdgeError as problem:
        if lanes[0].log_format == "text":
            raise
        logging.getLogger(__name__).critical("%s", problem)  # so that every line is JSON
        sys.exit(problem.exit_code)
    end_process()


def _tried_by_hand(flags: list[str]) -> bool:
    """Whether a person tries a camera at a terminal, and should be told at once that it gives no picture. Everything
    else, such as a service or a container, waits for its cameras: nobody would start it again."""
    given = any(flag.partition("=")[0] == "--camera" for flag in flags)
    return given and all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _predict(argv: list[str]) -> None:
    arguments = _predict_parser().parse_args(argv)

    from edge.predict import predict

    predict(arguments.paths, None if arguments.csv == Path("-") else arguments.csv, arguments.model)


def _predict_parser() -> Parser:
    parser = Parser(prog="edge-agent predict", description="Estimate the ages of the people on still pictures.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="picture, or folder of pictures")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="CSV file to write; default and -: stdout")
    parser.add_argument(
        "--model", type=Path, metavar="FOLDER", help="folder of a model bundle; default: the bundled model"
    )
    return parser


def _bench_parser() -> Parser:
    parser = Parser(
        prog="edge-agent bench",
        description="Measure the speed of the pipeline on a recording, of a start, of the age model, or of the basket "
        "report.",
    )
    measured = parser.add_mutually_exclusive_group(required=True)
    measured.add_argument("clip", nargs="?", type=Path, metavar="CLIP", help="recording of a lane")
    measured.add_argument(
        "--ages", action="store_true", help="measure the age model, by batch size and number of lanes"
    )
    measured.add_argument(
        "--start", action="store_true", help="measure how long a lane takes until it is ready, and what is installed"
    )
    measured.add_argument(
        "--baskets",
        type=positive,
        metavar="LINES",
        help="measure the basket report on a synthetic chain with this many basket lines",
    )
    parser.add_argument(
        "--seconds",
        type=number,
        default=20,
        metavar="SECONDS",
        help="how long to play the clip in real time, looped; default: 20",
    )
    parser.add_argument(
        "--lanes", type=positive, default=1, metavar="N", help="how many lanes to run at once in real time; default: 1"
    )
    parser.add_argument(
        "--faces",
        type=positive,
        default=1,
        metavar="N",
        help="how many copies of the clip are in each picture; default: 1",
    )
    parser.add_argument(
        "--rate",
        type=number,
        default=30,
        metavar="RATE",
        help="frames per second of each camera, at most the clip's own; default: 30",
    )
    parser.add_argument(
        "--profile", action="store_true", help="only profile: show the calls that take the time of a frame"
    )
    parser.add_argument(
        "--seconds-per-row",
        type=number,
        default=5,
        metavar="SECONDS",
        help="with --ages: how long to measure each row; default: 5",
    )
    parser.add_argument(
        "--model", type=Path, metavar="FOLDER", help="folder of a model bundle; default: the bundled model"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def _bench(argv: list[str]) -> None:
    arguments = _bench_parser().parse_args(argv)
    if arguments.ages:
        from edge.bench.ages import bench_ages

        bench_ages(arguments.seconds_per_row, arguments.model, as_json=arguments.json)
    elif arguments.start:
        from edge.bench.start import bench_start

        bench_start(as_json=arguments.json)
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


def _doctor(argv: list[str]) -> None:
    from edge.doctor.command import doctor

    doctor(argv)


def _keys(argv: list[str]) -> None:
    from edge.till.command import keys

    keys(argv)


def _report(argv: list[str]) -> None:
    from edge.reports.command import report

    report(argv)


def _offers(argv: list[str]) -> None:
    from edge.reports.offers.command import offers

    offers(argv)


def _backup(argv: list[str]) -> None:
    from edge.records.command import backup_command

    backup_command(argv)


def _restore(argv: list[str]) -> None:
    from edge.records.command import restore_command

    restore_command(argv)


def _apply(argv: list[str]) -> None:
    from edge.fleet.apply import apply

    apply(argv)


def _settings(argv: list[str]) -> None:
    from edge.fleet.signing import settings

    settings(argv)


def _print_completion(argv: list[str]) -> None:
    """Print the completion of all commands, from one parser that has the parsers of all of them."""
    from edge.doctor.command import doctor_parser
    from edge.fleet.apply import apply_parser
    from edge.fleet.signing import settings_parser
    from edge.records.command import backup_parser, restore_parser
    from edge.reports.command import report_parser
    from edge.settings.flags import flags_parser
    from edge.till.command import keys_parser

    whole = Parser(prog="edge-agent")
    whole.add_version()
    whole.add_completion()
    commands = whole.add_subparsers()
    doctor = doctor_parser()
    offers = []
    with suppress(ModuleNotFoundError):  # without the extra insights the command does not run, either
        from edge.reports.offers.command import offers_parser

        offers.append(offers_parser())
    for name, parsers in (
        ("run", [flags_parser(with_choices=True)]),
        ("predict", [_predict_parser()]),
        ("bench", [_bench_parser()]),
        ("doctor", [doctor, flags_parser(with_choices=True, besides=doctor)]),
        ("keys", [keys_parser()]),
        ("report", [report_parser()]),
        ("offers", offers),
        ("backup", [backup_parser()]),
        ("restore", [restore_parser()]),
        ("settings", [settings_parser()]),
        ("apply", [apply_parser()]),
    ):
        commands.add_parser(name, help=name, parents=parsers, add_help=False)
    whole.parse_args(argv)
