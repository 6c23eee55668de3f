"""The address of the page: on this box without a certificate, elsewhere only with one."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.load import load_settings
from edge.web.address import Address, bind, encryption, parse


@pytest.mark.parametrize(
    ("text", "address", "public"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080), False),
        ("localhost:0", Address("localhost", 0), False),
        ("[::1]:8080", Address("[::1]", 8080), False),
        ("127.9.9.9:1", Address("127.9.9.9", 1), False),
        ("0.0.0.0:443", Address("0.0.0.0", 443), True),
        ("[::]:443", Address("[::]", 443), True),
        ("192.168.1.20:8080", Address("192.168.1.20", 8080), True),
        ("localhost.example.org:80", Address("localhost.example.org", 80), True),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: Address, public: bool) -> None:
    assert parse(text) == address
    assert address.is_public is public


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "::1:8080", "127.0.0.1:99999", "a:-1", "a:٣"]
)
def test_an_invalid_address_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a valid address: use 127\.0\.0\.1:8080"):
        parse(text)


def test_an_address_in_use_is_rejected_with_a_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UsageError, match="stop the other program"):
        bind(Address("127.0.0.1", other.getsockname()[1]))


def test_without_a_certificate_only_a_loopback_address_is_allowed() -> None:
    settings = load_settings(["--web", "0.0.0.0:8080"])
    with pytest.raises(UsageError, match="can be reached from other machines: give web_certificate and web_key"):
        encryption(settings, parse("0.0.0.0:8080"))
    assert encryption(settings, parse("127.0.0.1:8080")) is None


def test_with_a_certificate_a_public_address_is_allowed(certificate: tuple[Path, Path]) -> None:
    chain, key = certificate
    settings = load_settings(["--web-certificate", str(chain), "--web-key", str(key)])
    assert encryption(settings, parse("0.0.0.0:8080"))


def test_a_key_that_other_users_can_read_or_that_does_not_fit_is_rejected(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    chain, key = certificate
    loose = tmp_path / "loose.pem"
    loose.write_bytes(key.read_bytes())
    loose.chmod(0o644)
    for wrong, reason in (
        (loose, "others may read it"),
        (tmp_path / "none.pem", "cannot read"),
        (chain, "cannot be used"),
    ):
        if wrong == chain:
            chain.chmod(0o600)
        settings = load_settings(["--web-certificate", str(chain), "--web-key", str(wrong)])
        with pytest.raises(UsageError, match=reason):
            encryption(settings, parse("0.0.0.0:8080"))


def test_a_certificate_without_its_key_is_rejected(certificate: tuple[Path, Path]) -> None:
    settings = load_settings(["--web-certificate", str(certificate[0])])
    with pytest.raises(UsageError, match="belong together"):
        encryption(settings, parse("127.0.0.1:8080"))
