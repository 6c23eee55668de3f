"""Cameras on the network, through FFmpeg: RTSP, HTTP, and its other protocols.

PyAV instead of OpenCV: OpenCV returns damaged pictures as good ones, returns a second of old pictures after opening,
and scales a new resolution to the first one, even if its aspect ratio differs.
"""

from __future__ import annotations

import errno
import logging
import os
from typing import TYPE_CHECKING

import av

from edge.errors import RunError
from edge.frames.decoding import picture_of
from edge.language.system import system_words
from edge.language.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from av.video.codeccontext import VideoCodecContext
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_STREAM_OPEN_S = 4.0
_STREAM_SILENT_S = 2.0
_FFMPEG_OPTIONS = {
    # Over UDP every lost packet damages a picture.
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    # The first picture has all we need. Nobody uses the frame rate, which takes FFmpeg long to estimate.
    "analyzeduration": "500000",
    "fpsprobesize": "0",
}
_RTSP_OPTIONS = {
    # RTSP names the codec when it is opened. Otherwise FFmpeg would wait for seven pictures: seconds of a slow camera.
    "probesize": "32",
}
_MOST_DECODE_ERRORS = 100
"""After this many errors before the first good picture, decode leniently: some cameras never send a valid stream."""


class NetworkStream:
    """A `Capture` from a stream that FFmpeg can read."""

    has_grab_times = False

    def __init__(self, url: str) -> None:
        """Raises RunError when the stream cannot be opened."""
        options = _FFMPEG_OPTIONS | (_RTSP_OPTIONS if url.startswith("rtsp") else {})
        try:
            self._container = av.open(url, options=options, timeout=(_STREAM_OPEN_S, _STREAM_SILENT_S))
        except (OSError, av.FFmpegError) as problem:
            raise RunError(_reason(problem)) from None
        if not self._container.streams.video:
            self._container.close()
            raise RunError(words("there is no video in the stream"))
        self._pictures = self._decode()

    def read(self) -> tuple[NDArray[np.uint8] | None, float]:
        """The next picture, uint8 (H, W, 3) BGR, or None when it is damaged; and its time in seconds. Raises RunError
        when the stream ends or sends nothing for 2 s."""
        try:
            return next(self._pictures)
        except StopIteration:
            raise RunError(words("the stream has ended")) from None
        except av.error.ExitError:
            raise RunError(words("nothing came for {seconds:.0f} s", seconds=_STREAM_SILENT_S)) from None
        except (OSError, av.FFmpegError) as problem:
            raise RunError(_reason(problem)) from None

    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[tuple[NDArray[np.uint8] | None, float]]:
        stream = self._container.streams.video[0]
        decoder = _decoder(stream.codec_context, strict=True)
        # Pictures that follow a damaged one are damaged too, up to the next key frame.
        good, failures, damaged, time_s = 0, 0, False, 0.0
        for packet in self._container.demux(stream):
            try:
                frames = decoder.decode(packet)
            except av.error.InvalidDataError:
                frames, damaged, failures = [], True, failures + 1
                if not good and failures == _MOST_DECODE_ERRORS:
                    log.warning("the camera's stream is never valid: damaged pictures cannot be recognised")
                    decoder = _decoder(stream.codec_context, strict=False)
                yield None, time_s
            for frame in frames:
                damaged = frame.is_corrupt or (damaged and not frame.key_frame)
                good += not damaged
                time_s = time_s if frame.time is None else frame.time
                aspect = decoder.sample_aspect_ratio or stream.sample_aspect_ratio
                yield None if damaged else picture_of(frame, aspect), time_s


_REASONS: tuple[tuple[type[av.FFmpegError], Words], ...] = (
    # "Immediate exit" is our own timeout.
    (av.error.ExitError, words("it does not answer")),
    (
        av.error.InvalidDataError,
        words("what it sends is no video that can be read: give the address of its video stream"),
    ),
    (av.error.EOFError, words("the stream has ended")),
    (av.error.HTTPUnauthorizedError, words("it wants another user or password")),
    (av.error.HTTPForbiddenError, words("this user may not see it")),
    (av.error.HTTPNotFoundError, words("it has nothing at this address: check the path after its name")),
    (av.error.HTTPClientError, words("it rejects this address: check the path, user and password")),
    (av.error.HTTPServerError, words("it has an error of its own: restart it")),
    (av.error.DecoderNotFoundError, words("its video is of an unknown kind: set it to H.264 or H.265")),
    (av.error.ProtocolNotFoundError, words("its protocol is not supported: use rtsp:// or http://")),
)
"""By FFmpeg's error, the first that fits."""


def _reason(problem: OSError | av.FFmpegError) -> str:
    """Why the stream cannot be read, in a few words. Those of the system are plain, those of FFmpeg are not."""
    known = next((reason for kind, reason in _REASONS if isinstance(problem, kind)), None)
    if problem.errno == errno.EIO:
        known = words("the connection broke")
    if known is None and problem.errno and problem.errno in errno.errorcode:
        known = system_words(os.strerror(problem.errno))
    return known or words("it sends no video that can be read")


def _decoder(found: VideoCodecContext, *, strict: bool) -> VideoCodecContext:
    """A decoder without delay. strict: raise an error for damaged data instead of repairing it.

    The strict one is the stream's own, which alone knows a turn that the container declares.
    """
    decoder = found
    if strict:
        decoder.options = {"err_detect": "explode"}
    else:
        created = av.CodecContext.create(found.codec, "r")
        assert isinstance(created, av.VideoCodecContext)
        decoder = created
        decoder.extradata = found.extradata
    decoder.thread_type = "SLICE"
    return decoder
