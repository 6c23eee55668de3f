"""Damage small recordings and photos at random, and read them: no content may end the process, nor raise anything but
the errors that are meant for it. Prints a line of JSON.

python -m tests.proof.media --files 20000
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image

from edge.errors import UsageError
from edge.frames import Frame, VideoFile
from edge.frames.decoding import decode_picture
from edge.vision.contained import ContainedProcess
from edge.vision.photos import PHOTO_SUFFIXES, UnusablePhotoError, read_photo
from tests.edge.frames.timed_videos import write_timed_video

RECORDINGS = Path(__file__).parents[1] / "replay" / "recordings"
_MOST_FRAMES = 60
_LONGEST_S = 30.0

Damaged = tuple[Path, int]
"""A file, and the seed of its damage."""


def write_seeds(folder: Path) -> list[Path]:
    """Small recordings and photos of every usual kind, from frames of a real recording."""
    source = VideoFile(RECORDINGS / "again.mkv", "lane-1")
    frames = [np.asarray(cv2.resize(frame.pixels, (160, 120)), np.uint8) for frame in _frames(source, 12)]
    codecs = {
        "h264.mkv": "libx264", "h264.mp4": "libx264", "mpeg4.mp4": "mpeg4", "h264.ts": "libx264", "h265.mkv": "libx265",
        "vp8.webm": "libvpx", "vp9.webm": "libvpx-vp9", "mjpeg.avi": "mjpeg", "h264.flv": "libx264",
    }  # fmt: skip
    for name, codec in codecs.items():
        write_timed_video(folder / name, frames, codec=codec)
    picture = Image.fromarray(frames[0][..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a.jpg", "a.png", "a.webp", "a.bmp", "a.tif", "a.jp2", "a.avif"):
        picture.save(folder / name)
    picture.save(folder / "progressive.jpg", progressive=True, exif=exif)
    picture.save(folder / "lossless.webp", lossless=True, exif=exif)
    picture.save(folder / "compressed.tif", compression="tiff_lzw")
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("RGBA").save(folder / "alpha.png")
    picture.convert("P").save(folder / "palette.png")
    for name in ("moving.gif", "moving.webp", "moving.png"):
        picture.save(folder / name, save_all=True, append_images=[picture.rotate(90)])
    return sorted(folder.iterdir())


def damaged(content: bytes, chance: Random) -> bytes:
    """The content with a few to many changes, most of them at its start, where the headers are."""
    changed = bytearray(content)
    reach = 2048 if chance.random() < 0.6 else len(content)
    for _ in range(chance.choice((1, 2, 4, 16, 64))):
        length = len(changed)
        if length < 16:
            break
        at_end = chance.random() < 0.2
        at = length - 1 - chance.randrange(min(4096, length)) if at_end else chance.randrange(min(reach, length))
        match chance.choices(("byte", "bit", "extreme", "remove", "repeat", "cut"), (45, 20, 15, 8, 9, 3))[0]:
            case "byte":
                changed[at] = chance.randrange(256)
            case "bit":
                changed[at] ^= 1 << chance.randrange(8)
            case "extreme":
                changed[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
            case "remove":
                del changed[at : at + chance.randrange(1, 64)]
            case "repeat":
                start = chance.randrange(length)
                changed[at:at] = changed[start : start + chance.randrange(1, 64)]
            case _:
                del changed[chance.randrange(8, length) :]
    return bytes(changed)


def read_damaged(what: Damaged) -> str:
    """Damage a file, read it as the product does, and say how that ended."""
    original, seed = what
    file = original.parent / f"{os.getpid()}-{original.name}"
    file.write_bytes(damaged(original.read_bytes(), Random(seed)))
    try:
        return _read_photo(file) if original.suffix in PHOTO_SUFFIXES else _read_recording(file)
    finally:
        file.unlink()


def _read_photo(file: Path) -> str:
    # As a camera's single picture, which is good or not.
    decode_picture(file.read_bytes())
    try:
        read_photo(file)
    except UnusablePhotoError as problem:
        return problem.reason
    return "read"


def _read_recording(file: Path) -> str:
    try:
        recording = VideoFile(file, "lane-1")
    except UsageError:
        return "rejected"
    last_s = -1.0
    for frame in _frames(recording, _MOST_FRAMES):
        if not 0 < frame.grab_s - last_s < 6:
            return f"wrong time: {last_s} {frame.grab_s}"
        last_s = frame.grab_s
    return "read"


def _frames(recording: VideoFile, count: int) -> Iterator[Frame]:
    for _ in range(count):
        if (frame := recording.read()) is None:
            break
        yield frame
    recording.close()


def results(files: Iterable[Path], count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Read `count` damaged files. How often they ended in which way; and what should not have happened."""
    ends: Counter[str] = Counter()
    broken = []
    process = ContainedProcess(read_damaged, _LONGEST_S)
    for number, file in zip(range(seed, seed + count), itertools.cycle(files), strict=False):
        try:
            end = process.call((file, number))
        except Exception as problem:  # of any kind: this is what is looked for
            end = f"{type(problem).__name__}: {problem}"
        kind = "photo" if file.suffix in PHOTO_SUFFIXES else "recording"
        if end in ("read", "rejected", "unreadable", "too-large"):
            ends[f"{kind} {end}"] += 1
        else:
            broken.append(f"{file.name} seed {number}: {end}")
        if (number - seed) % 500 == 499:
            print(f"\r{number - seed + 1} damaged files", end="", file=sys.stderr, flush=True)
    process.close()
    return ends, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ends, broken = results(write_seeds(Path(folder)), arguments.files, arguments.seed)
    print(json.dumps({"files": arguments.files, "ends": ends, "broken": broken}))
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
