"""Answers a web server inside a camera that asks for a password: Digest or Basic (RFC 7616, 7617)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import AbstractDigestAuthHandler, HTTPPasswordMgr, Request, parse_http_list, parse_keqv_list

from edge.errors import RunError
from edge.language.words import words

if TYPE_CHECKING:
    from email.message import Message

UNKNOWN_WAY = words("it wants the password in an unknown way: set its authentication to Digest (MD5) or Basic")


class HttpPassword:
    """The user and the password of one camera. Once it has been asked for them, they go with every request."""

    def __init__(self, user: str, password: str) -> None:
        """user: empty if there is no password."""
        self._user, self._password = user, password
        self._digest = AbstractDigestAuthHandler(_OnePassword(user, password))
        self._scheme = ""
        self._values: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._user)

    def asked(self, headers: Message) -> None:
        """A server has answered "401 Unauthorized" with these headers. Raises RunError when it wants the password in a
        way that is not known."""
        challenges: dict[str, dict[str, str]] = {}
        for line in headers.get_all("WWW-Authenticate", []):
            scheme, _, values = line.strip().partition(" ")
            with suppress(ValueError, IndexError):
                found = parse_keqv_list(parse_http_list(values))
                if scheme.lower() != "digest" or found.get("algorithm", "MD5").upper() in ("MD5", "SHA"):
                    challenges.setdefault(scheme.lower(), found)
        self._scheme = next((scheme for scheme in ("digest", "basic") if scheme in challenges), "")
        if not self._scheme:
            raise RunError(UNKNOWN_WAY)
        self._values = challenges[self._scheme]

    def headers(self, url: str) -> dict[str, str]:
        """The headers that go with the next request of `url`. Raises RunError as `asked`."""
        if not self._scheme:
            return {}
        if self._scheme == "basic":
            return {"Authorization": f"Basic {b64encode(f'{self._user}:{self._password}'.encode()).decode()}"}
        answer = None
        with suppress(URLError, KeyError):
            answer = self._digest.get_authorization(Request(url), self._values)
        if not answer:
            raise RunError(UNKNOWN_WAY)
        return {"Authorization": f"Digest {answer}"}


class _OnePassword(HTTPPasswordMgr):
    """One password for every address: redirects stay on the camera."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self._known = user, password

    def find_user_password(self, realm: str, authuri: str) -> tuple[str, str]:  # noqa: ARG002
        return self._known
