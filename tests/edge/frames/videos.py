"""Writes recordings that declare the shape of their pixels and a turn, as phones and recorders do."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def write_video(
    file: Path, pictures: Iterable[Pixels], pixel_aspect: Fraction | None = None, turn: int = 0, rate: int = 30
) -> Path:
    """Write H.264. pictures: uint8 (H, W, 3) BGR, with even sides. turn: degrees by which a player must turn the
    pictures clockwise."""
    with av.open(file, "w") as container:
        stream: VideoStream | None = None
        for pixels in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=rate, options={"crf": "12", "preset": "veryfast"})
                stream.height, stream.width, stream.pix_fmt = *pixels.shape[:2], "yuv420p"
                if pixel_aspect:
                    stream.codec_context.sample_aspect_ratio = pixel_aspect
                if turn:
                    stream.set_display_rotation(-turn)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "bgr24")))
        assert stream
        container.mux(stream.encode(None))
    return file


def corners(height: int = 120, width: int = 176) -> Pixels:
    """A black picture with a red corner at the top left and a green one at the top right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 3, : width // 3] = (0, 0, 255)
    pixels[: height // 3, -width // 3 :] = (0, 255, 0)
    return pixels


def corner_colours(pixels: Pixels) -> str:
    """Initials of the colours at the top left, top right, bottom left and bottom right: "rg.." for `corners`."""
    height, width = pixels.shape[:2]
    places = [pixels[y, x] for y in (height // 9, -height // 9) for x in (width // 9, -width // 9)]
    return "".join("." if place.max() < 100 else "bgr"[place.argmax()] for place in places)
