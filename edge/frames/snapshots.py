"""Cameras at an HTTP address, which is a stream, or gives a single picture (a snapshot) each time that it is asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.frames.decoding import decode_picture, is_picture
from edge.frames.http_answers import HttpAddress, StrangeAnswerError
from edge.frames.network import NetworkStream
from edge.language.words import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.frames.http_answers import HttpAnswer
    from edge.frames.stream import Capture

_ASK_EVERY_S = 0.125
"""8 pictures a second: more than twice what a lane needs, and about as much as the web server of a camera can give."""
_REPEATED_S = 1.5
"""The same picture again is ignored for this long: a camera may renew its picture as seldom as once a second. Shorter
than the silence after which a camera is reopened."""

WEB_PAGE = words("it answers with a web page, not with a picture: is the address right?")


class HttpCamera:
    """Opens the camera at an HTTP address; its pictures are read as snapshots or as a stream, whatever it sends."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_stream = False

    def __call__(self) -> Capture:
        """Open it. Raises RunError."""
        # Some cameras serve one connection at a time: a known stream is opened without asking before what it is.
        asked, self._is_stream = not self._is_stream, False
        if asked and (snapshots := self._snapshots()):
            return snapshots
        self._is_stream = asked
        stream = NetworkStream(self._url)
        self._is_stream = True
        return stream

    def _snapshots(self) -> Snapshots | None:
        """None when the address is a stream."""
        address = HttpAddress(self._url)
        try:
            answer = address.get()
            if _is_snapshot(answer):
                return Snapshots(address, answer)
            answer.close()
        except StrangeAnswerError:
            pass
        except RunError:
            address.close()
            raise
        return None


class Snapshots:
    """A `Capture` that asks for one picture after the other."""

    has_grab_times = True

    def __init__(self, address: HttpAddress, first: HttpAnswer) -> None:
        self._address = address
        self._first: HttpAnswer | None = first
        self._last = b""
        self._due_s = first.began_s + _ASK_EVERY_S

    def read(self) -> tuple[NDArray[np.uint8] | None, float]:
        """The next picture that differs from the one before, uint8 (H, W, 3) BGR, or None when it is damaged; and when
        its answer began. After 1.5 s also the same picture again.

        Raises RunError when the camera does not answer, or not with a picture.
        """
        give_up_s = time.monotonic() + _REPEATED_S
        while True:
            answer = self._next_answer()
            body = answer.body()
            if body != self._last or answer.began_s > give_up_s:
                self._last = body
                return decode_picture(body), answer.began_s

    def close(self) -> None:
        if self._first:
            self._first.close()
        self._address.close()

    def _next_answer(self) -> HttpAnswer:
        if first := self._first:
            self._first = None
            return first
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        self._due_s = max(self._due_s, time.monotonic()) + _ASK_EVERY_S
        answer = self._address.get()
        if not _is_snapshot(answer):
            answer.close()
            raise RunError(words("it does not answer with a picture any more"))
        return answer


def _is_snapshot(answer: HttpAnswer) -> bool:
    """Whether an answer is a single picture. Raises RunError for a web page."""
    kind = answer.content_type
    if kind == "text/html":
        answer.close()
        raise RunError(WEB_PAGE)
    if kind.endswith("/octet-stream") and answer.has_length:
        return is_picture(answer.body())
    return kind.startswith("image/")
