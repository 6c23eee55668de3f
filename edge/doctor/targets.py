"""The targets of checks: the box, and each of its lanes. Nothing is opened before a check needs it."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import Choice, choose
from edge.doctor.finding import NotChecked
from edge.doctor.live import receive_states
from edge.doctor.observation import FaceSample, Observation, observe
from edge.frames import camera_kind
from edge.language.words import words
from edge.records.lock import is_locked
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings.config import Settings
    from edge.till.messages import State

AS_OWNER = words("sudo -u '{owner}' edge-agent doctor --config {file}")
STOP_FIRST = words(
    "sudo systemctl stop edge-agent; sudo edge-agent doctor --config {file}; sudo systemctl start edge-agent"
)
STAND_THERE = words(
    "ask someone to stand where customers do and look at the camera, and run edge-agent doctor "
    "again meanwhile; if it still sees nobody, move the camera nearer or zoom in"
)


@dataclass
class BoxTarget:
    """lanes: the settings of each lane. file: the settings file, if there is one."""

    lanes: tuple[Settings, ...]
    file: Path | None

    @property
    def first(self) -> Settings:
        """The settings of the first lane, for those that all lanes share."""
        return self.lanes[0]

    @cached_property
    def bundle(self) -> Bundle:
        """Raises UsageError."""
        return Bundle(self.first.model or BUNDLED)

    @cached_property
    def choice(self) -> Choice:
        """The age model as the agent would choose it; a missing engine is built. Raises EdgeError."""
        return choose(self.bundle, self.first.ages, self.first.cache_dir)


@dataclass
class LaneTarget:
    """file: the settings file. seconds: how long the camera is watched."""

    settings: Settings
    file: Path
    seconds: float

    @cached_property
    def agent_runs(self) -> bool:
        """Whether an agent holds the lock in the lane's state folder. Raises PermissionError, and UsageError
        when the lock is not a file that an agent made."""
        return is_locked(self.settings.state_dir)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """The running agent's states from the live channel, oldest first; empty when that channel needs a key."""
        if not self.agent_runs or is_public("till.live", self.settings.till.live):
            return ()
        return receive_states(self.settings.till.live, self.settings.lane)

    @property
    def is_device(self) -> bool:
        """Whether only one program at a time can use the camera."""
        return (kind := camera_kind(self.settings.camera or "")) is not None and kind.exclusive

    @property
    def camera_is_taken(self) -> bool:
        """Whether the running agent uses the camera; opening it could take it away from the agent."""
        return self.agent_runs and self.is_device

    @cached_property
    def observation(self) -> Observation:
        """What the camera shows. Raises NotChecked while the agent uses it, EdgeError when it gives no picture."""
        if self.camera_is_taken:
            raise NotChecked(words("the running agent uses the camera"), STOP_FIRST, file=self.file)
        return observe(self.settings, self.seconds)

    @property
    def faces(self) -> list[FaceSample]:
        """The faces seen in the zone, at least one. Raises NotChecked when there was none, and as `observation`."""
        if not self.observation.faces:
            raise NotChecked(words("no face was seen in the zone"), STAND_THERE)
        return self.observation.faces


def this_user() -> str:
    """The name of the user who runs the doctor."""
    return _name_of(os.geteuid())


def owner_of(path: Path) -> str | None:
    """The name of a file's or folder's owner; None when it does not exist. Raises PermissionError."""
    try:
        return _name_of(path.stat().st_uid)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"
