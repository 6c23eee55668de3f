"""Cameras on the network, through FFmpeg: RTSP, HTTP, and whatever else it speaks.

PyAV and not OpenCV, because OpenCV hands out damaged pictures as good ones, gives a second of old pictures after every
opening, and scales a new resolution to the first one whatever its shape.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import av
import numpy as np

from edge.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.codeccontext import VideoCodecContext
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_OPEN_S = 4.0
_READ_S = 2.0
_OPTIONS = {
    # Over UDP every lost packet is a damaged picture.
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    # The first picture says what else there is to know, and nobody asks for the frame rate, which takes long to guess.
    "analyzeduration": "500000",
    "fpsprobesize": "0",
}
_MOST_FAILURES = 100
"""So many pictures that fail before the first good one are no accident: there are cameras that never send a stream that
is right in every bit."""


class NetworkStream:
    """An opened stream."""

    def __init__(self, url: str) -> None:
        """Raises RunError when it cannot be opened."""
        try:
            self._container = av.open(url, options=_OPTIONS, timeout=(_OPEN_S, _READ_S))
        except (OSError, av.FFmpegError) as problem:
            raise RunError(_reason(problem)) from None
        if not self._container.streams.video:
            self._container.close()
            raise RunError("there is no video in the stream")
        self._pictures = self._decode()

    def read(self) -> tuple[NDArray[np.uint8] | None, float]:
        """The next picture, uint8 (H, W, 3) BGR, or None when it came damaged; and its time in seconds. Raises RunError
        when the stream has ended or nothing comes for 2 s."""
        try:
            return next(self._pictures)
        except StopIteration:
            raise RunError("the stream has ended") from None
        except (OSError, av.FFmpegError) as problem:
            raise RunError(_reason(problem)) from None

    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[tuple[NDArray[np.uint8] | None, float]]:
        stream = self._container.streams.video[0]
        decoder = _decoder(stream.codec_context, strict=True)
        # What was damaged is built upon until a picture comes that stands by itself.
        good, failures, damaged, time_s = 0, 0, False, 0.0
        for packet in self._container.demux(stream):
            try:
                frames = decoder.decode(packet)
            except av.error.InvalidDataError:
                frames, damaged, failures = [], True, failures + 1
                if not good and failures == _MOST_FAILURES:
                    log.warning("the camera's stream is never quite right: its damaged pictures cannot be told apart")
                    decoder = _decoder(stream.codec_context, strict=False)
                yield None, time_s
            for frame in frames:
                damaged = frame.is_corrupt or (damaged and not frame.key_frame)
                good += not damaged
                time_s = time_s if frame.time is None else frame.time
                yield None if damaged else np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), time_s


def _reason(problem: OSError | av.FFmpegError) -> str:
    # What FFmpeg calls an immediate exit is our own time limit.
    return "it does not answer" if isinstance(problem, av.error.ExitError) else problem.strerror or str(problem)


def _decoder(found: VideoCodecContext, *, strict: bool) -> VideoCodecContext:
    """A decoder that fails at what is damaged, or, if not strict, makes the best of it. Neither holds pictures back."""
    decoder = av.CodecContext.create(found.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = found.extradata
    decoder.thread_type = "SLICE"
    if strict:
        decoder.options = {"err_detect": "explode"}
    return decoder
