"""What is looked at: the box, and each of its lanes. Nothing is opened before a check asks for it."""

from __future__ import annotations

import fcntl
import os
import pwd
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import Choice, choose
from edge.doctor.finding import NotChecked
from edge.doctor.live import listen
from edge.doctor.observation import Observation, SeenFace, observe
from edge.frames import camera_kind
from edge.till.sockets import is_public

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings.config import Settings
    from edge.till.messages import State

AS_OWNER = "sudo -u '{owner}' edge-agent doctor --config {file}"
STOP_FIRST = "sudo systemctl stop edge-agent; sudo edge-agent doctor --config {file}; sudo systemctl start edge-agent"
STAND_THERE = (
    "let somebody stand where the customers do and look at the camera, and meanwhile run edge-agent doctor again; if "
    "it still sees nobody, bring the camera nearer or zoom in"
)


@dataclass
class Box:
    """file: of the settings, if there is one."""

    lanes: tuple[Settings, ...]
    file: Path | None

    @property
    def first(self) -> Settings:
        """The settings that all lanes share are in every one."""
        return self.lanes[0]

    @cached_property
    def bundle(self) -> Bundle:
        """Raises UsageError."""
        return Bundle(self.first.model or BUNDLED)

    @cached_property
    def choice(self) -> Choice:
        """The age model as the agent would choose it; an engine that is missing is built. Raises EdgeError."""
        return choose(self.bundle, self.first.ages, self.first.cache_dir)


@dataclass
class LaneSide:
    """file: of the settings. seconds: how long its camera is watched."""

    settings: Settings
    file: Path
    seconds: float

    @cached_property
    def agent_runs(self) -> bool:
        """Whether an agent uses the lane's state folder now: it holds a lock there. Raises PermissionError."""
        try:
            lock = os.open(self.settings.state_dir / "lane.lock", os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            # Shared, and gone at once.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    @cached_property
    def states(self) -> tuple[State, ...]:
        """What the running agent says on the live channel, oldest first; nothing where that needs a key."""
        if not self.agent_runs or is_public("till.live", self.settings.till.live):
            return ()
        return listen(self.settings.till.live, self.settings.lane)

    @property
    def is_device(self) -> bool:
        """Whether the camera is one that only one program can use at a time."""
        return (kind := camera_kind(self.settings.camera or "")) is not None and kind.exclusive

    @property
    def camera_is_taken(self) -> bool:
        """By the agent that runs; nobody should try it, lest the agent lose it."""
        return self.agent_runs and self.is_device

    @cached_property
    def look(self) -> Observation:
        """What the camera shows. Raises NotChecked while the agent has it, EdgeError when it gives no picture."""
        if self.camera_is_taken:
            raise NotChecked("the agent that runs here has the camera", STOP_FIRST, file=self.file)
        return observe(self.settings, self.seconds)

    @property
    def faces(self) -> list[SeenFace]:
        """Of whoever stood in the zone. Raises NotChecked when nobody did, and as `look` does."""
        if not self.look.faces:
            raise NotChecked("nobody was seen in the zone", STAND_THERE)
        return self.look.faces


def this_user() -> str:
    """The name of who runs this."""
    return _name_of(os.geteuid())


def owner_of(path: Path) -> str | None:
    """The name of whom a file or folder belongs to; None when it is not there. Raises PermissionError."""
    try:
        return _name_of(path.stat().st_uid)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"
