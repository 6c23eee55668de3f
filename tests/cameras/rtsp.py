"""A simulated network camera: an RTSP 1.0 server on loopback (RFC 2326) that sends H.264 over the same connection
(RFC 6184, interleaved), and can fail in every way that cameras do."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import av
import numpy as np
from numpy.typing import NDArray

from edge.frames import start_in_background
from tests.ports import free_port

Pixels = NDArray[np.uint8]
Picture = Callable[[int, int, int], Pixels]
"""Draws a picture: from its number, width and height to uint8 (height, width, 3) BGR."""

_CLOCK_HZ = 90_000
_MOST_PAYLOAD_BYTES = 1400
_NUMBER_BITS = 16


def scene(number: int, width: int, height: int) -> Pixels:
    """A gradient from dark to bright with sensor noise, and the number in black and white squares at the top."""
    noise = np.random.default_rng(number).integers(-8, 9, (height, width))
    pixels = np.linspace(60, 180, width).astype(int) + noise
    for bit, square in enumerate(np.array_split(pixels[: height // 8], _NUMBER_BITS, axis=1)):
        square[:] = 255 * (number >> bit & 1)
    return np.repeat(pixels.astype(np.uint8)[:, :, None], 3, axis=2)


def number_of(pixels: Pixels) -> int:
    """The number of a picture of the scene."""
    squares = np.array_split(pixels[: len(pixels) // 8], _NUMBER_BITS, axis=1)
    return sum(int(square.mean() > 127) << bit for bit, square in enumerate(squares))


def error_of(pixels: Pixels) -> float:
    """Mean difference between a picture and the scene, in levels of 255."""
    below = pixels[len(pixels) // 8 :].mean(axis=2)
    return float(np.abs(below - np.linspace(60, 180, pixels.shape[1])).mean())


def black(_: int, width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def blue(_: int, width: int, height: int) -> Pixels:
    """As from a converter without a cable."""
    return np.full((height, width, 3), (200, 40, 20), np.uint8)


@dataclass
class RtspCamera:
    """Every attribute but the port may be changed while it runs.

    frozen: sends the same picture again and again. silent: keeps its connections but sends nothing. late: buffers its
    pictures, and sends all at once when `late` is cleared. corrupt: share of the packets with changed bytes.
    extra_nal_unit: sent before every picture. clock_step_s: added to the times of the pictures. pixel_aspect: width of
    a pixel over its height, which the stream declares; None: it declares nothing.
    """

    picture: Picture = scene
    size: tuple[int, int] = (320, 240)
    frames_per_second: float = 30.0
    frozen: bool = False
    silent: bool = False
    late: bool = False
    corrupt: float = 0.0
    extra_nal_unit: bytes = b""
    clock_step_s: float = 0.0
    pixel_aspect: Fraction | None = None
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self._connections: set[socket.socket] = set()
        self._number = 0
        self.played = 0
        """How often a client has started the stream."""
        self.drawn_s: dict[int, float] = {}
        """When each picture was to be drawn first, by its number, in seconds of the monotonic clock."""
        self.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/lane"

    def start(self) -> None:
        """Listen, again on the same port after `stop`."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        start_in_background(partial(self._accept, self._listening), "rtsp")

    def stop(self) -> None:
        """Disappear at once, as in a power cut."""
        for open_socket in (self._listening, *self._connections):
            # Closing alone does not wake a thread that waits for the socket.
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self._connections.add(connection)
                start_in_background(partial(self._serve, connection), "rtsp client")

    def _serve(self, connection: socket.socket) -> None:
        """Answer requests up to PLAY, then send packets until the client disconnects."""
        try:
            with suppress(OSError), connection, connection.makefile("rb") as requests:
                while request := _header(requests.readline):
                    connection.sendall(self._answer(request["method"], request["cseq"]))
                    if request["method"] == "PLAY":
                        self.played += 1
                        for packet in self._packets():
                            connection.sendall(packet)
        finally:
            self._connections.discard(connection)

    def _answer(self, method: str, number: str) -> bytes:
        lines, body = ["RTSP/1.0 200 OK", f"CSeq: {number}"], ""
        if method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            media = f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/{_CLOCK_HZ}\r\na=fmtp:96 packetization-mode=1\r\n"
            body = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=lane\r\nt=0 0\r\n{media}a=control:video\r\n"
            lines += [f"Content-Base: {self.url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            lines += ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
        elif method == "PLAY":
            lines += ["Session: 1", "Range: npt=0.000-"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _packets(self) -> Iterator[bytes]:
        """RTP packets at the camera's frame rate, each with its interleaved header (RFC 2326, 10.12)."""
        encode, size, sequence, chance = encoder(*self.size, self.pixel_aspect), self.size, 0, random.Random(1)
        buffered: list[bytes] = []
        start_s = due_s = time.monotonic()
        while True:
            due_s = max(due_s + 1 / self.frames_per_second, time.monotonic())
            time.sleep(max(0.0, due_s - time.monotonic()))
            self._number += not self.frozen
            self.drawn_s.setdefault(self._number, due_s)
            if size != self.size:
                encode, size = encoder(*self.size, self.pixel_aspect), self.size
            timestamp = round((due_s - start_s + self.clock_step_s) * _CLOCK_HZ) % 2**32
            picture = encode(self.picture(self._number, *size))
            payloads = [*([self.extra_nal_unit] if self.extra_nal_unit else []), *_payloads(picture)]
            for place, payload in enumerate(payloads):
                marker = 0x80 if place == len(payloads) - 1 else 0
                header = struct.pack(">BBHII", 0x80, marker | 96, sequence, timestamp, 1)
                sequence = (sequence + 1) % 2**16
                sent = header + (_damaged(payload, chance) if chance.random() < self.corrupt else payload)
                if not self.silent:
                    buffered.append(struct.pack(">cBH", b"$", 0, len(sent)) + sent)
            if not self.late:
                yield from buffered
                buffered.clear()


def _header(readline: Callable[[], bytes]) -> dict[str, str]:
    """The header fields of a request, and its method; empty when the client has disconnected."""
    lines = [line.decode().strip() for line in iter(lambda: readline().rstrip(b"\r\n"), b"")]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return {"method": lines[0].split()[0], **fields} if lines else {}


def encoder(width: int, height: int, pixel_aspect: Fraction | None = None) -> Callable[[Pixels], bytes]:
    """An encoder from picture to H.264 access unit (Annex B), without delay and with a key frame each second."""
    codec = av.VideoCodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate = Fraction(30)
    if pixel_aspect:
        codec.sample_aspect_ratio = pixel_aspect
    codec.gop_size = 30
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}

    def encode(pixels: Pixels) -> bytes:
        return b"".join(bytes(packet) for packet in codec.encode(av.VideoFrame.from_ndarray(pixels, "bgr24")))

    return encode


def _payloads(access_unit: bytes) -> Iterator[bytes]:
    """RTP payloads: complete NAL units where they fit, otherwise fragments (FU-A, RFC 6184, 5.8)."""
    for unit in access_unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        if len(unit) <= _MOST_PAYLOAD_BYTES:
            yield unit
            continue
        kind, body = unit[0], unit[1:]
        for start in range(0, len(body), _MOST_PAYLOAD_BYTES):
            first, last = start == 0, start + _MOST_PAYLOAD_BYTES >= len(body)
            head = bytes([kind & 0xE0 | 28, first << 7 | last << 6 | kind & 0x1F])
            yield head + body[start : start + _MOST_PAYLOAD_BYTES]


def _damaged(payload: bytes, chance: random.Random) -> bytes:
    """The payload with a quarter of its bytes changed, except the first two, which hold its type."""
    bad = bytearray(payload)
    for _ in range(len(bad) // 4):
        bad[chance.randrange(min(2, len(bad) - 1), len(bad))] = chance.randrange(256)
    return bytes(bad)
