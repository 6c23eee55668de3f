"""One frame, and what gives frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """pixels: uint8 (H, W, 3) BGR. grab_s: when it was grabbed, in seconds of the monotonic clock (in a replay: of the
    video's own time). sequence: number of the frame at its source, from 0. lane: whose camera it was."""

    pixels: NDArray[np.uint8]
    grab_s: float
    sequence: int
    lane: str


class FrameSource(Protocol):
    """Gives frames, one after the other."""

    def read(self) -> Frame | None:
        """The next frame, waiting for it as long as the source does; None when there will be no more."""

    def close(self) -> None:
        """Let the source go."""

    @property
    def problem(self) -> str:
        """What keeps a live source from giving frames, in one sentence for the tills; empty while all is well."""
