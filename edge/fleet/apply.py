"""`edge-agent apply`: checks a change, puts it in place, and puts the version before back if a lane is not healthy."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser, positive
from edge.errors import EdgeError, RunError, UsageError
from edge.fleet.bundles import remove_unused
from edge.fleet.candidate import ProposedFile, candidate_of
from edge.fleet.change import BEFORE, FileChange, change_of
from edge.fleet.checks import check_lanes
from edge.fleet.health import Patience, wait_for_health, wait_for_quiet, wait_for_reload
from edge.fleet.running import HealthPage, RunningAgent, reject_silent, restart, service_of
from edge.fleet.share import percent, share_of
from edge.language.reader import asked_language, reader, speak
from edge.language.words import Words, in_language, words
from edge.settings.author import Author, leave_author
from edge.settings.lanes import load_lanes
from edge.settings.reload import change

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from edge.settings.config import Settings

USUAL_CONFIG = Path("/etc/edge-agent/lane.toml")
"""Where deploy/install.sh puts the settings of a box."""

_ABOUT = """\
Put a change in place: settings of this box, signed settings that it includes, a signed sheet of offers, or a model (its
folder, or a .tar.gz or .zip of it). What FILE is, its content says.

The change is checked as a start of the agent would check it. The version before is kept beside it as NAME.before. The
running agent takes the change over between two sales. If a lane then has a problem that it did not have before, the
version before is put back. Without a running agent, its next start uses the change.
"""
_APPLY_EXAMPLES = """\
Examples:

  sudo edge-agent apply lane.toml
  sudo edge-agent apply chain.toml --share 10%
  sudo edge-agent apply model-4410dd557dbf.tar.gz
  sudo edge-agent apply /etc/edge-agent/lane.toml.before

