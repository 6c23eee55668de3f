"""The address of the setup page: on this box, or, with a certificate, reachable from other machines."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.commands import shown
from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.private_files import READ_OR_WRITE, check_permissions

if TYPE_CHECKING:
    from edge.settings.config import Settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Address:
    """host: as in a link, so an IPv6 address stands in brackets. port: 0 for any free port."""

    host: str
    port: int

    @property
    def is_everywhere(self) -> bool:
        """Whether the page listens on every address of the box."""
        return self.host in ("0.0.0.0", "[::]")

    @property
    def is_public(self) -> bool:
        """Whether other machines can reach it."""
        if self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return True


def parse(text: str) -> Address:
    """Read HOST:PORT. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    valid = colon and bare and (":" not in bare or bare != host) and port.isascii() and port.isdecimal()
    if not valid or int(port) > 65535:
        raise UsageError(words("web = {text} is not a valid address: use 127.0.0.1:8080", text=shown(text)))
    return Address(host, int(port))


def bind(address: Address) -> socket.socket:
    """Open a listening socket. Raises UsageError."""
    family = socket.AF_INET6 if address.host.startswith("[") else socket.AF_INET
    try:
        return socket.create_server((address.host.strip("[]"), address.port), family=family)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        stop = words("stop the other program, or choose another port")
        fix = stop if in_use else words("use an address of this box")
        # Not what the error says: that repeats the address. An unknown name has an error number of its own.
        why = (
            system_words(os.strerror(error.errno))
            if error.errno and error.errno in errno.errorcode
            else words("there is no such address")
        )
        raise UsageError(
            words("web = '{host}:{port}': {why}: {fix}", host=address.host, port=address.port, why=why, fix=fix)
        ) from None


def encryption(settings: Settings, address: Address) -> ssl.SSLContext | None:
    """The TLS context of the configured certificate and key; None when there is none and none is needed.

    Raises UsageError.
    """
    chain, key = settings.web_certificate, settings.web_key
    if chain is None or key is None:
        if chain or key:
            raise UsageError(words("web_certificate and web_key belong together: give both"))
        if address.is_public:
            raise UsageError(
                words(
                    "web = {web} can be reached from other machines: give web_certificate and web_key, or use "
                    "127.0.0.1:PORT",
                    web=shown(settings.web),
                )
            )
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        check_permissions(key, key.stat(), READ_OR_WRITE)
        context.load_cert_chain(chain, key, password="")
    except ssl.SSLError as error:
        raise UsageError(
            words(
                "web_certificate {chain} and web_key {key} cannot be used: {reason}",
                chain=chain,
                key=key,
                reason=_reason(error),
            )
        ) from None
    except OSError as error:
        raise UsageError(
            words("cannot read {file}: {reason}", file=error.filename or chain, reason=system_words(error))
        ) from None
    return context


def _reason(error: ssl.SSLError) -> str:
    """Why a certificate and its key are not accepted. OpenSSL gives names for it, such as KEY_VALUES_MISMATCH."""
    name = error.reason or ""
    if "MISMATCH" in name:
        return "they do not belong together"
    if "DECRYPT" in name or "PASSWORD" in name:
        return "the key has a password: store it without one"
    return "one of them is no PEM file, or is damaged"
