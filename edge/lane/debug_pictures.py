"""Pictures for debugging: the frame behind every alert. Kept only if the setting `debug_pictures` names a folder."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import cv2

from edge.decision.policy import Reason
from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.files import make_private_folder, replacing
from edge.settings.outputs import OptionalOutput, may_pass

if TYPE_CHECKING:
    from pathlib import Path

    from edge.frames import Frame
    from edge.till.messages import Alert

KEPT = 200
"""How many pictures of a lane are kept; the oldest are removed."""


class DebugPictures:
    """The debug pictures of one lane. Use it from one thread."""

    def __init__(self, folder: Path) -> None:
        """folder: of this lane alone, created if missing. Raises UsageError when it cannot be written."""
        self._folder = folder
        self._frame: Frame | None = None
        self._output = OptionalOutput(f"the folder {folder} of debug pictures", "make room on its disk")
        self._files: list[Path] = []
        """Oldest first, also when the clock was set meanwhile."""
        try:
            make_private_folder(folder)
            tempfile.TemporaryFile(dir=folder).close()
            self._files = sorted(folder.glob("*.jpg"), key=lambda file: file.stat().st_mtime_ns)
        except OSError as problem:
            if not may_pass(problem):
                raise UsageError(
                    words(
                        "cannot write debug_pictures to {folder}: {reason}: name a folder that can be written",
                        folder=folder,
                        reason=system_words(problem),
                    )
                ) from None
            self._output.fail(problem)

    @property
    def problem(self) -> str:
        """Why pictures are missing, in one sentence; empty while none is."""
        return self._output.problem

    def set_frame(self, frame: Frame) -> None:
        """The next alerts follow from this frame."""
        self._frame = frame

    def save(self, alert: Alert) -> None:
        """Write the frame behind an alert, unless the camera was lost: then no frame led to it. A write that fails is
        noted, and the lane goes on."""
        if self._frame is None or Reason.CAMERA_LOST in alert.reasons:
            return
        file = self._folder / f"{alert.issued_at:%Y%m%dT%H%M%S}-{alert.decision.value}-{alert.alert_id}.jpg"
        with self._output.attempt():
            make_private_folder(self._folder)
            with replacing(file, mode=0o600) as draft:
                draft.write_bytes(cv2.imencode(".jpg", self._frame.pixels)[1].tobytes())
            self._files.append(file)
            while len(self._files) > KEPT:
                self._files.pop(0).unlink(missing_ok=True)
