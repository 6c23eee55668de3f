"""Signed settings: a changed or foreign file is rejected, and so is a signed file of another kind."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import UsageError
from edge.language.words import words
from edge.settings.signature import new_keys, signature_of
from edge.settings.signed import read_signed, sign, without_signature
from edge.settings.toml_files import parse_toml

NOW = datetime(2026, 11, 30, 18, 0, 0, 250, tzinfo=timezone.utc)
TEXT = 'language = "ru" # Кассы\n\n[policy]\nlegal_age = 18\n'


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    new_keys(tmp_path / "chain.key_secret", tmp_path / "chain.key")
    return tmp_path / "chain.key_secret"


@pytest.fixture
def file(secret: Path) -> Path:
    """Signed settings; the public key is chain.key beside it."""
    signed = secret.with_name("shared.toml")
    signed.write_bytes(sign(TEXT, secret, NOW))
    return signed


def rejection(file: Path) -> str:
    with pytest.raises(UsageError) as rejected:
        read_signed(file, file.with_name("chain.key"))
    assert "\n" not in str(rejected.value)
    return str(rejected.value).replace(f"{file.parent}/", "")


def test_a_signed_file_is_the_same_toml_two_lines_lower(file: Path) -> None:
    signed = read_signed(file, file.with_name("chain.key"))
    assert signed.made_at == NOW
    assert signed.text.split("\n", 2)[2] == TEXT
    assert parse_toml(signed.text, file) == parse_toml(TEXT, file)


def test_signing_again_replaces_the_signature(file: Path, secret: Path) -> None:
    again = sign(file.read_text(encoding="utf-8"), secret, NOW)
    assert again == file.read_bytes()
    assert without_signature(again.decode()) == TEXT


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_change_of_any_byte_is_rejected(file: Path, secret: Path, place: int, change: int) -> None:
    raw = bytearray(sign(TEXT, secret, NOW))
    raw[place % len(raw)] ^= change
    file.write_bytes(raw)
    assert rejection(file)


def test_a_signed_file_of_another_kind_is_rejected_although_the_key_is_the_same(file: Path, secret: Path) -> None:
    header, body = b"edge-agent offers 1", b"{}\n"
    sheet = b"\n".join((header, signature_of(header + b"\n" + body, secret, words("no key")), body))
    file.write_bytes(sheet)
    assert rejection(file) == "shared.toml is not signed: edge-agent settings sign signs it"
    # Its signature does not hold for the header of settings, either.
    file.write_bytes(sheet.replace(header, b"# edge-agent settings 1 2026-11-30T18:00:00.000000Z"))
    assert "is not signed with the key" in rejection(file)


def test_another_version_is_rejected_by_number(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"settings 1 ", b"settings 2 ", 1))
    assert rejection(file).endswith("has version 2, and this agent reads version 1: sign it again")


def test_a_time_that_does_not_exist_is_one_line(file: Path, secret: Path) -> None:
    header, body = b"# edge-agent settings 1 2026-13-40T18:00:00.000000Z", b""
    file.write_bytes(b"\n".join((header, b"# " + signature_of(header + b"\n" + body, secret, words("no")), body)))
    assert "is signed, but this agent cannot use it" in rejection(file)


def test_too_large_settings_are_neither_signed_nor_read(file: Path, secret: Path) -> None:
    with pytest.raises(UsageError, match="an agent reads at most 262144: make them smaller"):
        sign(f'lane = "{"x" * 300_000}"', secret, NOW)
    with file.open("ab") as opened:
        opened.truncate(10_000_000)
    assert rejection(file) == "shared.toml has more than 262144 bytes: make it smaller"


def test_a_public_key_that_others_can_write_is_rejected(file: Path) -> None:
    file.with_name("chain.key").chmod(0o666)
    assert "so that others may change it" in rejection(file)


def test_what_is_no_key_is_rejected(file: Path) -> None:
    file.with_name("chain.key").write_text("hello")
    assert rejection(file) == "chain.key is not a public key for settings: edge-agent settings new-key makes one"
