"""Clips of any length in a moment: each scene is encoded once, and its packets are copied."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""uint8 (height, width, 3) BGR."""

LONG_S = 900.0
"""Longer than one test may take (`timeout` in pyproject.toml), and than all tests of a file together."""


def write_looped(
    file: Path, scene: Sequence[Picture], frames_per_second: int, seconds: float, beginning: Sequence[Picture] = ()
) -> None:
    """Write a clip that shows `beginning`, and then `scene` again and again until it is `seconds` long."""
    height, width = scene[0].shape[:2]
    frames = chain(_encoded(beginning, frames_per_second), cycle(_encoded(scene, frames_per_second)))
    with av.open(str(file), "w") as target:
        stream = target.add_stream("mpeg4", rate=frames_per_second, width=width, height=height, pix_fmt="yuv420p")
        for number, content in enumerate(islice(frames, round(seconds * frames_per_second))):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, frames_per_second)
            packet.pts = packet.dts = number
            packet.duration = 1
            target.mux(packet)


def _encoded(pictures: Sequence[Picture], frames_per_second: int) -> list[bytes]:
    """One packet for each picture. The first can be decoded without any other."""
    if not pictures:
        return []
    codec = av.VideoCodecContext.create("mpeg4", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.height, codec.width = pictures[0].shape[:2]
    codec.pix_fmt, codec.framerate = "yuv420p", Fraction(frames_per_second)
    # A fifth of the bytes: finer steps would encode the noise of the sensor.
    codec.options = {"qmin": "6"}
    frames = [av.VideoFrame.from_ndarray(picture, "bgr24") for picture in pictures]
    packets = [*chain.from_iterable(map(codec.encode, frames)), *codec.encode(None)]
    assert len(packets) == len(pictures)
    return [bytes(packet) for packet in packets]