Exit codes: 0 the change is in place, was there already, or is for other boxes; 1 it was put back, or could not be put
in place; 2 the change or the command is wrong, and nothing was changed. See docs/fleet.md.
"""


def apply_parser() -> Parser:
    """The parser of `edge-agent apply`."""
    parser = Parser(prog="edge-agent apply", description=_ABOUT, epilog=_APPLY_EXAMPLES)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="what to put in place")
    parser.add_argument("--config", type=Path, default=USUAL_CONFIG, metavar="FILE",
                        help=f"the settings of this box; default: {USUAL_CONFIG}")  # fmt: skip
    parser.add_argument("--share", type=percent, metavar="PERCENT",
                        help="only if this box is among so many of all boxes, such as 10%%; who is among 10%% is also "
                        "among 50%%")  # fmt: skip
    parser.add_argument("--restart", action="store_true",
                        help="restart the agent, when no sale is open, if a change needs it")  # fmt: skip
    parser.add_argument("--older", action="store_true",
                        help="accept what was signed before what the box has")  # fmt: skip
    parser.add_argument("--healthy-within", type=positive, default=60, metavar="SECONDS",
                        help="time for every lane to be healthy; default: 60")  # fmt: skip
    parser.add_argument("--quiet-within", type=positive, default=600, metavar="SECONDS",
                        help="time for open sales to end, and for a model to load; default: 600")  # fmt: skip
    parser.add_argument("--check", action="store_true", help="check FILE, and change nothing")
    parser.add_argument("--put-back", action="store_true",
                        help="only put back a change that was interrupted, for example by a power cut")  # fmt: skip
    return parser


def apply(argv: list[str]) -> None:
    """Run `edge-agent apply` with these command-line words. Raises UsageError and RunError."""
    arguments = apply_parser().parse_args(argv)
    if (arguments.file is None) != arguments.put_back:
        raise UsageError(words("give a FILE, or --put-back; see edge-agent apply --help"))
    speak(asked_language(["--config", str(arguments.config)], os.environ))
    # A stop of this command, too, must put an unconfirmed change back.
    signal.signal(signal.SIGTERM, _interrupt)
    with change_of(arguments.config) as under_way:
        _put_back_unconfirmed(under_way, arguments.config)
        if arguments.file is not None:
            Applying(arguments, under_way).apply()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _put_back_unconfirmed(change: FileChange, config: Path) -> None:
    """Finish what a crash or a power cut has interrupted: the version before is used again."""
    if not (file := change.unconfirmed):
        return
    change.put_back()
    if lanes := _usable(config):
        # At a start of the box, or before the agent starts, none answers.
        agent = RunningAgent(lanes[0], config)
        if state := agent.state():
            agent.reload(state)
    text = words("{file}: a change was interrupted; the version before is in place again", file=file)
    print(in_language(text, reader()))


@dataclass
class Applying:
    """One run of the command. arguments: of `apply_parser`."""

    arguments: argparse.Namespace
    change: FileChange

    def apply(self) -> None:
        """Raises UsageError and RunError; then the version before is in place."""
        arguments, config = self.arguments, self.arguments.config
        before = _usable(config)
        if before and not self._concerned(before):
            return
        candidate = candidate_of(arguments.file, config, older=arguments.older)
        # The settings in place may be of no use without the ones that are to come: the first shared ones.
        if not before and not self._concerned(candidate.lanes):
            return
        speak(candidate.lanes[0].language)
        if candidate.is_there:
            self._say(words("{name}: nothing has changed", name=candidate.name))
            return
        check_lanes(candidate.lanes)
        if arguments.check:
            self._say(words("{name}: can be put in place", name=candidate.name))
            return
        agent = RunningAgent((before or candidate.lanes)[0], config)
        if state := agent.state():
            self._replace(candidate, before, agent, state)
        else:
            reject_silent(before or candidate.lanes)
            self.change.put(candidate.file, candidate.content)
            self.change.confirm()
            _leave_author(candidate.lanes)
            self._say(words("{name}: in place; no agent runs, its next start uses it", name=candidate.name))
        remove_unused(candidate.lanes, [candidate.lanes[0].model, *(lane.model for lane in before or ())])

    def _concerned(self, lanes: tuple[Settings, ...]) -> bool:
        """Whether this box is among the share of the boxes that a change is for."""
        first, share = lanes[0], self.arguments.share
        number = share_of(first.store, first.box)
        if share is None or number < share:
            return True
        speak(first.language)
        self._say(
            words(
                "not for this box: {store}/{box} is among {number:.1f} % of the boxes, and this is for {share:g} %",
                store=first.store,
                box=first.box,
                number=100 * number,
                share=100 * share,
            )
        )
        return False

    def _replace(
        self, candidate: ProposedFile, before: tuple[Settings, ...] | None, agent: RunningAgent, state: HealthPage
    ) -> None:
        """Put a change in place while an agent runs."""
        patience = Patience(self.arguments.healthy_within, self.arguments.quiet_within)
        unit, restarts = service_of(state.pid), False
        if waiting := change(before, candidate.lanes).waiting if before else ():
            restarts = self._may_restart(", ".join(waiting), unit)
            wait_for_quiet(agent, patience, self._text(words("waiting until no sale is open")))
        try:
            self.change.put(candidate.file, candidate.content)
            _leave_author(before or candidate.lanes)
            if restarts and unit:
                restart(unit)
            else:
                agent.reload(state)
                wait_for_reload(agent, state, patience, self._text(words("the agent loads the change")))
            after = RunningAgent(candidate.lanes[0], self.arguments.config)
            wait_for_health(after, state.problems, patience, self._text(words("waiting until every lane is healthy")))
        except BaseException as problem:
            _leave_author(before or candidate.lanes)
            self._undo(agent, unit, restarts=restarts)
            if not isinstance(problem, EdgeError):
                self._say(words("interrupted; the version before is in place again"))
                raise
            raise RunError(words("{problem}; the version before is in place again", problem=problem)) from None
        self.change.confirm()
        name, kept = candidate.name, candidate.file.name + BEFORE
        self._say(
            words("{name}: in place, and every lane is healthy; the version before is {kept}", name=name, kept=kept)
        )

    def _may_restart(self, changes: str, unit: str | None) -> bool:
        """Raises RunError if the agent may or can not be restarted."""
        if not self.arguments.restart:
            raise RunError(words("needs a restart: {changes}; nothing was changed: add --restart", changes=changes))
        if unit is None:
            raise RunError(
                words(
                    "needs a restart: {changes}; nothing was changed: no service of systemd runs the agent, so stop "
                    "it, run this again, and start it",
                    changes=changes,
                )
            )
        return True

    def _undo(self, agent: RunningAgent, unit: str | None, *, restarts: bool) -> None:
        """Put the version before back, and let the agent use it."""
        self.change.put_back()
        state = agent.state()
        if unit and (restarts or state is None):
            restart(unit)
        elif state:
            agent.reload(state)

    def _say(self, text: Words) -> None:
        print(self._text(text))

    def _text(self, text: Words) -> str:
        return in_language(text, reader())


def _leave_author(lanes: tuple[Settings, ...]) -> None:
    """For the record of changes: this command, and who ran it with sudo."""
    with suppress(OSError):  # the record names a reload instead
        leave_author(lanes[0].state_dir, Author("apply").named(os.environ.get("SUDO_USER", "")))


def _usable(config: Path) -> tuple[Settings, ...] | None:
    """The settings that are in place; None if there are none that could be used."""
    try:
        return load_lanes([], config)
    except UsageError:
        return None
