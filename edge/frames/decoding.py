"""Decodes video with PyAV: OpenCV prints FFmpeg's own words, and crashes on names of files that are not UTF-8."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import av
import numpy as np

from edge.frames.geometry import size_with_square_pixels, turned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path

    from numpy.typing import NDArray

MOST_FRAME_PIXELS = 40_000_000
"""Larger pictures are not decoded. 8K has 33 million pixels."""

_DECODER_OPTIONS = {"max_pixels": str(MOST_FRAME_PIXELS)}
# A playlist must not open other files or connections.
_FILE_OPTIONS = {"protocol_whitelist": "none", **_DECODER_OPTIONS}
_ERRORS = (av.FFmpegError, OSError, ValueError, ArithmeticError, MemoryError)
"""What PyAV raises for bad content: of a file, of a packet, of a picture."""

_PICTURE_CODECS = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG": "png"}
"""How the content of a picture begins, and the name of its decoder: JPEG and PNG."""


class DecodedRecording:
    """Iterates once over the pictures of a recording. Damaged ones are left out."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError when there is no video in the file, and OSError when it cannot be read."""
        self._file = path.open("rb")
        try:
            self._container = av.open(self._file, "r", options=_FILE_OPTIONS)
        except _ERRORS:
            self._file.close()
            raise ValueError("no container of video") from None
        stream = self._container.streams.best("video")
        # A stream of an unknown codec has no decoder.
        if not isinstance(stream, av.VideoStream) or stream.codec_context is None:
            self._container.close()
            self._file.close()
            raise ValueError("no stream of video")
        self._stream = stream
        # Threads that decode several pictures at once make damaged pictures depend on chance.
        self._stream.thread_type = "SLICE"
        self._stream.codec_context.options = dict(_DECODER_OPTIONS)

    @property
    def frames_per_second(self) -> float:
        """As the file says; 0 if it does not."""
        return float(self._stream.guessed_rate or 0)

    @property
    def length_s(self) -> float:
        """As the file says, in seconds; 0 if it does not."""
        return max(0.0, (self._container.duration or 0) / av.time_base)

    def close(self) -> None:
        """Must not be called while a picture is decoded."""
        self._container.close()
        self._file.close()

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float]]:
        """Pictures, uint8 (H, W, 3) BGR, square and upright, and their times in seconds; NaN where there is none."""
        # An error ends the file: it is cut off, or cannot be read on.
        with suppress(*_ERRORS):
            for packet in self._container.demux(self._stream):
                with suppress(*_ERRORS):
                    for frame in self._stream.decode(packet):
                        if not frame.is_corrupt and frame.width * frame.height <= MOST_FRAME_PIXELS:
                            aspect = self._stream.codec_context.sample_aspect_ratio or self._stream.sample_aspect_ratio
                            yield picture_of(frame, aspect), _time_s(frame)


def is_picture(content: bytes) -> bool:
    """Whether the content begins like a JPEG or PNG picture."""
    return content.startswith(tuple(_PICTURE_CODECS))


def decode_picture(content: bytes) -> NDArray[np.uint8] | None:
    """A JPEG or PNG picture, uint8 (H, W, 3) BGR, upright as its EXIF data say. None when it is of another kind, is
    damaged or cut off, or has more than `MOST_FRAME_PIXELS`."""
    codec = next((codec for start, codec in _PICTURE_CODECS.items() if content.startswith(start)), None)
    if codec is None:
        return None
    with suppress(*_ERRORS):
        decoder = av.CodecContext.create(codec, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        # Otherwise a picture that is cut off would be filled up with grey.
        decoder.options = {"err_detect": "explode", **_DECODER_OPTIONS}
        frames = [frame for packet in (av.Packet(content), None) for frame in decoder.decode(packet)]
        if len(frames) == 1 and not frames[0].is_corrupt:
            return picture_of(frames[0], None)
    return None


def picture_of(frame: av.VideoFrame, pixel_aspect: Fraction | None) -> NDArray[np.uint8]:
    """The pixels of a frame, uint8 (H, W, 3) BGR, square and upright. pixel_aspect: as for
    `size_with_square_pixels`."""
    size = size_with_square_pixels(frame.width, frame.height, pixel_aspect)
    if size != (frame.width, frame.height):
        # Scales while it converts the colours, which costs less than doing one after the other.
        frame = frame.reformat(*size, format="bgr24", interpolation="AREA")
    # FFmpeg counts counter-clockwise.
    return turned(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), -frame.rotation)


def _time_s(frame: av.VideoFrame) -> float:
    ticks = frame.dts if frame.pts is None else frame.pts
    return float("nan") if ticks is None or not frame.time_base else float(ticks * frame.time_base)
