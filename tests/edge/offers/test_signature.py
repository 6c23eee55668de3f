"""Signed sheets: a changed, foreign, outdated, too large or expired file is rejected, each with one line."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import UsageError
from edge.offers.signature import MOST_BYTES, read_sheet, sign
from edge.settings.signature import new_keys
from tests.edge.offers.conftest import NOW, KeyFiles, WriteSheet, rule_of, sheet_of


def rejection(file: Path, key: Path, now: datetime = NOW) -> str:
    with pytest.raises(UsageError) as rejected:
        read_sheet(file, key, now)
    assert "\n" not in str(rejected.value)
    return str(rejected.value)


def test_a_signed_sheet_is_read_unchanged(signed: WriteSheet, keys: KeyFiles) -> None:
    assert read_sheet(signed(), keys.public, NOW) == sheet_of()


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_change_of_any_byte_is_rejected(signed: WriteSheet, keys: KeyFiles, place: int, change: int) -> None:
    file = signed()
    raw = bytearray(file.read_bytes())
    raw[place % len(raw)] ^= change
    file.write_bytes(raw)
    assert rejection(file, keys.public)


@given(st.binary(max_size=100) | st.binary(max_size=60).map(lambda end: b"edge-agent offers 1\n" + end))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_content_is_rejected_as_sheet_and_as_key(
    signed: WriteSheet, keys: KeyFiles, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "any").write_bytes(content)
    assert rejection(tmp_path / "any", keys.public)
    assert rejection(signed(), tmp_path / "any").endswith(
        "is not a public key for offers: edge-agent offers new-key makes one"
    )


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b" ", lambda raw: raw[:40], lambda raw: b""]
)
def test_a_shortened_or_extended_file_is_rejected(
    change: Callable[[bytes], bytes], signed: WriteSheet, keys: KeyFiles
) -> None:
    file = signed()
    file.write_bytes(change(file.read_bytes()))
    assert rejection(file, keys.public)


def test_a_signature_with_another_key_is_rejected(signed: WriteSheet, keys: KeyFiles, tmp_path: Path) -> None:
    file = signed()
    new_keys(tmp_path / "thief.key_secret", tmp_path / "thief.key")
    assert rejection(file, tmp_path / "thief.key").endswith(
        f"{file} is not signed with the key {tmp_path / 'thief.key'}, or was changed since: sign it again"
    )


def test_the_signature_of_another_sheet_is_rejected(signed: WriteSheet, keys: KeyFiles) -> None:
    first, other = (
        signed(name="first").read_bytes().split(b"\n", 2),
        signed(rule_of(), name="other").read_bytes().split(b"\n", 2),
    )
    mixed = keys.public.with_name("mixed")
    mixed.write_bytes(b"\n".join((first[0], other[1], first[2])))
    assert "is not signed with the key" in rejection(mixed, keys.public)
    mixed.write_bytes(b"\n".join((first[0], base64.b64encode(bytes(64)), first[2])))
    assert "is not signed with the key" in rejection(mixed, keys.public)


def test_another_version_is_rejected_by_number(signed: WriteSheet, keys: KeyFiles) -> None:
    file = signed()
    file.write_bytes(file.read_bytes().replace(b"offers 1", b"offers 2", 1))
    assert rejection(file, keys.public).endswith("has version 2, and this agent reads version 1: sign it again")


def test_too_large_a_file_is_rejected(signed: WriteSheet, keys: KeyFiles) -> None:
    file = signed()
    with file.open("ab") as opened:
        opened.truncate(10 * MOST_BYTES)
    assert rejection(file, keys.public).endswith(f"is not a sheet of offers: it has more than {MOST_BYTES} bytes")


def test_too_large_a_sheet_is_not_signed(keys: KeyFiles) -> None:
    with pytest.raises(UsageError, match=f"and a lane reads at most {MOST_BYTES}: remove rules"):
        sign(sheet_of(*(rule_of(offer="x" * 120) for _ in range(1000))), keys.secret)


def test_an_expired_sheet_is_rejected_with_its_date(signed: WriteSheet, keys: KeyFiles) -> None:
    file = signed(days=1)
    assert rejection(file, keys.public, NOW + timedelta(days=1)).endswith(
        "expired on 2026-11-02 12:00 UTC: sign a new one"
    )


@pytest.mark.parametrize("content", [b"", b"hello\nthere\n", b"\xff" * 100, b"edge-agent offers x\n\n{}"])
def test_a_file_that_is_not_a_sheet_is_rejected(content: bytes, keys: KeyFiles, tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(content)
    assert "is not a sheet of offers: edge-agent offers sign makes one" in rejection(tmp_path / "odd", keys.public)


def test_missing_files_and_invalid_keys_are_named(signed: WriteSheet, keys: KeyFiles, tmp_path: Path) -> None:
    file = signed()
    assert rejection(tmp_path / "none", keys.public).endswith("none: No such file or directory")
    assert "cannot read the key" in rejection(file, tmp_path / "none")
    assert "is not a public key for offers" in rejection(file, file)
    assert "is not a public key for offers" in rejection(file, keys.secret)


def test_a_secret_key_that_others_can_read_is_rejected(keys: KeyFiles) -> None:
    assert keys.secret.stat().st_mode & 0o777 == 0o600
    keys.secret.chmod(0o644)
    with pytest.raises(UsageError, match="so that others may read it: chmod go-rwx"):
        sign(sheet_of(), keys.secret)


def test_a_public_key_that_others_can_write_is_rejected(signed: WriteSheet, keys: KeyFiles) -> None:
    file = signed()
    keys.public.chmod(0o666)
    assert "so that others may change it" in rejection(file, keys.public)


def test_existing_key_files_are_never_overwritten(keys: KeyFiles, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists already: move it away"):
        new_keys(keys.secret, tmp_path / "other.key")
    with pytest.raises(UsageError, match="exists already: move it away"):
        new_keys(tmp_path / "other.key_secret", keys.public)
    assert not any(path.name.startswith("other") for path in tmp_path.iterdir())


def test_a_public_key_cannot_sign(keys: KeyFiles) -> None:
    keys.public.chmod(0o600)
    with pytest.raises(UsageError, match="is not a secret key for offers"):
        sign(sheet_of(), keys.public)
