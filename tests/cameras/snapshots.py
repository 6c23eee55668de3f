"""A simulated camera with a web server that gives a picture each time that it is asked, and can fail in every way that
such cameras do."""

from __future__ import annotations

import hashlib
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import parse_http_list, parse_keqv_list

import cv2

from edge.frames import start_in_background
from tests.cameras.rtsp import Picture, Pixels, scene

Answer = Callable[[BaseHTTPRequestHandler], None]
"""Answers a request in another way than with a picture."""

USER, PASSWORD = "anna", "s:e/c@ret"
IN_ADDRESS = "anna:s%3Ae%2Fc%40ret"
_REALM, _NONCE = "camera", "17"


def jpeg(pixels: Pixels) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


@dataclass
class SnapshotCamera:
    """Every attribute but the port may be changed while it runs.

    renewed_each_s: the picture stays the same for so many seconds; 0: each is a new one. delay_s: before each answer.
    body_s: how long the picture takes, from the beginning of its answer to the end.
    frozen: gives the same picture for ever. password: "basic" or "digest", if it asks for `PASSWORD`. nonce: of the
    digest. keep_alive: keeps connections open. answer: instead of a picture. change: of a picture's bytes.
    """

    picture: Picture = scene
    size: tuple[int, int] = (320, 240)
    content_type: str = "image/jpeg"
    renewed_each_s: float = 0.0
    delay_s: float = 0.0
    body_s: float = 0.0
    frozen: bool = False
    password: str = ""
    nonce: str = _NONCE
    keep_alive: bool = True
    answer: Answer | None = None
    change: Callable[[bytes], bytes] = bytes
    port: int = 0
    requests: list[str] = field(default_factory=list)
    """The paths of all requests."""
    connections: int = 0

    def __post_init__(self) -> None:
        self._number, self._drawn_s, self._body = 0, float("-inf"), b""
        self._open: set[socket.socket] = set()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/snap.jpg"

    @property
    def url_with_password(self) -> str:
        return self.url.replace("//", f"//{IN_ADDRESS}@")

    def start(self) -> None:
        """Listen, again on the same port after `stop`."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self) -> None:
                camera.connections += 1
                camera._open.add(self.request)
                super().setup()

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()
                camera._open.discard(self.request)

            def do_GET(self) -> None:
                camera.requests.append(self.path)
                with suppress(OSError):
                    camera._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        start_in_background(lambda: self._server.serve_forever(poll_interval=0.05), "web server")

    def stop(self) -> None:
        """Disappear at once, as in a power cut."""
        self._server.shutdown()
        self._server.server_close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        time.sleep(self.delay_s)
        request.close_connection = not self.keep_alive
        if self.password and not self._is_allowed(request):
            challenge = f'Basic realm="{_REALM}"'
            if self.password == "digest":
                challenge = f'Digest realm="{_REALM}", nonce="{self.nonce}", qop="auth", algorithm=MD5'
            send(request, b"who are you?", "text/html", 401, {"WWW-Authenticate": challenge})
        elif answer := self.answer:
            answer(request)
        else:
            send(request, self.change(self._current()), self.content_type, body_s=self.body_s)

    def _current(self) -> bytes:
        now_s = time.monotonic()
        if not self._body or not (self.frozen or now_s - self._drawn_s < self.renewed_each_s):
            self._number += 1
            self._drawn_s, self._body = now_s, jpeg(self.picture(self._number, *self.size))
        return self._body

    def _is_allowed(self, request: BaseHTTPRequestHandler) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if self.password == "basic":
            return given == b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if scheme != "Digest":
            return False
        values = parse_keqv_list(parse_http_list(given))
        first = _md5(f"{USER}:{_REALM}:{PASSWORD}")
        second = _md5(f"GET:{request.path}")
        parts = (first, self.nonce, values["nc"], values["cnonce"], values["qop"], second)
        return values["response"] == _md5(":".join(parts)) and values["uri"] == request.path


def send(
    request: BaseHTTPRequestHandler, body: bytes, content_type: str, status: int = 200,
    headers: dict[str, str] | None = None, *, length: int | None = -1, body_s: float = 0.0,
) -> None:  # fmt: skip
    """Answer a request. length: as the header says; None for no such header, -1 for the true one. body_s: before the
    body is complete."""
    request.send_response(status)
    if content_type:
        request.send_header("Content-Type", content_type)
    if length is not None:
        request.send_header("Content-Length", str(len(body) if length == -1 else length))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    middle = len(body) // 2 if body_s else 0
    request.wfile.write(body[:middle])
    time.sleep(body_s)
    request.wfile.write(body[middle:])


def status(code: int) -> Answer:
    """An error, with a web page as its text."""
    return lambda request: send(request, b"<html>no</html>", "text/html", code)


def redirect(location: str, code: int = 302) -> Answer:
    """Sends to another address."""
    return lambda request: send(request, b"", "", code, {"Location": location})


def motion_jpeg(request: BaseHTTPRequestHandler) -> None:
    """A stream of JPEG pictures, 15 a second."""
    request.send_response(200)
    request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
    request.send_header("Connection", "close")
    request.end_headers()
    request.close_connection = True
    for number in range(1, 10_000):
        body = jpeg(scene(number, 320, 240))
        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
        request.wfile.write(head.encode() + body + b"\r\n")
        time.sleep(1 / 15)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
