"""`Frame`, and the protocol of everything that delivers frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a lane.

    pixels: uint8 (H, W, 3) BGR, with square pixels and upright as far as the source declares them, and from
    `edge.frames.geometry.as_set` on as the lane's settings say. grab_s: when it was grabbed, in seconds of
    `time.monotonic` (in a replay: of the recording's own time). sequence: number of the frame at its source, from 0.
    lane: name of the camera's lane. original: the pixels before `as_set`, if it changed them.
    """

    pixels: NDArray[np.uint8]
    grab_s: float
    sequence: int
    lane: str
    original: NDArray[np.uint8] | None = None


class FrameSource(Protocol):
    """Delivers the frames of one lane: a camera, a recording or a test pattern.

    One thread calls `read`; the same thread calls `close` when it has read the last frame (see
    `edge.frames.latest.capture`). `problem` may be read from any thread. The constructor opens the source: it raises
    UsageError for a setting that names no source, RunError for a source that delivers no picture.

    Size and frame rate may change from frame to frame. `sequence` increases and `grab_s` never decreases. A camera
    delivers only frames that show the lane as it is now, and enough of them: it drops damaged, frozen, black and late
    pictures, and all of a camera that is too slow; `problem` says why.
    """

    def read(self) -> Frame | None:
        """The next frame; waits for it as long as necessary. None after the last frame, or when a camera is closed.

        Should not raise: a camera that fails sets `problem` and keeps trying. An exception stops the whole agent.
        """

    def close(self) -> None:
        """Release the camera or file. May be called more than once."""

    @property
    def problem(self) -> str:
        """Why a live source delivers no frames, or with interruptions, in one sentence for the tills; empty while all
        is well."""
