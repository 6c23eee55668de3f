"""Writes small recordings with any times, in any container and codec."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 25


def numbered(count: int, width: int = 64, height: int = 48) -> list[NDArray[np.uint8]]:
    """Pictures whose upper left is bright, and each a little brighter than the one before."""
    pictures = [np.full((height, width, 3), 20 + 4 * number, np.uint8) for number in range(count)]
    for picture in pictures:
        picture[: height // 2, : width // 2] = 250
    return pictures


def write_timed_video(
    file: Path, pictures: list[NDArray[np.uint8]], times_s: Iterable[float] | None = None, codec: str = "mpeg4"
) -> Path:
    """times_s: in the file, of each picture; 25 a second by default."""
    height, width = pictures[0].shape[:2]
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, RATE)
        assert isinstance(stream, av.VideoStream)
        # Otherwise packets are not in the order of the pictures.
        stream.codec_context.max_b_frames = 0
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        frames = [av.VideoFrame.from_ndarray(picture, format="bgr24") for picture in pictures]
        packets = [packet for frame in [*frames, None] for packet in stream.encode(frame)]
        for packet, time_s in zip(packets, times_s or [number / RATE for number in range(len(packets))], strict=True):
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = round(time_s * 1000)
            container.mux(packet)
    return file
