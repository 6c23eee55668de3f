"""Asks the web server inside a camera for one address: over one connection, with a password, within limits."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection, InvalidURL
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

from edge.errors import RunError
from edge.frames.http_password import HttpPassword
from edge.language.system import system_words
from edge.language.words import words

if TYPE_CHECKING:
    from http.client import HTTPResponse

_HTTP_SILENT_S = 3.0
"""A server that sends nothing for this long does not answer."""
_BODY_S = 5.0
"""Longest time for a whole picture, for servers that send it drop by drop."""
_MOST_PICTURE_BYTES = 20_000_000
"""Of one answer. The largest JPEG pictures of 8K cameras have about 15 million."""
_MOST_REQUESTS = 5
"""Requests for one answer: redirects, and the server's question for the password."""
_CHUNK_BYTES = 65_536
_SENT_HEADERS = {"User-Agent": "edge-agent", "Accept": "*/*", "Cache-Control": "no-cache"}
_IN_ADDRESSES = "%/:=&?~+!$,;'@()*[]"
"""What stays as it is in an address; everything else that is not a letter or digit is percent-encoded."""
_REDIRECTS = (301, 302, 303, 307, 308)

NOT_VALID = words("its address is not valid")
WRONG_PASSWORD = words("it answers 401 Unauthorized: are user and password right?")
OTHER_HOST = words("it redirects to another host: write that address into camera, if it is the camera's")


class StrangeAnswerError(RunError):
    """The answer is not HTTP as the standard says. FFmpeg may read it nevertheless."""


class HttpAddress:
    """An address of a camera, with its connection, which stays open if the server lets it. For one thread."""

    def __init__(self, url: str) -> None:
        """url: http:// or https://, with user and password in front of the host if the camera wants them. Raises
        RunError when it is not valid."""
        self._password = HttpPassword(*self._connect(url))

    def get(self) -> HttpAnswer:
        """Ask for the address; the answer's body is not read yet. Follows redirects on the same host.

        Raises RunError, without a password, when there is no answer, or another one than 200 OK.
        """
        asked_for_password = False
        for _ in range(_MOST_REQUESTS):
            try:
                response = self._respond()
            except InvalidURL:
                raise RunError(NOT_VALID) from None
            except HTTPException:
                self.close()
                raise StrangeAnswerError(words("its answer is not HTTP")) from None
            except (OSError, ValueError) as problem:
                self.close()
                raise RunError(_reason(problem)) from None
            answer = HttpAnswer(response, self._connection, time.monotonic())
            if response.status == HTTPStatus.OK:
                return answer
            # Reading the body keeps the connection usable.
            answer.body()
            challenged = response.status == HTTPStatus.UNAUTHORIZED and "WWW-Authenticate" in response.headers
            if challenged and self._password and not asked_for_password:
                asked_for_password = True
                self._password.asked(response.headers)
            elif response.status in _REDIRECTS and (location := response.headers["Location"]):
                self._redirect(location)
            else:
                raise RunError(_refusal(response.status))
        raise RunError(words("it redirects again and again: is the address right?"))

    def close(self) -> None:
        self._connection.close()

    def _connect(self, url: str) -> tuple[str, str]:
        """Use this address from now on. Returns the user and the password in it."""
        try:
            parts = urlsplit(url)
            user, _, password = parts.netloc.rpartition("@")[0].partition(":")
            self._host, self._secure = parts.hostname or "", parts.scheme == "https"
            if self._secure:
                self._connection: HTTPConnection = HTTPSConnection(
                    self._host, parts.port or 443, timeout=_HTTP_SILENT_S, context=_any_certificate()
                )
            else:
                self._connection = HTTPConnection(self._host, parts.port or 80, timeout=_HTTP_SILENT_S)
        except (ValueError, InvalidURL):
            raise RunError(NOT_VALID) from None
        if not self._host:
            raise RunError(NOT_VALID)
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        self._url = quote(plain.encode("utf-8", "surrogateescape"), safe=_IN_ADDRESSES)
        self._target = urlsplit(self._url)._replace(scheme="", netloc="").geturl() or "/"
        return unquote(user), unquote(password)

    def _respond(self) -> HTTPResponse:
        """The answer to one request. A server may have closed a connection that was open, or sent too much on it."""
        if self._connection.sock is not None:
            with suppress(ConnectionError, HTTPException):
                return self._request()
            self._connection.close()
        return self._request()

    def _request(self) -> HTTPResponse:
        self._connection.request("GET", self._target, headers=_SENT_HEADERS | self._password.headers(self._url))
        return self._connection.getresponse()

    def _redirect(self, location: str) -> None:
        """Follow a redirect. The password goes to no other host, and not from HTTPS to HTTP."""
        try:
            url = urljoin(self._url, location)
            parts = urlsplit(url)
            on_camera = parts.scheme in ("http", "https") and parts.hostname == self._host
        except ValueError:
            raise RunError(OTHER_HOST) from None
        if not on_camera or (self._secure and parts.scheme == "http"):
            raise RunError(OTHER_HOST)
        self.close()
        self._connect(url)


@dataclass
class HttpAnswer:
    """The answer of a server, status 200. began_s: when it began, in seconds of `time.monotonic`."""

    _response: HTTPResponse
    _connection: HTTPConnection
    began_s: float
    _read: bytes | None = None

    @property
    def content_type(self) -> str:
        """In small letters, without parameters; "application/octet-stream" when the server says none."""
        given: str = self._response.headers.get("Content-Type", "application/octet-stream")
        return given.partition(";")[0].strip().lower()

    @property
    def has_length(self) -> bool:
        """Whether the server says how long the body is, so that it ends."""
        return self._response.length is not None

    def body(self) -> bytes:
        """The whole body; cut off where the connection ended early. Raises RunError when it is too large or too
        slow."""
        if self._read is None:
            try:
                self._read = self._received()
            except RunError:
                self.close()
                raise
            if self._response.length == 0:
                # Without this, the connection could not be used again.
                self._response.close()
            if not self._response.isclosed():
                self.close()
        return self._read

    def close(self) -> None:
        """Give up the rest of the body, and with it the connection."""
        self._response.close()
        self._connection.close()

    def _received(self) -> bytes:
        chunks, size = [], 0
        try:
            while chunk := self._response.read1(_CHUNK_BYTES):
                chunks.append(chunk)
                size += len(chunk)
                if size > _MOST_PICTURE_BYTES:
                    raise RunError(
                        words(
                            "its picture has more than {most:.0f} MB: set a smaller one",
                            most=_MOST_PICTURE_BYTES / 1e6,
                        )
                    )
                if time.monotonic() - self.began_s > _BODY_S:
                    raise RunError(words("its picture was not complete after {seconds:.0f} s", seconds=_BODY_S))
        except TimeoutError:
            raise RunError(
                words("its picture was not complete after {seconds:.0f} s", seconds=_HTTP_SILENT_S)
            ) from None
        except (OSError, HTTPException, ValueError):
            self.close()
        return b"".join(chunks)


def _any_certificate() -> ssl.SSLContext:
    """Cameras sign their certificates themselves."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _refusal(status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return WRONG_PASSWORD
    phrase = next((known.phrase for known in HTTPStatus if known == status), "")
    return words("it answers {status}", status=f"{status} {phrase}".strip())


def _reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, TimeoutError):
        return words("it does not answer")
    if isinstance(problem, ssl.SSLError):
        return words("no secure connection is possible: try http:// instead of https://")
    if isinstance(problem, OSError) and problem.strerror:
        return system_words(problem)
    return NOT_VALID
