"""Finds pictures in bytes: image files of common formats, and raw pixels of given faces."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors import make_detector

Picture = NDArray[np.uint8]

RUN = 48
"""This many equal bytes in a row of pixels count as found."""
_MIN_VALUES = 12
"""A run with fewer distinct values is ignored: it may be a wall, or an empty page of a database."""

_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff[\xdb\xe0-\xef\xfe]",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF....WEBP",
    "AVI": rb"RIFF....AVI ",
    "BMP": rb"BM....\x00\x00\x00\x00....[\x28\x6c\x7c]\x00\x00\x00",
    "TIFF": rb"II\*\x00|MM\x00\*",
    "JPEG 2000": rb"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "MP4 or HEIF": rb"\x00\x00\x00.ftyp",
    "Matroska": rb"\x1a\x45\xdf\xa3",
    "Netpbm": rb"P[56]\s\d+\s\d+\s255\s",
    "NumPy": rb"\x93NUMPY",
    "JPEG in base64": rb"/9j/[0-9A-Za-z+/]{16}",
    "PNG in base64": rb"iVBORw0KGgo",
    "WebP in base64": rb"UklGR[0-9A-Za-z+/]{6}XRUJQ",
}
_FILES = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in _SIGNATURES.items()}


class Finder:
    """Finds image files, and the faces of the given pictures."""

    def __init__(self, shown: Iterable[Picture]) -> None:
        detector = make_detector("mediapipe")
        self._runs: dict[bytes, str] = {}
        self.faces = 0
        for picture in shown:
            for box in detector.detect(picture).boxes:
                self.faces += 1
                left, top, right, bottom = box
                start = round((left + right) / 2) - RUN // 2
                for share in (1 / 4, 1 / 2, 3 / 4):
                    row = round(top + share * (bottom - top))
                    # Two adjacent rows: the camera's noise is in one of seven.
                    for pixels in picture[row : row + 2, start : start + RUN]:
                        self._runs |= {run: name for name, run in _encodings(pixels) if len(set(run)) >= _MIN_VALUES}
        detector.close()
        self._lengths = {len(run) for run in self._runs}
        self._starts = np.unique(np.frombuffer(b"".join(run[:8] for run in self._runs), np.uint64))

    def find(self, content: bytes) -> set[str]:
        """The kinds of pictures in some bytes, such as `JPEG` or `a face in BGR`."""
        files = {kind for kind, signature in _FILES.items() if signature.search(content)}
        if len(content) < RUN:
            return files
        places = np.concatenate([self._places(content, shift) for shift in range(8)])
        runs = (content[place : place + length] for place in places.tolist() for length in self._lengths)
        return files | {self._runs[run] for run in runs if run in self._runs}

    def _places(self, content: bytes, shift: int) -> NDArray[np.intp]:
        """Offsets at which a run may start: every eighth byte from `shift` on is compared."""
        whole = max(0, (len(content) - shift) // 8)
        return np.flatnonzero(np.isin(np.frombuffer(content, np.uint64, whole, shift), self._starts)) * 8 + shift

    def find_in(self, folder: Path) -> dict[str, set[str]]:
        """The kinds of pictures in the files of a folder, by path; files without pictures are omitted."""
        files = (file for file in folder.rglob("*") if file.is_file())
        return {str(file.relative_to(folder)): found for file in files if (found := self.find(file.read_bytes()))}


def _encodings(pixels: Picture) -> Iterator[tuple[str, bytes]]:
    """uint8 (RUN, 3) BGR as bytes, in every order in which a program may store it."""
    orders = {
        "a face in BGR": pixels,
        "a face in RGB": pixels[:, ::-1],
        "a face in grey": cv2.cvtColor(pixels[np.newaxis], cv2.COLOR_BGR2GRAY),
        "the blue of a face": pixels[:, 0],
        "the green of a face": pixels[:, 1],
        "the red of a face": pixels[:, 2],
    }
    for name, values in orders.items():
        run = values.tobytes()[:RUN]
        yield name, run
        # In base64 a byte may be at each of three places in a group; characters that depend on neighbours are cut off.
        for place in range(3):
            yield f"{name}, in base64", base64.b64encode(bytes(place) + run)[4:-4]


def shared_memory_since(wall_s: float) -> dict[Path, bytes]:
    """Files in /dev/shm that were written since this time, with their contents. Those of other programs may vanish
    meanwhile. Without those of PyTorch: the trainer, which another test may run, has photos there, and no agent has
    PyTorch."""
    found = {}
    for file in Path("/dev/shm").iterdir():
        with suppress(FileNotFoundError):
            if file.is_file() and not file.name.startswith("torch_") and file.stat().st_mtime > wall_s:
                found[file] = file.read_bytes()
    return found
