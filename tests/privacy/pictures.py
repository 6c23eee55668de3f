"""Finds pictures in bytes: files of any common kind, and faces that were shown, as bare pixels."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.detectors import make_detector

Picture = NDArray[np.uint8]

RUN = 48
"""So many bytes of a row of pixels are a find."""
_LIVELY = 12
"""A run of fewer different values may be anything: a wall, or an empty page of a database."""

_BEGINNINGS = {
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
_FILES = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in _BEGINNINGS.items()}


class Finder:
    """Knows the faces in some pictures."""

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
                    # Two rows next to each other: the camera's noise is on one in seven.
                    for pixels in picture[row : row + 2, start : start + RUN]:
                        self._runs |= {run: name for name, run in _spellings(pixels) if len(set(run)) >= _LIVELY}
        detector.close()
        self._lengths = {len(run) for run in self._runs}
        self._starts = np.unique(np.frombuffer(b"".join(run[:8] for run in self._runs), np.uint64))

    def find(self, content: bytes) -> set[str]:
        """What pictures there are in some bytes, in words."""
        files = {kind for kind, beginning in _FILES.items() if beginning.search(content)}
        if len(content) < RUN:
            return files
        places = np.concatenate([self._places(content, shift) for shift in range(8)])
        runs = (content[place : place + length] for place in places.tolist() for length in self._lengths)
        return files | {self._runs[run] for run in runs if run in self._runs}

    def _places(self, content: bytes, shift: int) -> NDArray[np.intp]:
        """Where a run may start, at every eighth byte from `shift` on."""
        whole = max(0, (len(content) - shift) // 8)
        return np.flatnonzero(np.isin(np.frombuffer(content, np.uint64, whole, shift), self._starts)) * 8 + shift

    def find_in(self, folder: Path) -> dict[str, set[str]]:
        """By path, the files in a folder that hold any."""
        files = (file for file in folder.rglob("*") if file.is_file())
        return {str(file.relative_to(folder)): found for file in files if (found := self.find(file.read_bytes()))}


def _spellings(pixels: Picture) -> Iterator[tuple[str, bytes]]:
    """uint8 (RUN, 3) BGR as bytes, in every order in which a program might hold it."""
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
        # In base64 a byte may stand at each of three places in a group; what its neighbours have a part in is cut off.
        for place in range(3):
            yield f"{name}, in base64", base64.b64encode(bytes(place) + run)[4:-4]
